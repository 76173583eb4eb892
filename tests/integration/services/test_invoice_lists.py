"""Lists of invoices and statements of accounts."""

import datetime as dt
from decimal import Decimal

import pytest

from app.domain.errors import NotFoundError
from app.domain.invoices import InvoiceKind, InvoiceState
from app.services.invoice_lists import InvoiceQuery, InvoiceSort, list_invoices
from app.services.invoice_payments import record_payment
from app.services.pages import PageRequest
from app.services.statement_entries import EntryKind
from app.services.statements import Period, get_statement
from tests import factories
from tests.factories import AccountFactory
from tests.integration.services.buyers import (
    Marketplace,
    change,
    person,
    staff,
    stranger,
)
from tests.integration.services.invoicing import bought, cancel, order_old

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


def test_the_list_filters_sorts_pages_and_adds_up(market, buyer, reseller, at_most):
    asset = bought(market, buyer, quantity=7)
    old = [order_old(market, days=40 + number) for number in range(5)]
    cancel(asset)

    with at_most(4):
        found = list_invoices(reseller, InvoiceQuery())
    assert [row.kind.value for row in found.page.items][:2] == ["credit_note", "invoice"]
    assert found.page.total == 7
    assert [(total.currency, total.gross) for total in found.sums] == [("EUR", 5 * 1488)]

    def ids(**wanted):
        return [row.id for row in list_invoices(reseller, InvoiceQuery(**wanted)).page.items]

    assert ids(state=InvoiceState.OVERDUE) == old
    assert ids(state=InvoiceState.PAID) == []
    assert len(ids(state=InvoiceState.CREDITED)) == 1
    assert len(ids(kind=InvoiceKind.CREDIT_NOTE)) == 1
    assert ids(q=f"ast-{asset.number:06d}") == ids(q=market.sku.title)[:2]
    day = factories.NOW.date()
    assert (
        ids(issued_from=day - dt.timedelta(days=41), issued_to=day - dt.timedelta(days=40))
        == (old[:2])
    )
    first = list_invoices(
        reseller, InvoiceQuery(sort=InvoiceSort.DUE, descending=False, page=PageRequest(size=4))
    ).page
    second = list_invoices(
        reseller,
        InvoiceQuery(
            sort=InvoiceSort.DUE, descending=False, page=PageRequest(size=4, after=first.next)
        ),
    ).page
    assert [row.id for row in first.items][:4] == old[::-1][:4]
    assert len({row.id for row in (*first.items, *second.items)}) == 7


def test_a_statement_runs_from_the_opening_balance_to_the_closing_one(market, buyer, reseller):
    old = order_old(market, days=100)
    paid = order_old(market, days=50)
    day = factories.NOW.date()
    record_payment(staff(), paid, paid_on=day - dt.timedelta(days=20), reference="BANK-9")
    asset = bought(market, buyer, quantity=7)
    cancel(asset)

    statement = get_statement(
        reseller,
        market.reseller.id,
        Period(from_day=day - dt.timedelta(days=60), to_day=day),
    )

    [euro] = statement.currencies
    assert euro.opening == Decimal("1488.00")
    assert [(entry.kind, entry.amount, entry.balance) for entry in euro.entries] == [
        (EntryKind.INVOICE, Decimal("1488.00"), Decimal("2976.00")),
        (EntryKind.PAYMENT, Decimal("-1488.00"), Decimal("1488.00")),
        (EntryKind.INVOICE, Decimal("937.60"), Decimal("2425.60")),
        (EntryKind.CREDIT_NOTE, Decimal("-937.60"), Decimal("1488.00")),
    ]
    assert euro.closing == Decimal("1488.00") == euro.still_open.overdue
    assert [item.invoice_id for item in euro.still_open.first] == [old]
    assert sum(item.open_amount for item in euro.still_open.first) == euro.closing


def test_nobody_reads_anothers_statement(market, buyer):
    for viewer in (stranger(), buyer):
        with pytest.raises(NotFoundError):
            get_statement(viewer, market.reseller.id)
