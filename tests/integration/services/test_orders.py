"""Placing, approving and declining orders: bought once, by those who may."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.assets import (
    AssetStatus,
    BillingFrequency,
    ProvisioningSyncStatus,
    SubscriptionStatus,
    estimated_end,
)
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.orders import OrderStatus
from app.domain.purchase import PurchaseState
from app.models import Asset, Order, Purchase, Reservation, Sku, SoftwareSubscription
from app.services.catalogue_refresh import refresh_catalogue
from app.services.orders import (
    approve_order,
    decline_order,
    expire_unapproved_orders,
    place_order,
)
from tests.factories import NOW, generic_product
from tests.integration.services.buyers import (
    Marketplace,
    all_at_once,
    change,
    person,
    rows,
    staff,
    stranger,
)

pytestmark = pytest.mark.usefixtures("app_context")

VM = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def buyer(market):
    return person(market.customer, role=Role.BUYER)


@pytest.fixture
def waiting(market, buyer):
    """An order that waits for the reseller's approval."""
    change(market.customer, needs_approval=True)
    return market.order(buyer).order_id


def order_of(order_id):
    [order] = rows(Order, id=order_id)
    return order


def test_placing_an_order_makes_an_asset_and_its_purchase(market, buyer):
    change(market.prices, discount_percent=Decimal("12.5"))
    change(market.customer, markup=Decimal(10))

    placed = place_order(buyer, market.quote(buyer, quantity=7), buyer_reference=" PO-77 ")

    [asset] = rows(Reservation)
    [purchase] = rows(Purchase)
    order = order_of(placed.order_id)
    assert (placed.status, placed.asset_ids) == (OrderStatus.EXECUTED, [asset.id])
    assert placed.number == f"ORD-{order.number:06d}"
    assert (order.buyer_reference, order.placed_by_name) == ("PO-77", buyer.name)
    assert order.executed_at == order.placed_at
    assert (purchase.asset_id, purchase.state) == (asset.id, PurchaseState.QUEUED)
    assert purchase.params["quantity"] == 7


def test_the_asset_of_a_reservation_freezes_what_was_ordered(market, buyer):
    change(market.prices, discount_percent=Decimal("12.5"))
    change(market.customer, markup=Decimal(10))

    market.order(buyer, quantity=7)

    [asset] = rows(Reservation)
    assert (asset.name, asset.status) == (market.sku.title, AssetStatus.ACTIVE)
    assert asset.provisioning_sync_status is ProvisioningSyncStatus.IN_PROGRESS
    assert asset.billing_frequency is BillingFrequency.ONE_TIME
    assert (asset.account_id, asset.tenant_id) == (market.customer.id, market.reseller.id)
    assert (asset.quantity, asset.currency) == (7, "EUR")
    assert (asset.unit_cost, asset.cost_currency) == (Decimal("112.2273"), "EUR")
    assert (asset.discount_percent, asset.vat_rate) == (Decimal("12.5"), Decimal(24))
    assert asset.buying_unit_price == Decimal("123.45")
    assert (asset.buying_net, asset.buying_vat) == (Decimal("756.13"), Decimal("181.47"))
    assert asset.selling_unit_price == Decimal("135.80")
    assert (asset.selling_net, asset.selling_vat) == (Decimal("831.77"), Decimal("199.62"))
    assert asset.subscription_id == market.plan.id
    assert (asset.region, asset.arm_region) == ("EU West", "westeurope")
    assert asset.microsoft_product_id == market.sku.microsoft_product_id
    assert asset.microsoft_sku_id == market.sku.microsoft_sku_id
    assert asset.expires_on == estimated_end(asset.purchased_at.date(), "P1Y")
    assert asset.expiry_is_estimated


def test_software_of_a_direct_customer_has_no_selling_price(market):
    viewer = person(market.direct)

    place_order(viewer, market.quote_plan(viewer, market.direct, quantity=2))

    [asset] = rows(SoftwareSubscription)
    assert (asset.buying_net, asset.buying_vat) == (Decimal("220.00"), Decimal("52.80"))
    assert asset.selling_unit_price is asset.selling_net is asset.selling_vat is None
    assert asset.software_subscription_sku == market.software.title


def test_a_perpetual_licence_never_expires(market):
    change(market.software, term_duration=None)
    viewer = person(market.direct)

    place_order(viewer, market.quote_plan(viewer, market.direct))

    [asset] = rows(SoftwareSubscription)
    assert (asset.expires_on, asset.expiry_is_estimated) == (None, False)


def test_placing_again_gives_the_first_result(market, buyer):
    order_id = market.quote(buyer)

    first = place_order(buyer, order_id, buyer_reference="first")
    second = place_order(buyer, order_id, buyer_reference="second")

    assert first == second
    assert order_of(order_id).buyer_reference == "first"
    assert len(rows(Asset)) == len(rows(Purchase)) == 1


def test_the_same_order_from_a_hundred_threads_is_bought_once(app, market, buyer):
    order_id = market.quote(buyer)

    placed = all_at_once(app, 100, lambda: place_order(buyer, order_id))

    assert all(each == placed[0] for each in placed)
    assert len(rows(Order)) == len(rows(Asset)) == len(rows(Purchase)) == 1


def test_the_same_form_token_100_threads(app, market, buyer):
    form_token = uuid4()

    placed = all_at_once(app, 100, lambda: market.order(buyer, form_token=form_token))

    assert all(each == placed[0] for each in placed)
    assert len(rows(Order)) == len(rows(Asset)) == len(rows(Purchase)) == 1


def test_the_held_price_is_paid_though_the_cost_moved(market, buyer):
    order_id = market.quote(buyer, quantity=1)
    change(market.sku, cost=Decimal(999))

    place_order(buyer, order_id)

    [asset] = rows(Asset)
    assert asset.buying_net == Decimal("123.45")


def test_prices_that_ran_out_are_reviewed_again(market, buyer):
    order_id = market.quote(buyer)
    change(order_of(order_id), quote_ends_at=NOW - dt.timedelta(hours=1))

    with pytest.raises(ConflictError, match=r"held until .* UTC\. Please review the order again"):
        place_order(buyer, order_id)

    assert rows(Asset) == []


@pytest.mark.parametrize(
    ("row", "values", "reason"),
    [
        ("plan", {"status": SubscriptionStatus.SUSPENDED}, "The Azure plan is suspended"),
        ("customer", {"may_order": False}, "switched off"),
        ("sku", {"cost": None}, "no longer sells"),
    ],
)
def test_what_changed_since_the_review_is_said_and_nothing_is_bought(
    market, buyer, row, values, reason
):
    order_id = market.quote(buyer)
    change(getattr(market, row), **values)

    with pytest.raises(ConflictError, match=reason):
        place_order(buyer, order_id)

    assert rows(Asset) == rows(Purchase) == []
    assert order_of(order_id).status is OrderStatus.QUOTED


def test_a_product_that_was_unpublished_is_not_bought(market, buyer):
    order_id = market.quote(buyer)
    change(generic_product(), is_published=False)

    with pytest.raises(ConflictError, match="not sold here"):
        place_order(buyer, order_id)


def test_a_reference_that_is_too_long_is_refused_on_its_field(market, buyer):
    order_id = market.quote(buyer)

    with pytest.raises(InvalidError) as refused:
        place_order(buyer, order_id, buyer_reference="x" * 101)

    assert refused.value.field == "buyer_reference"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_who_may_not_order_does_not_place(market, buyer, role):
    order_id = market.quote(buyer)

    with pytest.raises(NotAllowedError):
        place_order(person(market.customer, role=role), order_id)


def test_a_foreign_order_is_not_found(market, buyer, waiting):
    order_id = market.quote(buyer)

    for viewer in (stranger(), person(market.direct)):
        with pytest.raises(NotFoundError):
            place_order(viewer, order_id)
    for act in (approve_order, lambda viewer, order: decline_order(viewer, order, "no")):
        with pytest.raises(NotFoundError):
            act(stranger(), waiting)


def test_the_query_hides_a_foreign_order_even_without_postgresqls_wall(
    market, buyer, waiting, no_walls
):
    order_id = market.quote(buyer)

    with pytest.raises(NotFoundError):
        place_order(person(market.direct), order_id)
    with pytest.raises(NotFoundError):
        approve_order(stranger(), waiting)


def test_an_order_that_needs_approval_waits_and_buys_nothing(market, buyer):
    change(market.customer, needs_approval=True)

    placed = market.order(buyer)

    assert (placed.status, placed.asset_ids) == (OrderStatus.PENDING_APPROVAL, [])
    assert order_of(placed.order_id).executed_at is None
    assert rows(Asset) == rows(Purchase) == []


def test_placing_a_waiting_order_again_does_not_approve_it(market, buyer, waiting):
    assert place_order(buyer, waiting).status is OrderStatus.PENDING_APPROVAL
    assert place_order(person(market.reseller), waiting).status is OrderStatus.PENDING_APPROVAL
    assert rows(Asset) == []


def test_the_reseller_ordering_for_its_customer_needs_no_approval(market):
    change(market.customer, needs_approval=True)

    assert market.order(person(market.reseller)).status is OrderStatus.EXECUTED


@pytest.mark.parametrize("who", ["reseller", "staff"])
def test_an_approved_order_is_executed(market, waiting, who):
    viewer = person(market.reseller) if who == "reseller" else staff()

    placed = approve_order(viewer, waiting)

    assert placed.status is OrderStatus.EXECUTED
    assert placed.asset_ids == [asset.id for asset in rows(Asset)]
    assert order_of(waiting).decided_by_name == viewer.name
    assert len(rows(Purchase)) == 1


def test_approving_from_many_threads_buys_once(app, market, waiting):
    viewer = person(market.reseller)

    placed = all_at_once(app, 20, lambda: approve_order(viewer, waiting))

    assert all(each == placed[0] for each in placed)
    assert len(rows(Asset)) == len(rows(Purchase)) == 1


def test_an_order_is_approved_at_the_held_price_long_after_the_quote(market, waiting):
    change(order_of(waiting), quote_ends_at=NOW - dt.timedelta(days=3))
    change(market.sku, cost=Decimal(999))

    approve_order(person(market.reseller), waiting)

    [asset] = rows(Asset)
    assert asset.buying_unit_price == Decimal("123.45")


def test_who_may_not_approve(market, buyer, waiting):
    others = [
        buyer,
        person(market.customer),
        person(market.reseller, role=Role.BUYER),
        staff(Role.STAFF_PROVISIONING),
    ]
    for viewer in others:
        with pytest.raises(NotAllowedError):
            approve_order(viewer, waiting)
        with pytest.raises(NotAllowedError):
            decline_order(viewer, waiting, "no")

    assert order_of(waiting).status is OrderStatus.PENDING_APPROVAL


def test_a_declined_order_says_by_whom_and_why(market, waiting):
    viewer = person(market.reseller)

    decline_order(viewer, waiting, " Over budget ")
    decline_order(viewer, waiting, "again")

    order = order_of(waiting)
    assert (order.status, order.decision_reason) == (OrderStatus.DECLINED, "Over budget")
    assert order.decided_by_name == viewer.name
    with pytest.raises(ConflictError, match="Declined"):
        approve_order(viewer, waiting)
    assert rows(Asset) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_refusal_needs_a_reason(market, waiting, reason):
    with pytest.raises(InvalidError) as refused:
        decline_order(person(market.reseller), waiting, reason)

    assert refused.value.field == "reason"


def test_an_executed_order_is_not_declined(market, waiting):
    viewer = person(market.reseller)
    approve_order(viewer, waiting)

    with pytest.raises(ConflictError, match="Executed"):
        decline_order(viewer, waiting, "too late")


def test_a_quote_is_not_approved(market, buyer):
    with pytest.raises(ConflictError, match="Not placed"):
        approve_order(person(market.reseller), market.quote(buyer))


def test_an_order_that_nobody_approved_in_time_is_not_executed(market, waiting):
    change(order_of(waiting), placed_at=NOW - dt.timedelta(days=8))

    with pytest.raises(ConflictError, match="expired"):
        approve_order(person(market.reseller), waiting)

    assert rows(Asset) == []


def test_only_orders_that_waited_too_long_expire(market, buyer, waiting):
    other = market.order(buyer).order_id
    change(order_of(waiting), placed_at=NOW - dt.timedelta(days=8))

    assert expire_unapproved_orders() == 1
    assert expire_unapproved_orders() == 0

    assert order_of(waiting).status is OrderStatus.EXPIRED
    assert order_of(other).status is OrderStatus.PENDING_APPROVAL


def test_a_plan_that_cannot_buy_any_more_is_not_approved(market, waiting):
    change(market.plan, status=SubscriptionStatus.CANCELLED)

    with pytest.raises(ConflictError, match="cancelled"):
        approve_order(person(market.reseller), waiting)

    assert order_of(waiting).status is OrderStatus.PENDING_APPROVAL


def test_what_is_ordered_from_the_refreshed_catalogue_is_bought_at_microsoft_once(
    app, market, buyer, sandbox, settle
):
    refresh_catalogue(app.extensions["purchase_driver"].partner_center)
    [market.sku] = [sku for sku in rows(Sku, title=VM) if sku.id != market.sku.id]
    sandbox.knows(market.customer, market.plan)

    market.order(buyer, quantity=3)
    settle()

    [asset] = rows(Reservation)
    assert asset.provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    assert sandbox.orders_of(asset) == 1
