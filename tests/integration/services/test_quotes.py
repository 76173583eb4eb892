"""Reviewing before buying: prices are held, nothing is bought."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.database import db, reading
from app.domain.access import Role
from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.orders import OrderStatus
from app.models import Asset, Order, OrderLine, Purchase
from app.services.orders import place_order
from app.services.quotes import quote_software
from app.services.reviews import get_review
from tests.factories import NOW, AccountFactory, SubscriptionFactory, generic_product
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


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def buyer(market):
    return person(market.customer, role=Role.BUYER)


def test_a_review_says_what_is_to_be_paid_once(market, buyer):
    change(market.prices, discount_percent=Decimal("12.5"))

    review = get_review(buyer, market.quote(buyer, quantity=7))

    line = review.line
    assert (line.title, line.term, line.region) == (market.sku.title, "1 year", "EU West")
    assert review.line.product_name == "Azure Plan Reserved Instances"
    assert (review.account_name, review.line.subscription_name) == (
        market.customer.name,
        "Azure plan",
    )
    price = review.line.price
    assert (price.unit_price, price.quantity) == (Decimal("123.45"), 7)
    assert price.discount_amount == Decimal("108.02")
    assert (price.total.net, price.total.vat) == (Decimal("756.13"), Decimal("181.47"))
    assert price.total.gross == Decimal("937.60")
    assert not review.is_placed
    assert not review.is_over
    assert review.quote_ends_at - NOW > dt.timedelta(hours=23, minutes=59)


def test_a_quote_buys_nothing(market, buyer):
    market.quote(buyer)

    assert [order.status for order in rows(Order)] == [OrderStatus.QUOTED]
    assert rows(Asset) == rows(Purchase) == []


def test_software_is_quoted_for_an_account(market):
    viewer = person(market.direct)

    review = get_review(viewer, market.quote_plan(viewer, market.direct, quantity=3))

    assert (review.line.subscription_id, review.line.price.total.net) == (None, Decimal("330.00"))


def test_the_same_form_again_says_what_was_typed_last(market, buyer):
    form_token = uuid4()
    first = market.quote(buyer, quantity=7, form_token=form_token)

    second = market.quote(buyer, quantity=2, form_token=form_token)

    assert first == second
    assert [line.quantity for line in rows(OrderLine)] == [2]


def test_the_same_form_after_placing_changes_nothing(market, buyer):
    form_token = uuid4()
    order_id = market.quote(buyer, quantity=7, form_token=form_token)
    place_order(buyer, order_id)
    change(market.plan, status=SubscriptionStatus.SUSPENDED)

    assert market.quote(buyer, quantity=2, form_token=form_token) == order_id
    assert [line.quantity for line in rows(OrderLine)] == [7]
    assert get_review(buyer, order_id).is_placed


def test_the_same_form_from_a_hundred_threads_is_one_order(app, market, buyer):
    form_token = uuid4()

    found = all_at_once(app, 100, lambda: market.quote(buyer, form_token=form_token))

    assert len(set(found)) == len(rows(Order)) == len(rows(OrderLine)) == 1


def test_a_form_belongs_to_one_account(market):
    viewer, form_token = person(market.reseller), uuid4()
    market.quote(viewer, form_token=form_token)
    other = SubscriptionFactory(account=AccountFactory.customer_of(market.reseller))

    with pytest.raises(ConflictError, match="another account"):
        market.quote(viewer, form_token=form_token, plan=other)


def test_a_strangers_form_token_is_of_no_use(market, buyer):
    form_token = uuid4()
    market.quote(buyer, form_token=form_token)

    with pytest.raises(ConflictError, match="used before"):
        market.quote_plan(person(market.direct), market.direct, form_token=form_token)

    assert len(rows(Order)) == 1


def test_a_later_change_of_cost_leaves_the_held_price(market, buyer):
    order_id = market.quote(buyer)
    change(market.sku, cost=Decimal(999))

    assert get_review(buyer, order_id).line.price.unit_price == Decimal("123.45")


def test_reviewing_again_brings_todays_price(market, buyer):
    form_token = uuid4()
    order_id = market.quote(buyer, form_token=form_token)
    change(market.sku, cost=Decimal(100))
    market.quote(buyer, form_token=form_token)

    assert get_review(buyer, order_id).line.price.unit_price == Decimal("110.00")


@pytest.mark.parametrize(
    ("status", "sync_status"),
    [
        (SubscriptionStatus.ACTIVE, ProvisioningSyncStatus.SYNCHRONIZED),
        (SubscriptionStatus.PENDING_CANCELLATION, ProvisioningSyncStatus.SYNCHRONIZED),
    ],
)
def test_an_eligible_plan(market, buyer, status, sync_status):
    change(market.plan, status=status, provisioning_sync_status=sync_status)

    assert market.quote(buyer)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"status": SubscriptionStatus.SUSPENDED}, "The Azure plan is suspended"),
        ({"status": SubscriptionStatus.CANCELLED}, "The Azure plan is cancelled"),
        (
            {"provisioning_sync_status": ProvisioningSyncStatus.FAILED},
            "not synchronized with Microsoft",
        ),
        (
            {"provisioning_sync_status": ProvisioningSyncStatus.IN_PROGRESS},
            "not synchronized with Microsoft",
        ),
    ],
)
def test_a_plan_that_is_not_eligible_says_why(market, buyer, values, reason):
    change(market.plan, **values)

    with pytest.raises(ConflictError, match=reason):
        market.quote(buyer)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"may_order": False}, "switched off"),
        ({"is_active": False}, "not active"),
        ({"microsoft_tenant_id": None}, "no tenant at Microsoft"),
    ],
)
def test_an_account_that_cannot_order_says_why(market, buyer, values, reason):
    change(market.customer, **values)

    with pytest.raises(ConflictError, match=reason):
        market.quote(buyer)


def test_an_unpublished_product_is_not_sold(market, buyer):
    change(generic_product(), is_published=False)

    with pytest.raises(ConflictError, match="not sold here"):
        market.quote(buyer)


@pytest.mark.parametrize(
    ("values", "reason"), [({"cost": None}, "does not sell"), ({"currency": "USD"}, "in USD")]
)
def test_a_sku_without_a_price_for_the_account_says_why(market, buyer, values, reason):
    change(market.sku, **values)

    with pytest.raises(ConflictError, match=reason):
        market.quote(buyer)


@pytest.mark.parametrize(("quantity", "words"), [(1, "2 or more"), (11, "at most 10")])
def test_a_quantity_outside_microsofts_limits_is_refused_on_its_field(
    market, buyer, quantity, words
):
    change(market.sku, minimum_quantity=2, maximum_quantity=10)

    with pytest.raises(InvalidError, match=words) as refused:
        market.quote(buyer, quantity=quantity)

    assert refused.value.field == "quantity"
    assert rows(Order) == []


def test_a_total_that_cannot_be_stored_is_refused_on_its_field(market, buyer):
    change(market.sku, cost=Decimal(1_870_571))

    with pytest.raises(InvalidError, match="too large") as refused:
        market.quote(buyer, quantity=999_999_999)

    assert refused.value.field == "quantity"


def test_a_sku_of_the_other_kind_is_not_found(market):
    viewer = person(market.direct)

    with pytest.raises(NotFoundError):
        quote_software(
            viewer,
            account_id=market.direct.id,
            sku_id=market.sku.id,
            quantity=1,
            form_token=uuid4(),
        )


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_who_may_not_order_may_not_quote(market, role):
    with pytest.raises(NotAllowedError):
        market.quote(person(market.customer, role=role))


@pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_BILLING])
def test_staff_without_the_right_do_not_order_on_behalf(market, role):
    with pytest.raises(NotAllowedError):
        market.quote(staff(role))


@pytest.mark.parametrize("role", [Role.STAFF_PROVISIONING, Role.STAFF_ADMINISTRATOR])
def test_staff_order_on_behalf_of_any_account(market, role):
    viewer = staff(role)

    review = get_review(viewer, market.quote(viewer))

    assert (review.account_id, review.needs_approval) == (market.customer.id, False)


def test_the_distributor_does_not_order_from_itself(market):
    viewer = staff()
    distributor = AccountFactory(distributor=True)

    with pytest.raises(ConflictError, match="does not order from itself"):
        market.quote_plan(viewer, distributor)


def test_a_foreign_account_is_not_found(market, buyer):
    order_id = market.quote(buyer)
    sibling = person(AccountFactory.customer_of(market.reseller))

    for viewer in (stranger(), person(market.direct), sibling):
        with pytest.raises(NotFoundError):
            market.quote(viewer)
        with pytest.raises(NotFoundError):
            market.quote_plan(viewer, market.customer)
        with pytest.raises(NotFoundError):
            get_review(viewer, order_id)


def test_a_customer_does_not_order_for_its_reseller(market, buyer):
    with pytest.raises(NotFoundError):
        market.quote_plan(buyer, market.reseller)


def test_postgresql_hides_a_foreign_quote_from_a_query_that_forgot_to_ask(market, buyer):
    market.quote(buyer)

    seen = sa.select(sa.func.count()).select_from(Order)
    lines = sa.select(sa.func.count()).select_from(OrderLine)
    for viewer in (stranger(), person(market.direct)):
        assert reading(viewer.scope).scalar(seen) == 0
        assert reading(viewer.scope).scalar(lines) == 0
    assert reading(buyer.scope).scalar(seen) == 1
    db.session.rollback()


def test_the_query_hides_a_foreign_quote_even_without_postgresqls_wall(market, buyer, no_walls):
    order_id = market.quote(buyer)

    for viewer in (stranger(), person(market.direct)):
        with pytest.raises(NotFoundError):
            get_review(viewer, order_id)
        with pytest.raises(NotFoundError):
            market.quote(viewer)
        with pytest.raises(NotFoundError):
            market.quote_plan(viewer, market.customer)


def test_an_end_customer_reads_the_selling_price_alone(market, buyer):
    change(market.customer, markup=Decimal(10))

    review = get_review(buyer, market.quote(buyer, quantity=1))

    assert (review.line.price.unit_price, review.line.resale) == (Decimal("135.80"), None)


def test_a_reseller_reads_buying_selling_and_its_margin(market):
    change(market.customer, markup=Decimal(10))
    viewer = person(market.reseller)

    review = get_review(viewer, market.quote(viewer, quantity=2))

    assert review.line.price.total.net == Decimal("246.90")
    assert review.line.resale.price.total.net == Decimal("271.60")
    assert (review.line.resale.margin, review.line.resale.margin_percent) == (
        Decimal("24.70"),
        Decimal("9.09"),
    )


def test_hidden_prices_are_nowhere_in_the_customers_review(market, buyer):
    change(market.customer, hides_prices=True, markup=Decimal(10))

    review = get_review(buyer, market.quote(buyer, quantity=7))

    assert (review.line.price, review.line.resale) == (None, None)
    assert "123.45" not in repr(review)
    assert "135.80" not in repr(review)


@pytest.mark.parametrize(("needs_approval", "expected"), [(True, True), (False, False)])
def test_the_review_says_whether_the_reseller_must_approve(market, buyer, needs_approval, expected):
    change(market.customer, needs_approval=needs_approval)
    resellers = person(market.reseller)

    assert get_review(buyer, market.quote(buyer)).needs_approval is expected
    assert get_review(resellers, market.quote(resellers)).needs_approval is False


def test_a_review_is_two_statements(market, buyer, at_most):
    order_id = market.quote(buyer)
    db.session.rollback()

    with at_most(2):
        get_review(buyer, order_id)
