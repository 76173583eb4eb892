"""Mail: what is told, how far a mail got, when it is tried again."""

import re
from dataclasses import dataclass
from enum import StrEnum

# One row of two labels at least; what a server makes of it is the server's business.
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\\]{1,64}@[^@\s.<>,;:\"()\\]+(\.[^@\s.<>,;:\"()\\]+)+")
_LONGEST_ADDRESS = 254


class MailKind(StrEnum):
    ORDER_CONFIRMATION = "order_confirmation"
    APPROVAL_WANTED = "approval_wanted"
    ORDER_DECLINED = "order_declined"
    PROVISIONING_FAILED = "provisioning_failed"
    EXPIRED = "expired"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    INVITATION = "invitation"
    PASSWORD_LINK = "password_link"  # noqa: S105  # the name of a kind
    PASSWORD_CHANGED = "password_changed"  # noqa: S105

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class MailState(StrEnum):
    """`handed_over` is written before the last byte: whoever dies after it leaves a doubt."""

    WAITING = "waiting"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    UNCLEAR = "unclear"  # perhaps sent: no machine sends it again
    FAILED = "failed"  # given up on
    HELD = "held"  # of before a restore, perhaps sent since: people say
    DROPPED = "dropped"  # people said that it is not to be sent

    @property
    def label(self) -> str:
        return {
            MailState.WAITING: "Waiting",
            MailState.HANDED_OVER: "Being sent",
            MailState.SENT: "Sent",
            MailState.UNCLEAR: "Perhaps sent",
            MailState.FAILED: "Not sent",
            MailState.HELD: "Held",
            MailState.DROPPED: "Dropped",
        }[self]


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that goes with a mail. `subtype` is that of `application/`."""

    name: str
    subtype: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class OutgoingMail:
    """One mail to one person, ready to be sent. `message_id` is the same on every try."""

    message_id: str
    to_address: str
    to_name: str
    language: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


class MailError(Exception):
    """The mail was not accepted. The message is for staff and names no recipient's secrets."""


class MailTroubleError(MailError):
    """Surely not sent, and it may do later."""


class MailRefusedError(MailError):
    """Surely not sent, and it will not do later: the server refuses this mail for good."""


class MailUnclearError(MailError):
    """The mail was handed over and no answer came: it may be sent."""


class MailOvertakenError(MailError):
    """Another sender has the mail by now; nothing was handed over."""


# Seconds between tries: half a minute, then longer and longer, for about two days.
_WAITS = (30.0, 120.0, 600.0, 1800.0, 3600.0, *(4 * 3600.0,) * 12)


def next_try_in(attempts: int, jitter: float) -> float | None:
    """Seconds after that many tries, spread by `jitter` (0 to 1); None: it is given up."""
    if attempts > len(_WAITS):
        return None
    return _WAITS[attempts - 1] * (0.8 + 0.4 * jitter)


def is_address(text: str) -> bool:
    """Whether that looks like one e-mail address and nothing more."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None
