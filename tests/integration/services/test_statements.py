"""Balances that are carried forward by month, what a page of a statement shows, and its file."""

import datetime as dt
from decimal import Decimal
from itertools import product

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.errors import NotAllowedError
from app.domain.invoices import InvoiceKind
from app.models import Invoice
from app.services.invoice_payments import record_payment, withdraw_payment
from app.services.statements import MOST_SHOWN, Period, export_statement, get_statement
from tests import factories
from tests.factories import AccountFactory
from tests.integration.services.buyers import Marketplace, person, rows, staff
from tests.integration.services.invoicing import bought, cancel, order_old

pytestmark = pytest.mark.usefixtures("app_context")
TODAY = factories.NOW.date()


@pytest.fixture
def market(app):
    AccountFactory(
        distributor=True, name="Entrepot", legal_name="Entrepot S.A.", vat_number="EL800000001"
    )
    return Marketplace()


@pytest.fixture
def reseller(market):
    return person(market.reseller)


@pytest.fixture
def history(market):
    """Half a year of it: paid, paid and withdrawn, credited, still open."""
    invoices = [order_old(market, days=days) for days in (180, 150, 118, 61, 33)]
    for invoice, days in ((invoices[0], 140), (invoices[1], 61), (invoices[2], 3)):
        record_payment(staff(), invoice, paid_on=TODAY - dt.timedelta(days=days), reference="BANK")
    withdraw_payment(staff(), invoices[2])
    cancel(bought(market, person(market.customer), quantity=2))
    return invoices


def balance(day):
    """By adding up every document that there is."""
    total = Decimal(0)
    for invoice in rows(Invoice):
        sign = -1 if invoice.kind is InvoiceKind.CREDIT_NOTE else 1
        if invoice.issued_on <= day:
            total += sign * invoice.gross
        if sign > 0 and invoice.paid_on is not None and invoice.paid_on <= day:
            total -= invoice.paid_amount
    return total


@pytest.mark.usefixtures("app_context", "history")
def test_a_balance_carried_forward_is_that_of_all_documents(market, reseller):
    for until, length in product((0, 3, 33, 61, 75, 140, 200), (0, 10, 45, 170)):
        last = TODAY - dt.timedelta(days=until)
        first = last - dt.timedelta(days=length)

        period = Period(from_day=first, to_day=last)
        [euro] = get_statement(reseller, market.reseller.id, period).currencies

        assert euro.opening == balance(first - dt.timedelta(days=1)), period
        assert euro.closing == balance(last), period
        assert euro.entry_count == len(euro.entries), period
        assert euro.opening + sum(entry.amount for entry in euro.entries) == euro.closing, period


@pytest.mark.usefixtures("app_context", "history")
def test_each_month_has_what_it_added_and_the_balance_at_its_end(market, reseller):
    wanted = Period(from_day=TODAY - dt.timedelta(days=200))

    [euro] = get_statement(reseller, market.reseller.id, wanted).currencies

    assert [month.balance for month in euro.months] == [
        balance(month.last) for month in euro.months
    ]
    assert sum(month.entries for month in euro.months) == euro.entry_count == len(euro.entries)
    assert sum(month.moved for month in euro.months) == euro.closing


def plenty(market, count):
    """So many documents more on the day of the first."""
    order_old(market, days=40)
    [first] = rows(Invoice)
    ours = {"id", "sequence", "number", "gross_key"}
    shared = {
        column.name: getattr(first, column.name)
        for column in Invoice.__table__.columns
        if column.name not in ours
    }
    factories.session.execute(
        sa.insert(Invoice),
        [
            shared | {"sequence": 1000 + place, "number": f"INV-9999-{place:06d}"}
            for place in range(1, count)
        ],
    )
    factories.session.commit()
    return first.gross


def test_of_many_entries_the_first_are_shown_and_the_file_has_all(market, reseller, at_most):
    gross = plenty(market, 130)
    period = Period(from_day=TODAY - dt.timedelta(days=100))

    with at_most(4):
        [euro] = get_statement(reseller, market.reseller.id, period).currencies
    file = [row.entry for row in export_statement(reseller, market.reseller.id, period)]

    assert (len(euro.entries), euro.entry_count) == (MOST_SHOWN, 130)
    assert (len(euro.still_open.first), euro.still_open.count) == (MOST_SHOWN, 130)
    assert euro.still_open.overdue == euro.closing == 130 * gross == file[-1].balance
    assert file[:MOST_SHOWN] == euro.entries
    assert len(file) == 130


def test_days_in_the_wrong_order_are_taken_in_the_right_one(market, reseller):
    early, late = dt.date.min, dt.date.max

    statement = get_statement(reseller, market.reseller.id, Period(from_day=late, to_day=early))

    assert (statement.from_day, statement.to_day) == (early, late)


def test_a_viewer_takes_no_statement_away(market):
    viewer = person(market.reseller, role=Role.VIEWER)

    with pytest.raises(NotAllowedError):
        export_statement(viewer, market.reseller.id)
