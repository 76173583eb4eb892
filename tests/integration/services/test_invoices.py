"""Invoices: made with the asset, for whoever pays, numbered without gaps, never changed."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from app.database import reading, seeing_all, transaction
from app.domain.access import SYSTEM_SCOPE, Role
from app.domain.errors import ConflictError, NotFoundError
from app.domain.invoices import InvoiceKind, TaxCategory
from app.domain.languages import Language
from app.models import (
    Account,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    InvoiceTax,
    Order,
    Reservation,
)
from app.services.asset_history import history_of
from app.services.asset_timeline import Milestone, timeline_for_customer
from app.services.invoice_details import get_document, get_invoice
from app.services.invoice_lists import InvoiceQuery, list_invoices
from app.services.invoices import invoice_order
from app.services.orders import approve_order, place_order
from tests import factories
from tests.factories import AccountFactory, TaxRuleFactory
from tests.integration.services.buyers import (
    Marketplace,
    change,
    person,
    rows,
    staff,
    stranger,
)
from tests.integration.services.invoicing import bought, the_invoice

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def market(app):
    AccountFactory(
        distributor=True, name="Entrepot", legal_name="Entrepot S.A.", vat_number="EL800000001"
    )
    found = Marketplace()
    change(found.prices, discount_percent=Decimal("12.5"))
    return found


@pytest.fixture
def buyer(market):
    return person(market.customer)


@pytest.fixture
def reseller(market):
    return person(market.reseller)


def test_an_executed_order_is_invoiced_to_the_reseller_at_its_buying_price(market, buyer):
    place_order(buyer, market.quote(buyer, quantity=7), buyer_reference="PO-77")

    invoice = the_invoice()
    [line] = rows(InvoiceLine)
    [asset] = rows(Reservation)
    assert (invoice.account_id, invoice.kind) == (market.reseller.id, InvoiceKind.INVOICE)
    assert invoice.number == f"INV-{invoice.issued_on.year}-000001"
    assert (invoice.net, invoice.vat, invoice.gross) == (
        Decimal("756.13"),
        Decimal("181.47"),
        Decimal("937.60"),
    )
    assert invoice.due_on == invoice.issued_on + dt.timedelta(days=30)
    assert (invoice.buyer_reference, invoice.currency) == ("PO-77", "EUR")
    assert (invoice.seller["legal_name"], invoice.buyer["name"]) == (
        "Entrepot S.A.",
        market.reseller.name,
    )
    assert (line.asset_id, line.asset_number) == (asset.id, f"AST-{asset.number:06d}")
    assert (line.code, line.title) == ("azure-plan-reserved-instances", asset.product_title)
    assert (line.unit, line.billing_period) == ("Instance", "")
    assert (line.unit_price, line.quantity) == (Decimal("123.45"), 7)
    assert (line.original_total, line.discount_amount, line.net) == (
        Decimal("864.15"),
        Decimal("108.02"),
        Decimal("756.13"),
    )
    assert line.customer_name == market.customer.name


def test_a_direct_customer_is_invoiced_itself(market):
    owner = person(market.direct)

    place_order(owner, market.quote_plan(owner, market.direct, quantity=2))

    invoice, [line] = the_invoice(), rows(InvoiceLine)
    assert invoice.account_id == market.direct.id
    assert (line.unit, line.customer_name) == ("Licence", "")


def test_what_waits_for_approval_is_invoiced_when_it_is_approved(market, buyer, reseller):
    change(market.customer, needs_approval=True)
    waiting = market.order(buyer).order_id
    assert rows(Invoice) == []

    approve_order(reseller, waiting)

    assert the_invoice().order_id == waiting


def test_an_order_that_fails_to_execute_takes_no_number(market, buyer):
    change(market.sku, cost=None)
    with pytest.raises(ConflictError):
        market.order(buyer)
    change(market.sku, cost=Decimal("112.2273"))

    market.order(buyer)

    assert the_invoice().sequence == 1


def test_a_reseller_pays_vat_at_its_own_rate(market, buyer):
    """The asset carries the customer's rate, which is what the reseller charges."""
    change(market.customer, is_tax_exempt=True)

    asset = bought(market, buyer)

    [tax] = rows(InvoiceTax)
    assert (asset.vat_rate, tax.rate, tax.category) == (0, 24, TaxCategory.STANDARD)


@pytest.mark.parametrize(
    ("values", "category"),
    [
        ({"is_tax_exempt": True}, TaxCategory.EXEMPT),
        ({"country": "DE", "vat_number": "DE136695976"}, TaxCategory.REVERSE_CHARGE),
        ({"country": "CH"}, TaxCategory.ZERO_RATED),
    ],
)
def test_where_no_vat_is_charged_the_invoice_says_why(market, buyer, values, category):
    TaxRuleFactory(country="CH", rate=Decimal(0))
    change(market.reseller, **values)

    bought(market, buyer)

    [tax] = rows(InvoiceTax)
    assert (tax.rate, tax.vat, tax.category) == (0, 0, category)


def test_no_transaction_waits_while_a_document_is_drawn(market, buyer, reseller):
    """The first PDF of a process may take longer than PostgreSQL lets a transaction idle."""
    bought(market, buyer)

    get_document(reseller, the_invoice().id)

    assert not reading(reseller.scope).in_transaction()


def test_prices_names_and_rates_that_change_later_move_no_invoice(market, buyer, reseller):
    bought(market, buyer)
    invoice = the_invoice()
    before = get_document(reseller, invoice.id)

    change(market.prices, percent=Decimal(50))
    change(market.reseller, name="Renamed", language=Language.DE, currency="USD")
    factories.session.execute(sa.text("UPDATE tax_rules SET rate = 17"))
    factories.session.commit()

    assert get_document(reseller, invoice.id) == before


def test_an_end_customer_sees_nothing_of_it(market, buyer):
    bought(market, buyer)
    invoice = the_invoice()

    assert list_invoices(buyer, InvoiceQuery()).page.items == []
    for read in (get_invoice, get_document):
        with pytest.raises(NotFoundError):
            read(buyer, invoice.id)
    session = reading(buyer.scope)
    for model in (Invoice, InvoiceLine, InvoiceTax):
        assert session.scalars(sa.select(model)).all() == []


def test_executing_leaves_the_buyers_eyes_as_they_were(market, buyer):
    with transaction(buyer.scope) as session:
        with seeing_all(session):
            assert session.scalar(sa.select(Account.name).where(Account.id == market.direct.id))
        seen = session.scalars(sa.select(Account.id)).all()

    assert seen == [market.customer.id]


def test_an_error_among_all_ends_the_transaction(market, buyer):
    with transaction(buyer.scope) as session:
        with pytest.raises(NotFoundError), seeing_all(session):
            raise NotFoundError
        seen = session.scalars(sa.select(Account.id)).all()

    assert seen == [market.customer.id]


def test_resellers_see_their_own_and_staff_all(market, buyer, reseller):
    bought(market, buyer)
    owner = person(market.direct)
    place_order(owner, market.quote_plan(owner, market.direct))

    def seen(viewer):
        return {row.account_name for row in list_invoices(viewer, InvoiceQuery()).page.items}

    assert seen(reseller) == {market.reseller.name}
    assert seen(owner) == {market.direct.name}
    assert seen(stranger()) == set()
    assert seen(staff(Role.STAFF_SUPPORT)) == {market.reseller.name, market.direct.name}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoices SET net = net + 1, gross = gross + 1",
        "UPDATE invoices SET number = 'INV-1'",
        "UPDATE invoices SET buyer = '{}'",
        "UPDATE invoices SET issued_on = issued_on - 1",
        "UPDATE invoice_lines SET quantity = quantity + 1",
        "UPDATE invoice_taxes SET vat = vat + 1",
        "DELETE FROM invoice_lines",
        "DELETE FROM invoice_taxes",
        "DELETE FROM invoices",
        "UPDATE invoice_series SET last_sequence = last_sequence - 1",
        "DELETE FROM invoice_series",
        "INSERT INTO invoice_taxes SELECT id, 7, 'S', 1, 1, account_id, tenant_id FROM invoices",
    ],
)
def test_nobody_changes_what_was_issued(market, buyer, owner_engine, statement):
    """Not even the owner of the database."""
    bought(market, buyer)

    refused = r"never changes|append-only|nothing is added|goes on"
    with owner_engine.begin() as connection:
        connection.execute(sa.text("SELECT set_config('entrepot.scope', 'all', true)"))
        with pytest.raises(DatabaseError, match=refused):
            connection.execute(sa.text(statement))


def test_an_asset_is_invoiced_once(market, buyer):
    asset = bought(market, buyer)

    with (
        pytest.raises(DatabaseError, match="uq_invoice_lines_asset_id"),
        transaction(SYSTEM_SCOPE) as session,
    ):
        invoice_order(session, session.get_one(Order, asset.order_id))

    assert [series.last_sequence for series in rows(InvoiceSeries)] == [1]


def test_the_story_of_an_asset_tells_the_invoice_after_the_order(market, reseller):
    asset = bought(market, reseller)

    session = reading(reseller.scope)
    told = [row.event for row in history_of(session, reseller, asset.id)]
    milestones = timeline_for_customer(
        session, reseller, asset.id, purchased_at=asset.purchased_at, provisioned_at=None
    )

    assert told[0] == "invoiced"
    assert told[-1] == "order_placed"
    assert [entry.milestone for entry in milestones] == [Milestone.INVOICED, Milestone.ORDERED]
