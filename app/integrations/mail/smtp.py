"""Mail over SMTP (RFC 5321): one mail, one connection, and an exact word on how far it got."""

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from ipaddress import ip_address

from app.config import SmtpSettings
from app.domain.mail import (
    MailOvertakenError,
    MailRefusedError,
    MailTroubleError,
    MailUnclearError,
    OutgoingMail,
)
from app.integrations.mail.message import address_of, compose

_GO_ON, _NOT_NOW = 354, 400
_REFUSED_FOR_GOOD = 500
_LONGEST_ANSWER = 300
_LINE_BEGINS_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)


class SmtpPost:
    """`timeout` is for each answer, in seconds."""

    def __init__(self, settings: SmtpSettings, sender: str, *, timeout: float = 30.0) -> None:
        self._settings = settings
        self._sender = sender
        self._address = address_of(sender)
        self._timeout = timeout

    def send(self, mail: OutgoingMail, *, handing_over: Callable[[], bool]) -> None:
        """Send it, calling `handing_over` right before the first byte of the message goes out.

        Returns once the server has taken it. Raises MailTroubleError or MailRefusedError where it
        surely did not, MailUnclearError where nobody knows, and MailOvertakenError, with nothing
        handed over, where `handing_over` says no.
        """
        payload = compose(mail, self._sender)
        try:
            with closing(self._connect()) as server:
                self._prepare(server)
                self._announce(server, mail.to_address)
                if not handing_over():
                    raise MailOvertakenError
                _hand_over(server, payload)
                with suppress(OSError):  # it is sent, however the good-bye goes
                    server.docmd("QUIT")
        except OSError as error:  # smtplib's own errors are among them
            raise MailTroubleError(_words_of(error)) from error

    def _connect(self) -> smtplib.SMTP:
        name, settings = self._address.partition("@")[2], self._settings
        if settings.is_tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                settings.host, settings.port, name, None, None, self._timeout, context=context
            )
        return smtplib.SMTP(settings.host, settings.port, name, self._timeout)

    def _prepare(self, server: smtplib.SMTP) -> None:
        """Greet, encrypt, sign in. In clear it goes on loopback alone."""
        settings = self._settings
        server.ehlo_or_helo_if_needed()
        if not settings.is_tls:
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo_or_helo_if_needed()
            elif not _is_loopback(settings.host):
                raise MailTroubleError("The mail server offers no encryption (STARTTLS).")
        if settings.user is not None:
            server.login(settings.user, settings.password or "")

    def _announce(self, server: smtplib.SMTP, to_address: str) -> None:
        """Say who writes to whom, up to the server's `354 go on`."""
        code, answer = server.mail(self._address)
        if code >= _NOT_NOW:  # our own address is refused: not this mail's fault
            raise MailTroubleError(_answer(code, answer))
        _check(*server.rcpt(to_address))
        code, answer = server.docmd("DATA")
        _check(code, answer)
        if code != _GO_ON:
            raise MailTroubleError(_answer(code, answer))


def _hand_over(server: smtplib.SMTP, payload: bytes) -> None:
    """The message and its end. From the end on only an answer tells whether it was taken."""
    body = _LINE_BEGINS_WITH_DOT.sub(b"..", payload)
    server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
    try:
        server.send(b".\r\n")
        code, answer = server.getreply()
    except OSError as error:
        raise MailUnclearError(_words_of(error)) from error
    _check(code, answer)


def _check(code: int, answer: bytes) -> None:
    if code >= _REFUSED_FOR_GOOD:
        raise MailRefusedError(_answer(code, answer))
    if code >= _NOT_NOW or code < 0:
        raise MailTroubleError(_answer(code, answer))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _answer(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode(errors='replace')}"[:_LONGEST_ANSWER]


def _words_of(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        raw = error.smtp_error
        return _answer(error.smtp_code, raw if isinstance(raw, bytes) else str(raw).encode())
    return f"{type(error).__name__}: {error}"[:_LONGEST_ANSWER]
