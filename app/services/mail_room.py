"""What sends mail: the post, how long a mail is held, where the links in it lead."""

import datetime as dt
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.config import Settings
from app.domain.mail import OutgoingMail
from app.integrations.mail import FolderPost, SmtpPost
from app.services.one_time_links import LinkKey

# Longer than a mail may take: eight answers of a mail server, 30 s each.
_LEASE = dt.timedelta(minutes=5)


class Post(Protocol):
    def send(self, mail: OutgoingMail, *, handing_over: Callable[[], bool]) -> None:
        """Send it; raises one of app.domain.mail's MailErrors where it is not surely sent."""


@dataclass(frozen=True, kw_only=True)
class MailRoom:
    """`post` is None where no mail is set up: then it waits, and links are handed over."""

    post: Post | None
    public_url: str
    domain: str  # of Message-IDs
    link_key: LinkKey
    worker: str
    lease: dt.timedelta = _LEASE


def open_mail_room(settings: Settings) -> MailRoom:
    """As the settings say. Calls nobody yet."""
    return MailRoom(
        post=_post(settings),
        public_url=settings.mail.public_url,
        domain=settings.mail.sender.rstrip("> ").rpartition("@")[2] or "localhost",
        link_key=LinkKey.from_encryption_key(settings.encryption_key),
        worker=f"{socket.gethostname()}:{os.getpid()}",
    )


def _post(settings: Settings) -> Post | None:
    mail = settings.mail
    if mail.smtp is not None:
        return SmtpPost(mail.smtp, mail.sender)
    return FolderPost(mail.folder, mail.sender) if mail.folder is not None else None
