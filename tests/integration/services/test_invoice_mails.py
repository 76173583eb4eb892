"""Invoices and credit notes by mail: to the billing contact of whoever pays, once, as a PDF."""

import io
from decimal import Decimal

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE, Role
from app.domain.assets import ProvisioningSyncStatus
from app.domain.contacts import ContactRole
from app.domain.languages import Language
from app.domain.mail import MailKind
from app.integrations.mail.message import compose
from app.models import Asset, Invoice, Mail, MarketplaceOptions
from app.services.invoices import invoice_held_order
from app.services.mail_rendering import as_sent, as_shown
from app.services.mail_spread import spread_notices
from app.services.orders import place_order
from tests import factories
from tests.factories import AccountFactory, ContactFactory, UserFactory
from tests.integration.services.buyers import Marketplace, change, person, rows
from tests.integration.services.invoicing import bought, cancel, order_old, the_invoice

pytestmark = pytest.mark.usefixtures("app_context")

OF_INVOICES = (MailKind.INVOICE, MailKind.CREDIT_NOTE)


@pytest.fixture
def market(app):
    AccountFactory(distributor=True, name="Entrepot", legal_name="Entrepot S.A.")
    found = Marketplace()
    change(found.prices, discount_percent=Decimal("12.5"))
    return found


@pytest.fixture
def buyer(market):
    return person(market.customer)


def mails():
    spread_notices()
    factories.session.rollback()
    query = sa.select(Mail).where(Mail.kind.in_(OF_INVOICES)).order_by(Mail.number)
    return factories.session.scalars(query).all()


def sent(app, mail):
    return as_sent(mail, app.extensions["mail_room"])


def printed(message):
    [attachment] = message.attachments
    reader = PdfReader(io.BytesIO(attachment.content))
    return attachment.name, " ".join(page.extract_text() for page in reader.pages)


def hold_invoices():
    options = factories.session.get(MarketplaceOptions, 1) or MarketplaceOptions(id=1)
    change(options, holds_invoices=True)


def test_the_billing_contacts_of_whoever_pays_get_it_once_with_the_pdf(app, market, buyer):
    contact = ContactFactory(account=market.reseller)
    ContactFactory(account=market.reseller, email=contact.email.upper())
    ContactFactory(account=market.reseller, role=ContactRole.TECHNICAL)
    ContactFactory(account=market.reseller, email=None, phone="+30 210 0000000")
    ContactFactory(account=market.customer)
    UserFactory(account=market.reseller, role=Role.BILLING)

    place_order(buyer, market.quote(buyer, quantity=7), buyer_reference="PO-77")

    invoice = the_invoice()
    [mail] = mails()
    assert (mail.to_address, mail.account_id) == (contact.email, market.reseller.id)
    message = sent(app, mail)
    assert message.subject == f"Invoice {invoice.number} for {market.reseller.name}"
    for words in (f"Invoice {invoice.number}", "PO-77", "€756.13", "€181.47", "€937.60"):
        assert words in message.text
        assert words in message.html
    name, text = printed(message)
    assert name == f"{invoice.number}.pdf"
    assert "937.60" in text
    assert b"application/pdf" in compose(message, "Entrepot <no-reply@entrepot.example>")
    assert mails() == [mail]


def test_without_a_billing_contact_those_who_bill_get_it_with_a_link(app, market, buyer):
    administrator = UserFactory(account=market.reseller)
    clerk = UserFactory(account=market.reseller, role=Role.BILLING)

    market.order(buyer)
    [mail] = mails()
    assert mail.to_address == clerk.email
    assert f"/billing/invoices/{the_invoice().id}/" in sent(app, mail).text

    change(clerk, is_active=False)
    market.order(buyer)
    assert [each.to_address for each in mails()] == [clerk.email, administrator.email]


def test_an_end_customer_gets_nothing_of_what_its_reseller_pays(market, buyer):
    ContactFactory(account=market.reseller)
    ContactFactory(account=market.customer)

    market.order(buyer)

    spread_notices()
    [theirs] = rows(Mail, account_id=market.customer.id)
    assert theirs.kind is MailKind.ORDER_CONFIRMATION


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        (Language.EL, "Τιμολόγιο {} για {}"),  # noqa: RUF001  # Greek
        (Language.DE, "Rechnung {} für {}"),
    ],
)
def test_it_speaks_the_language_of_whoever_pays(app, market, language, subject):
    change(market.direct, language=language)
    ContactFactory(account=market.direct)
    viewer = person(market.direct)

    place_order(viewer, market.quote_plan(viewer, market.direct))

    invoice, [mail] = the_invoice(), mails()
    message = sent(app, mail)
    assert message.subject == subject.format(invoice.number, market.direct.name)
    assert printed(message)[1].startswith(subject.split(maxsplit=1)[0])


def test_a_held_invoice_is_mailed_when_everything_is_synchronized(market, buyer):
    hold_invoices()
    ContactFactory(account=market.reseller)
    asset = bought(market, buyer)
    assert mails() == []

    change(
        factories.session.get_one(Asset, asset.id),
        provisioning_sync_status=ProvisioningSyncStatus.SYNCHRONIZED,
    )
    with transaction(SYSTEM_SCOPE) as session:
        invoice_held_order(session, asset.order_id)

    [mail] = mails()
    assert mail.facts["number"] == the_invoice().number


def test_a_credit_note_is_mailed_with_its_reason(app, market, buyer):
    ContactFactory(account=market.reseller)
    asset = bought(market, buyer)

    cancel(asset)

    note = the_invoice(kind="credit_note")
    mail = mails()[-1]
    message = sent(app, mail)
    assert message.subject == f"Credit note {note.number} for {market.reseller.name}"
    assert "Reason: Nothing was bought." in message.text
    assert "€937.60" in message.text
    assert printed(message)[0] == f"{note.number}.pdf"


def test_what_is_written_down_afterwards_is_mailed_to_nobody(market):
    ContactFactory(account=market.reseller)

    order_old(market)

    assert rows(Invoice)
    assert mails() == []


def test_staff_read_it_without_the_file(app, market, buyer):
    ContactFactory(account=market.reseller)
    market.order(buyer)

    [mail] = mails()

    assert as_shown(mail, app.extensions["mail_room"]).attachments == ()
