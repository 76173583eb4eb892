"""Baskets: several lines, one order, each line bought once or said why not."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.assets import AssetKind, SubscriptionStatus
from app.domain.errors import ConflictError
from app.domain.orders import OrderStatus
from app.models import (
    Asset,
    BasketLine,
    Invoice,
    Order,
    OrderLine,
    Purchase,
)
from app.services import baskets
from app.services.basket_view import get_basket
from app.services.order_history import get_order
from app.services.orders import approve_order, place_order
from app.services.quotes import quote_basket
from app.services.reviews import get_review
from tests.integration.services.buyers import (
    all_at_once,
    change,
    person,
    rows,
)
from tests.integration.services.shop import Shop, counted, titles, unpublish

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def market(app):
    return Shop()


@pytest.fixture
def owner(market):
    return person(market.direct)


def test_a_basket_shows_each_line_at_todays_price_and_what_all_cost(market, owner):
    market.fill(owner, market.direct)

    basket = get_basket(owner)

    assert basket.account_id == market.direct.id
    assert titles(basket) == [market.software.title, "Client licence"]
    assert [row.price.total.net for row in basket.rows] == [Decimal("220.00"), Decimal("275.00")]
    assert (basket.total.net, basket.total.gross) == (Decimal("495.00"), Decimal("613.80"))
    assert counted(owner) == 2
    assert rows(Order) == []


def test_the_same_form_adds_one_line_however_often_it_is_sent(app, market, owner):
    token = uuid4()

    all_at_once(app, 20, lambda: market.add(owner, market.direct, form_token=token))

    assert len(rows(BasketLine)) == counted(owner) == 1


def test_a_form_of_one_account_does_not_add_for_another(market):
    reseller, token = person(market.reseller), uuid4()
    market.add(reseller, market.customer, form_token=token)

    with pytest.raises(ConflictError):
        market.add(reseller, market.reseller, form_token=token)


def test_buying_the_basket_makes_an_asset_and_a_purchase_of_each_line(market, owner):
    market.fill(owner, market.direct)

    placed = place_order(owner, market.review(owner, market.direct))

    assets = rows(Asset)
    [order] = rows(Order)
    [invoice] = rows(Invoice)
    assert sorted(asset.buying_net for asset in assets) == [Decimal("220.00"), Decimal("275.00")]
    assert len({asset.order_line_id for asset in assets}) == len(rows(Purchase)) == 2
    assert (placed.status, len(placed.asset_ids)) == (OrderStatus.EXECUTED, 2)
    assert {asset.order_id for asset in assets} == {order.id}
    assert (invoice.net, invoice.gross) == (Decimal("495.00"), Decimal("613.80"))
    assert (titles(get_basket(owner)), counted(owner)) == ([], 0)


def test_reservations_and_software_stand_in_one_basket(market):
    reseller = person(market.reseller)
    market.add_reservation(reseller, quantity=3)
    market.add(reseller, market.customer)

    place_order(reseller, market.review(reseller, market.customer))

    assert {asset.kind for asset in rows(Asset)} == set(AssetKind)
    assert {asset.account_id for asset in rows(Asset)} == {market.customer.id}


def test_two_tabs_review_one_order_and_buying_in_both_is_one_purchase(app, market, owner):
    market.fill(owner, market.direct)
    token = get_basket(owner).form_token

    reviews = all_at_once(
        app,
        20,
        lambda: quote_basket(owner, account_id=market.direct.id, form_token=token),
    )
    all_at_once(app, 20, lambda: place_order(owner, reviews[0]))

    assert len(set(reviews)) == len(rows(Order)) == 1
    assert len(rows(OrderLine)) == len(rows(Asset)) == len(rows(Purchase)) == 2


def test_reviewing_and_buying_at_once_never_waits_for_ever_and_buys_once(app, market, owner):
    market.fill(owner, market.direct)
    token = get_basket(owner).form_token
    order_id = market.review(owner, market.direct)
    acts = iter(range(20))

    def act():
        if next(acts) % 2:
            return place_order(owner, order_id).order_id
        return quote_basket(owner, account_id=market.direct.id, form_token=token)

    assert set(all_at_once(app, 20, act)) == {order_id}
    assert len(rows(Asset)) == 2


def test_going_back_after_buying_and_reviewing_again_leads_to_the_placed_order(market, owner):
    market.fill(owner, market.direct)
    token = get_basket(owner).form_token
    order_id = market.review(owner, market.direct)
    place_order(owner, order_id)

    assert quote_basket(owner, account_id=market.direct.id, form_token=token) == order_id
    assert len(rows(Asset)) == 2


def test_a_line_put_in_after_the_review_is_not_bought_and_stays(market, owner):
    market.add(owner, market.direct)
    order_id = market.review(owner, market.direct)
    market.add(owner, market.direct, market.licence)

    assert get_review(owner, order_id).left_out == ["Client licence"]
    place_order(owner, order_id)

    [asset] = rows(Asset)
    assert asset.name == market.software.title
    assert (titles(get_basket(owner)), counted(owner)) == (["Client licence"], 1)


def test_the_next_basket_is_another_order(market, owner):
    market.add(owner, market.direct)
    first = market.review(owner, market.direct)
    place_order(owner, first)
    market.add(owner, market.direct)

    second = market.review(owner, market.direct)
    place_order(owner, second)

    assert first != second
    assert len(rows(Asset)) == 2


def test_a_stale_page_of_an_older_basket_reviews_nothing(market, owner):
    market.add(owner, market.direct)

    with pytest.raises(ConflictError, match="another window"):
        quote_basket(owner, account_id=market.direct.id, form_token=uuid4())


def test_reviewing_again_holds_what_the_basket_says_now(market, owner):
    market.fill(owner, market.direct)
    order_id = market.review(owner, market.direct)
    read = get_review(owner, order_id).quote_ends_at
    [first, second] = rows(BasketLine)
    baskets.remove_line(owner, first.id)
    baskets.change_quantities(owner, market.direct.id, {second.id: 3})

    assert market.review(owner, market.direct) == order_id

    review = get_review(owner, order_id)
    assert [(line.title, line.quantity) for line in review.lines] == [("Client licence", 3)]
    with pytest.raises(ConflictError, match="another window"):
        place_order(owner, order_id, held_until=read)
    assert rows(Asset) == []


def test_a_changed_price_is_shown_beside_the_old_one(market, owner):
    market.add(owner, market.direct, quantity=2)
    change(market.software, cost=Decimal("150.00"))

    [row] = get_basket(owner).rows
    [line] = get_review(owner, market.review(owner, market.direct)).lines

    assert (row.price_before.total.net, row.price.total.net) == (
        Decimal("220.00"),
        Decimal("330.00"),
    )
    assert (line.price_before.total.net, line.price.total.net) == (
        Decimal("220.00"),
        Decimal("330.00"),
    )


def test_a_reviewed_price_holds_when_the_catalogue_moves(market, owner):
    market.add(owner, market.direct, quantity=2)
    order_id = market.review(owner, market.direct)
    change(market.software, cost=Decimal("150.00"))

    place_order(owner, order_id)

    [asset] = rows(Asset)
    assert asset.buying_net == Decimal("220.00")


def test_the_customer_never_sees_the_price_its_reseller_saw(market):
    change(market.customer, markup=Decimal(10))
    reseller, buyer = person(market.reseller), person(market.customer)
    market.add(reseller, market.customer)

    [line] = get_review(buyer, market.review(reseller, market.customer)).lines

    assert (line.price.total.net, line.price_before) == (Decimal("121.00"), None)
    assert get_basket(buyer).rows == []


def test_a_line_that_is_sold_no_more_is_left_out_and_says_why(market, owner):
    market.fill(owner, market.direct)
    unpublish(market.software)

    basket = get_basket(owner)
    order_id = market.review(owner, market.direct)

    assert "is not sold here" in basket.rows[0].reason
    assert (basket.rows[0].price, basket.total.net) == (None, Decimal("275.00"))
    review = get_review(owner, order_id)
    assert [line.title for line in review.lines] == ["Client licence"]
    assert review.left_out == [market.software.title]


def test_one_line_refused_leaves_the_others_bought_and_says_so(market, owner):
    market.fill(owner, market.direct)
    order_id = market.review(owner, market.direct)
    unpublish(market.software)

    placed = place_order(owner, order_id)

    [asset] = rows(Asset)
    order = get_order(owner, order_id)
    assert (placed.status, asset.name) == (OrderStatus.EXECUTED, "Client licence")
    assert [bool(line.refused_reason) for line in order.lines] == [True, False]
    reason = order.lines[0].refused_reason
    assert "is not sold here" in reason
    assert reason.message == "%(name)s is not sold here at the moment."  # to be translated
    assert (order.lines[0].asset, order.total.net) == (None, Decimal("275.00"))
    assert rows(Invoice)[0].net == Decimal("275.00")
    assert (titles(get_basket(owner)), counted(owner)) == ([market.software.title], 1)


def test_a_suspended_plan_refuses_its_line_alone(market):
    reseller = person(market.reseller)
    market.add_reservation(reseller)
    market.add(reseller, market.customer)
    order_id = market.review(reseller, market.customer)
    change(market.plan, status=SubscriptionStatus.SUSPENDED)

    place_order(reseller, order_id)

    [asset] = rows(Asset)
    assert asset.kind is AssetKind.SOFTWARE_SUBSCRIPTION


def test_nothing_is_bought_where_every_line_is_refused(market, owner):
    market.fill(owner, market.direct)
    order_id = market.review(owner, market.direct)
    unpublish(market.software)
    unpublish(market.licence)

    with pytest.raises(ConflictError, match="is not sold here"):
        place_order(owner, order_id)
    with pytest.raises(ConflictError, match="is not sold here"):
        market.review(owner, market.direct)
    assert rows(Asset) == []
    assert rows(Order)[0].status is OrderStatus.QUOTED


def test_a_basket_waits_for_approval_as_a_whole_and_a_line_may_still_be_refused(market):
    change(market.customer, needs_approval=True)
    buyer = person(market.customer, role=Role.BUYER)
    market.fill(buyer, market.customer)

    placed = place_order(buyer, market.review(buyer, market.customer))
    waiting = len(rows(Asset))
    unpublish(market.licence)
    approved = approve_order(person(market.reseller), placed.order_id)

    assert (placed.status, waiting, counted(buyer)) == (OrderStatus.PENDING_APPROVAL, 0, 0)
    assert (approved.status, len(approved.asset_ids)) == (OrderStatus.EXECUTED, 1)
