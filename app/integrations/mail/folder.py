"""Mail on a machine without a mail server: each lies in a folder as a file."""

from collections.abc import Callable
from pathlib import Path

from app.domain.mail import MailOvertakenError, MailTroubleError, OutgoingMail
from app.integrations.mail.message import compose


class FolderPost:
    """One `.eml` file for each Message-ID, which any mail program opens."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, mail: OutgoingMail, *, handing_over: Callable[[], bool]) -> None:
        """Write the file, whole or not at all. Raises MailTroubleError where that is impossible."""
        if not handing_over():
            raise MailOvertakenError
        name = mail.message_id.strip("<>").partition("@")[0]
        unfinished = self._folder / f"{name}.tmp"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_bytes(compose(mail, self._sender))
            unfinished.rename(self._folder / f"{name}.eml")
        except OSError as error:
            raise MailTroubleError(f"The folder of mails: {error.strerror}.") from error
