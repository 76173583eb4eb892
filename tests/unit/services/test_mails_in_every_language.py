"""Every kind of mail in every language: plain text and HTML that say the same."""

from html.parser import HTMLParser
from uuid import uuid4

import pytest

from app.domain.languages import Language
from app.domain.mail import MailKind
from app.models import Mail
from app.services.mail_rendering import as_shown
from app.services.mail_room import MailRoom
from app.services.mail_texts import Told, text_of
from app.services.one_time_links import LinkKey
from app.translations import words_in

ROOM = MailRoom(
    post=None,
    public_url="https://shop.example",
    domain="shop.example",
    link_key=LinkKey.from_encryption_key("k" * 43 + "="),
    worker="a test",
)
ORDER = {
    "path": "/orders/1/",
    "number": "ORD-000045",
    "account": "Aegean Foods S.A.",
    "placed_by": "Eleni Papadaki",
    "decided_by": "Nikos Markou",
    "reason": "Zu teuer <b>&</b> ακριβό",
    "reference": "PO-7",
    "lines": [{"title": "Standard_D2s_v5", "quantity": 3, "net": "1234.50"}],
    "currency": "EUR",
    "net": "1234.50",
    "vat": [["24", "296.28"]],
    "gross": "1530.78",
    "ends_at": "2026-03-31T20:30:00+00:00",
}
ASSETS = {
    "account": "Aegean Foods S.A.",
    "assets": [
        {
            "id": "1",
            "kind": "reservation",
            "number": "AST-000007",
            "name": "Standard_D2s_v5",
            "account": "Aegean Foods S.A.",
            "words": "800011",
            "expired_on": "2026-03-31",
        }
    ],
    "count": 3,
}
DOCUMENT = {
    "path": "/billing/invoices/1/",
    "number": "INV-2026-000058",
    "account": "Aegean Foods S.A.",
    "order": "ORD-000045",
    "corrects": "INV-2026-000057",
    "reference": "PO-7",
    "reason": "Nothing was bought.",
    "issued_on": "2026-03-31",
    "due_on": "2026-04-30",
    "currency": "EUR",
    "net": "1234.50",
    "taxes": [["24", "1234.50", "296.28"]],
    "gross": "1530.78",
}
USER = {"account": "Aegean Foods S.A.", "invited_by": "Nikos Markou"}
FACTS = {
    MailKind.ORDER_CONFIRMATION: ORDER,
    MailKind.APPROVAL_WANTED: ORDER,
    MailKind.ORDER_DECLINED: ORDER,
    MailKind.PROVISIONING_FAILED: ASSETS,
    MailKind.EXPIRED: ASSETS,
    MailKind.INVOICE: DOCUMENT,
    MailKind.CREDIT_NOTE: DOCUMENT,
    MailKind.INVITATION: USER,
    MailKind.PASSWORD_LINK: USER,
    MailKind.PASSWORD_CHANGED: USER,
}


class Words(HTMLParser):
    """What a reader of the HTML sees."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.language = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "html":
            self.language = dict(attributes)["lang"]

    def handle_data(self, data):
        self.found += data.split()

    @property
    def text(self):
        return " ".join(self.found)


def mail_of(kind, language):
    facts = {"marketplace": "Entrepot", **FACTS[kind]}
    return Mail(
        id=uuid4(),
        kind=kind,
        to_address="eleni@aegean.example",
        to_name="Eleni Papadaki",
        language=language,
        timezone="Europe/Athens",
        facts=facts,
    )


def text_in(kind, language):
    facts = {"marketplace": "Entrepot", **FACTS[kind]}
    return text_of(
        kind,
        Told(words=words_in(language), facts=facts, timezone="Europe/Athens", link_path="/x"),
    )


def on_one_line(text):
    return " ".join(text.split())


@pytest.mark.parametrize("language", list(Language), ids=str)
@pytest.mark.parametrize("kind", list(MailKind), ids=str)
def test_plain_text_and_html_say_the_same_in_the_recipients_language(kind, language):
    mail, text = as_shown(mail_of(kind, language), ROOM), text_in(kind, language)
    html, plain = Words(mail.html), on_one_line(mail.text)

    assert (mail.subject, html.language) == (text.subject, language.value)
    for sentence in filter(None, (*text.paragraphs, text.note)):
        assert on_one_line(sentence) in html.text
        assert on_one_line(sentence) in plain
    assert "<p" not in mail.text


@pytest.mark.parametrize("language", [Language.EL, Language.DE], ids=str)
@pytest.mark.parametrize("kind", list(MailKind), ids=str)
def test_no_sentence_stays_english(kind, language):
    english, theirs = (
        {text.subject, *text.paragraphs, text.button, text.note} - {""}
        for text in (text_in(kind, Language.EN), text_in(kind, language))
    )

    assert len(theirs) == len(english)
    assert theirs & english == set()
