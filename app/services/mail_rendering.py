"""A mail's row as text and HTML."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from app.domain.languages import Language
from app.domain.mail import OutgoingMail
from app.models import Mail
from app.services.mail_invoices import attachments_of
from app.services.mail_room import MailRoom
from app.services.mail_texts import Told, text_of
from app.translations import words_in

_TEMPLATES = Path(__file__).parents[1] / "templates" / "mail"


def as_sent(mail: Mail, room: MailRoom) -> OutgoingMail:
    """The mail with all that it says and carries, its one-time link too: for the recipient alone.

    Ends no transaction that it reads in.
    """
    shown = _render(mail, room, room.link_key.path_of(mail.link_id) if mail.link_id else "")
    return replace(shown, attachments=attachments_of(mail))


def as_shown(mail: Mail, room: MailRoom) -> OutgoingMail:
    """The mail for staff: whoever reads it cannot take the recipient's place."""
    return _render(mail, room, "")


def subject_of(mail: Mail) -> str:
    told = Told(words=words_in(mail.language), facts=mail.facts, timezone=mail.timezone)
    return text_of(mail.kind, told).subject


def _render(mail: Mail, room: MailRoom, link_path: str) -> OutgoingMail:
    told = Told(
        words=words_in(mail.language),
        facts=mail.facts,
        timezone=mail.timezone,
        link_path=link_path,
    )
    text = text_of(mail.kind, told)
    context = {
        "text": text,
        "facts": mail.facts,
        "to_name": mail.to_name,
        "language": mail.language.value,
        "url": f"{room.public_url}{text.path}" if text.path else "",
    }
    return OutgoingMail(
        message_id=f"<{mail.id}@{room.domain}>",
        to_address=mail.to_address,
        to_name=mail.to_name,
        language=mail.language.value,
        subject=text.subject,
        text=_template("mail.txt", mail.language).render(context),
        html=_template("mail.html", mail.language).render(context),
    )


@cache
def _template(name: str, language: Language) -> Template:
    words = words_in(language)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals["_"] = words.gettext
    return environment.get_template(name)
