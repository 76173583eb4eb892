"""What can go wrong for a reason that people understand."""

from app.domain.sentences import Sentence, said


class DomainError(Exception):
    """Something the user asked for is not possible. The message is shown to the user, translated.

    `values` fill `%(name)s` of the message; `field` names the form field it belongs to, if any.
    """

    def __init__(self, message: str, /, *, field: str | None = None, **values: object) -> None:
        sentence = message if isinstance(message, Sentence) else said(message, **values)
        super().__init__(sentence)
        self.message = sentence
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
