"""After a restore no number is given out twice: invoices wait until people confirm them."""

import pytest
import sqlalchemy as sa

from app.domain.errors import ConflictError, InvalidError
from app.domain.invoices import InvoiceKind
from app.models import AuditEntry, Control, Invoice, Order
from app.services.alerts import AlertKind, keep_alerts, list_alerts
from app.services.control import may_dispatch
from app.services.invoice_series import confirm_numbers
from app.services.provisioning_switch import declare_restored
from tests import factories
from tests.factories import AccountFactory, OrderFactory
from tests.integration.services.buyers import Marketplace, person, rows, staff
from tests.integration.services.invoicing import bought, cancel, the_invoice
from tests.support.invoices import invoice_of

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def market(app):
    AccountFactory(distributor=True)
    assert may_dispatch(1)  # the database is known from now on
    return Marketplace()


@pytest.fixture
def buyer(market):
    return person(market.customer)


def restore():
    """As if this were another PostgreSQL, of which nobody has noticed anything yet."""
    factories.session.execute(sa.update(Control).values(numbers_database="1/1/1"))
    factories.session.commit()


def number(kind, sequence):
    return f"{kind.series(factories.NOW.date())}-{sequence:06d}"


def last_numbers(invoices, credit_notes=0):
    return [number(InvoiceKind.INVOICE, invoices), number(InvoiceKind.CREDIT_NOTE, credit_notes)]


def synchronize(asset):
    factories.session.execute(
        sa.text("UPDATE assets SET provisioning_sync_status = 'synchronized' WHERE id = :id"),
        {"id": asset.id},
    )
    factories.session.commit()


@pytest.mark.parametrize(
    "come_back", [restore, lambda: declare_restored("an operator")], ids=["unnoticed", "declared"]
)
def test_what_is_ordered_is_invoiced_after_the_last_number_that_people_know(
    market, buyer, come_back
):
    bought(market, buyer)
    come_back()

    asset = bought(market, buyer)

    assert len(rows(Invoice)) == 1
    assert rows(Order, id=asset.order_id)[0].invoice_is_held
    synchronize(asset)
    confirmed = confirm_numbers(last_numbers(57), actor="an operator")

    assert confirmed.issued == 1
    assert confirmed.skipped[InvoiceKind.INVOICE.series(factories.NOW.date())] == 56
    assert the_invoice(order_id=asset.order_id).number == number(InvoiceKind.INVOICE, 58)
    bought(market, buyer)
    assert number(InvoiceKind.INVOICE, 59) in {invoice.number for invoice in rows(Invoice)}


def test_until_then_no_credit_note_is_issued_and_nothing_of_it_is_stored(market, buyer):
    asset = bought(market, buyer)
    restore()

    with pytest.raises(ConflictError, match="restored"):
        cancel(asset)

    assert the_invoice().credited_gross == 0
    confirm_numbers(last_numbers(1, credit_notes=4), actor="an operator")
    cancel(asset)
    assert the_invoice(kind="credit_note").number == number(InvoiceKind.CREDIT_NOTE, 5)


def test_what_waits_for_microsoft_still_is_invoiced_with_its_last_asset(market, buyer):
    restore()
    bought(market, buyer)

    confirmed = confirm_numbers(last_numbers(0), actor="an operator")

    assert confirmed.issued == 0
    assert rows(Invoice) == []
    assert rows(Order)[0].invoice_is_held


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (["INV-2026-57", "CRN-2026-000000"], "is no number"),
        (["ORD-000057"], "is no number"),
        ([number(InvoiceKind.INVOICE, 57)], "Say the last number of CRN"),
        (last_numbers(0), "was given out here already"),
    ],
    ids=["short", "an order", "one series", "too low"],
)
def test_a_number_that_cannot_be_the_last_is_refused_and_all_stays(market, buyer, numbers, words):
    bought(market, buyer)
    restore()

    with pytest.raises(InvalidError, match=words):
        confirm_numbers(numbers, actor="an operator")

    assert bought(market, buyer)
    assert len(rows(Invoice)) == 1


def test_in_a_database_that_was_not_restored_nothing_is_confirmed(market, buyer):
    bought(market, buyer)

    with pytest.raises(ConflictError, match="not restored"):
        confirm_numbers(last_numbers(57), actor="an operator")

    assert bought(market, buyer)
    assert number(InvoiceKind.INVOICE, 2) in {invoice.number for invoice in rows(Invoice)}


def test_an_alert_says_so_and_the_audit_log_tells_who_skipped_what(market, buyer):
    bought(market, buyer)
    restore()

    keep_alerts()
    shown = {alert.kind for alert in list_alerts(staff())}
    confirm_numbers(last_numbers(57), actor="an operator")
    keep_alerts()

    assert AlertKind.INVOICE_NUMBERS in shown
    assert AlertKind.INVOICE_NUMBERS not in {alert.kind for alert in list_alerts(staff())}
    entry = rows(AuditEntry, event="invoice.numbers_confirmed")[0]
    series = InvoiceKind.INVOICE.series(factories.NOW.date())
    assert (entry.actor, entry.before[series], entry.after[series]) == ("an operator", 1, 57)


def test_numbers_of_before_the_turn_of_the_year_go_on_too(market):
    restore()
    last_year = f"INV-{factories.NOW.year - 1}-000009"

    confirm_numbers([*last_numbers(0), last_year], actor="an operator")

    old = invoice_of(market.direct, [_asset(market)], days_ago=400)
    assert old.number.endswith("-000010")


def test_of_a_series_that_is_named_twice_the_highest_number_counts(market):
    restore()

    confirmed = confirm_numbers([*last_numbers(57), *last_numbers(3)], actor="an operator")

    assert confirmed.skipped[InvoiceKind.INVOICE.series(factories.NOW.date())] == 57


def _asset(market):
    order = OrderFactory(account=market.direct)
    return factories.ReservationFactory(account=market.direct, order_id=order.id)
