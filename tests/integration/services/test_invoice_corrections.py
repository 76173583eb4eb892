"""Invoices that wait, credit notes, payments."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE, Role
from app.domain.assets import AssetStatus
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.invoices import InvoiceKind, InvoiceState
from app.models import (
    Asset,
    Invoice,
    InvoiceEvent,
    InvoiceLine,
    MarketplaceOptions,
    Order,
)
from app.services.asset_editing import AssetEdit, save_asset
from app.services.credit_notes import credit_note_for, issue_credit_note
from app.services.invoice_details import get_invoice
from app.services.invoice_lists import InvoiceQuery, list_invoices
from app.services.invoice_payments import record_payment, withdraw_payment
from app.services.invoices import invoice_held_order
from tests import factories
from tests.factories import AccountFactory, OrderFactory, ReservationFactory
from tests.integration.services.buyers import (
    Marketplace,
    all_at_once,
    change,
    person,
    rows,
    staff,
)
from tests.integration.services.invoicing import bought, cancel, order_old, the_invoice

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


def hold_invoices(*, hold=True):
    factories.session.execute(sa.update(MarketplaceOptions).values(holds_invoices=hold))
    factories.session.commit()


def synchronized(asset_id):
    """What a worker writes once Microsoft has everything."""
    with transaction(SYSTEM_SCOPE) as session:
        asset = session.get_one(Asset, asset_id)
        asset.provisioning_sync_status = "synchronized"
        invoice_held_order(session, asset.order_id)


def test_a_held_invoice_comes_with_the_last_synchronized_asset(market, reseller):
    hold_invoices()
    order = OrderFactory(account=market.customer, invoice_is_held=True)
    first, second = (
        ReservationFactory(account=market.customer, order_id=order.id, failed=True)
        for _ in range(2)
    )

    synchronized(first.id)
    assert rows(Invoice) == []
    synchronized(second.id)
    synchronized(second.id)

    invoice = the_invoice()
    assert invoice.net == first.buying_net + second.buying_net
    assert not rows(Order)[0].invoice_is_held


def test_executing_under_hold_invoices_nothing_yet(market, buyer):
    hold_invoices()

    asset = bought(market, buyer)

    assert rows(Invoice) == []
    synchronized(asset.id)
    assert the_invoice().net == asset.buying_net


def test_what_was_held_comes_although_the_option_went_off(market, buyer):
    hold_invoices()
    asset = bought(market, buyer)
    hold_invoices(hold=False)

    synchronized(asset.id)

    assert the_invoice().order_id == asset.order_id


def test_a_held_invoice_is_issued_without_what_was_cancelled(market):
    order = OrderFactory(account=market.direct, invoice_is_held=True)
    bad = ReservationFactory(account=market.direct, order_id=order.id, failed=True)
    good = ReservationFactory(account=market.direct, order_id=order.id)

    with transaction(SYSTEM_SCOPE) as session:
        asset = session.get_one(Asset, bad.id)
        asset.status = AssetStatus.CANCELLED
        made = credit_note_for(session, asset, reason="Nothing was bought.", actor="Staff")

    assert made is None
    assert [line.asset_id for line in rows(InvoiceLine)] == [good.id]


def test_two_assets_synchronized_at_once_give_one_invoice(app, market):
    order = OrderFactory(account=market.direct, invoice_is_held=True)
    waiting = [
        ReservationFactory(account=market.direct, order_id=order.id, failed=True).id
        for _ in range(4)
    ]

    all_at_once(app, 4, lambda: synchronized(waiting.pop()))

    assert len(rows(Invoice)) == 1
    assert len(rows(InvoiceLine)) == 4


def test_nothing_bought_gives_all_of_it_back(market, buyer, reseller):
    asset = bought(market, buyer, quantity=7)

    note_id = cancel(asset)

    note, invoice = get_invoice(reseller, note_id), the_invoice(kind=InvoiceKind.INVOICE)
    document = note.document
    assert document.number == f"CRN-{document.issued_on.year}-000001"
    assert (document.net, document.vat, document.gross) == (
        Decimal("756.13"),
        Decimal("181.47"),
        Decimal("937.60"),
    )
    assert (document.corrects_number, document.reason) == (invoice.number, "Nothing was bought.")
    assert get_invoice(reseller, invoice.id).state is InvoiceState.CREDITED
    assert cancel(asset) is None


def test_fewer_of_a_failed_asset_gives_back_the_difference(market, buyer):
    asset = bought(market, buyer, quantity=7)
    factories.session.execute(sa.text("UPDATE purchases SET state = 'failed'"))
    factories.session.commit()

    save_asset(staff(), asset.id, AssetEdit(version=asset.version, quantity=4))

    [stored] = rows(Asset, id=asset.id)
    invoice, note = the_invoice(kind="invoice"), the_invoice(kind="credit_note")
    assert stored.quantity == 4
    assert invoice.net - note.net == stored.buying_net
    assert note.reason == f"The quantity of AST-{asset.number:06d} was lowered by 3."


def test_staff_give_back_some_of_a_line_and_then_the_rest(market, buyer):
    bought(market, buyer, quantity=7)
    invoice, [line] = the_invoice(), rows(InvoiceLine)
    for quantity in (3, 4):
        issue_credit_note(staff(), invoice.id, quantities={line.id: quantity}, reason="Agreed")

    stored = the_invoice(kind="invoice")
    notes = rows(Invoice, kind=InvoiceKind.CREDIT_NOTE)
    assert sum(note.gross for note in notes) == stored.gross == stored.credited_gross
    assert sum(note.vat for note in notes) == stored.vat
    with pytest.raises(InvalidError):
        issue_credit_note(staff(), invoice.id, quantities={line.id: 1}, reason="Again")


def test_many_who_credit_at_once_give_back_no_more_than_there_was(app, market, buyer):
    bought(market, buyer, quantity=7)
    invoice, [line] = the_invoice(), rows(InvoiceLine)
    who, wanted, invoice_id = staff(), {line.id: 3}, invoice.id

    def act():
        try:
            return issue_credit_note(who, invoice_id, quantities=wanted, reason="Agreed")
        except InvalidError:
            return None

    made = all_at_once(app, 5, act)

    assert len([each for each in made if each]) == 2
    stored = the_invoice(kind="invoice")
    assert 0 < stored.credited_gross < stored.gross


@pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_PROVISIONING])
def test_staff_without_the_right_change_nothing(market, buyer, role):
    bought(market, buyer)
    invoice, [line] = the_invoice(), rows(InvoiceLine)
    viewer = staff(role)

    with pytest.raises(NotAllowedError):
        issue_credit_note(viewer, invoice.id, quantities={line.id: 1}, reason="x")
    with pytest.raises(NotAllowedError):
        record_payment(viewer, invoice.id, paid_on=invoice.issued_on, reference="")


def test_a_credit_note_wants_a_reason_a_line_and_an_invoice(market, buyer):
    asset = bought(market, buyer)
    invoice, [line] = the_invoice(), rows(InvoiceLine)

    with pytest.raises(InvalidError) as no_reason:
        issue_credit_note(staff(), invoice.id, quantities={line.id: 1}, reason=" ")
    with pytest.raises(InvalidError) as no_line:
        issue_credit_note(staff(), invoice.id, quantities={line.id: 0}, reason="x")
    with pytest.raises(NotFoundError):
        issue_credit_note(staff(), invoice.id, quantities={asset.id: 1}, reason="x")
    note_id = cancel(asset)
    with pytest.raises(ConflictError):
        issue_credit_note(staff(), note_id, quantities={line.id: 1}, reason="x")
    assert (no_reason.value.field, no_line.value.field) == ("reason", "lines")


def test_a_payment_has_its_day_and_reference_and_may_be_withdrawn(market, buyer, reseller):
    bought(market, buyer)
    invoice = the_invoice()

    record_payment(staff(), invoice.id, paid_on=invoice.issued_on, reference=" BANK-1 ")

    shown = get_invoice(reseller, invoice.id)
    assert (shown.state, shown.open_amount) == (InvoiceState.PAID, 0)
    assert (shown.paid_on, shown.payment_reference) == (invoice.issued_on, "BANK-1")
    with pytest.raises(ConflictError):
        record_payment(staff(), invoice.id, paid_on=invoice.issued_on, reference="")
    withdraw_payment(staff(), invoice.id)
    shown = get_invoice(reseller, invoice.id)
    assert (shown.state, shown.open_amount) == (InvoiceState.OPEN, invoice.gross)
    assert [event.event for event in rows(InvoiceEvent)] == ["paid", "reopened"]
    with pytest.raises(ConflictError):
        withdraw_payment(staff(), invoice.id)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_payment_is_of_a_day_between_the_invoice_and_today(market, buyer, days):
    bought(market, buyer)
    invoice = the_invoice()
    day = invoice.issued_on + dt.timedelta(days=days)

    with pytest.raises(InvalidError) as refused:
        record_payment(staff(), invoice.id, paid_on=day, reference="")

    assert refused.value.field == "paid_on"


def test_after_its_day_an_open_invoice_is_overdue(market, buyer, reseller):
    asset = bought(market, buyer)
    order_old(market)

    found = list_invoices(reseller, InvoiceQuery(state=InvoiceState.OVERDUE))

    assert [row.state for row in found.page.items] == [InvoiceState.OVERDUE]
    assert found.page.items[0].open_amount == found.sums[0].open_amount
    assert asset.id
