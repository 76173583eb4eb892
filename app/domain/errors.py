"""What can go wrong for a reason that people understand."""


class DomainError(Exception):
    """Something the user asked for is not possible. The message is shown to the user as it is.

    `field` names the form field it belongs to, where it belongs to one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFoundError(DomainError):
    """There is no such thing, or it is somebody else's: the two look the same from outside."""

    def __init__(self, message: str = "There is nothing here.") -> None:
        super().__init__(message)


class NotAllowedError(DomainError):
    """The viewer sees it, but may not do that with it."""


class ConflictError(DomainError):
    """It changed meanwhile, or its state does not permit this now."""


class InvalidError(DomainError):
    """What was typed has the right shape but cannot be accepted."""
