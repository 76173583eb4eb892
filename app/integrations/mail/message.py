"""A mail as it travels: headers, plain text and HTML (RFC 5322, MIME)."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, parseaddr

from app.domain.mail import OutgoingMail

_POLICY = SMTP.clone(cte_type="7bit")


def compose(mail: OutgoingMail, sender: str) -> bytes:
    """The whole message, lines ended by CRLF, in ASCII alone.

    `sender` is `Name <address>`. The same mail has the same Message-ID each time.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(*parseaddr(sender))
    message["To"] = _address(mail.to_name, mail.to_address)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = localtime()
    message["Message-ID"] = mail.message_id
    message["Content-Language"] = mail.language
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence note in answer
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for each in mail.attachments:
        message.add_attachment(
            each.content, maintype="application", subtype=each.subtype, filename=each.name
        )
    return message.as_bytes()


def address_of(sender: str) -> str:
    """`no-reply@example.com` of `Name <no-reply@example.com>`."""
    return parseaddr(sender)[1]


def _address(name: str, address: str) -> Address:
    return Address(_one_line(name), addr_spec=address)


def _one_line(text: str) -> str:
    """Whatever people are called, it ends no header."""
    return " ".join(text.split())
