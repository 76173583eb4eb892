"""Buying again: the same SKU, quantity and customer at today's price, or why not."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.errors import ConflictError, NotAllowedError, NotFoundError
from app.domain.orders import OrderStatus
from app.models import Asset, BasketLine, Order, Product
from app.services import baskets
from app.services.basket_view import get_basket
from app.services.buying_again import buy_again, get_asset_before, get_order_before
from app.services.orders import place_order
from app.services.quotes import quote_basket
from app.services.reviews import get_review
from tests.factories import SkuFactory, SoftwareSubscriptionFactory
from tests.integration.services.buyers import Marketplace, change, person, rows, stranger

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def buyer(market):
    return person(market.customer)


def review_of(viewer, step):
    return get_review(viewer, step.order_id)


def test_an_order_is_bought_again_at_todays_price(market, buyer):
    first = market.order(buyer, quantity=7)
    change(market.sku, cost=Decimal("100.00"))

    step = buy_again(buyer, get_order_before(buyer, first.order_id), uuid4())

    review = review_of(buyer, step)
    line = review.line
    assert (line.sku_id, line.quantity, line.subscription_id) == (market.sku.id, 7, market.plan.id)
    assert (review.account_id, review.status) == (market.customer.id, OrderStatus.QUOTED)
    assert line.price.unit_price == Decimal("110.00")
    assert len(rows(Asset)) == 1


def test_the_same_button_pressed_twice_is_one_order(market, buyer):
    first, token = market.order(buyer), uuid4()
    before = get_order_before(buyer, first.order_id)

    assert buy_again(buyer, before, token) == buy_again(buyer, before, token)
    assert len(rows(Order)) == 2


def test_an_asset_is_bought_again(market, buyer):
    placed = market.order(buyer, quantity=3)

    step = buy_again(buyer, get_asset_before(buyer, placed.asset_ids[0]), uuid4())

    line = review_of(buyer, step).line
    assert (line.sku_id, line.quantity, line.subscription_id) == (market.sku.id, 3, market.plan.id)


def test_an_adopted_asset_is_bought_again_by_microsofts_ids(market):
    owner = person(market.direct)
    asset = SoftwareSubscriptionFactory(
        account=market.direct,
        quantity=4,
        microsoft_product_id=market.software.microsoft_product_id,
        microsoft_sku_id=market.software.microsoft_sku_id,
    )

    step = buy_again(owner, get_asset_before(owner, asset.id), uuid4())

    line = review_of(owner, step).line
    assert (line.sku_id, line.quantity) == (market.software.id, 4)


def test_what_microsoft_lists_no_more_says_so(market):
    owner = person(market.direct)
    asset = SoftwareSubscriptionFactory(account=market.direct, microsoft_product_id="gone")

    with pytest.raises(ConflictError, match="does not sell this at the moment"):
        buy_again(owner, get_asset_before(owner, asset.id), uuid4())


def test_what_is_sold_no_more_says_why(market, buyer):
    first = market.order(buyer)
    change(market.sku, cost=None)

    with pytest.raises(ConflictError, match="does not sell this at the moment"):
        buy_again(buyer, get_order_before(buyer, first.order_id), uuid4())
    assert len(rows(Order)) == 1


def test_an_order_of_several_lines_fills_the_basket_with_what_is_sold(market):
    owner, licence, token = person(market.direct), SkuFactory(title="Client licence"), uuid4()
    for sku in (market.software, licence):
        baskets.add_software(
            owner, account_id=market.direct.id, sku_id=sku.id, quantity=2, form_token=uuid4()
        )
    basket = get_basket(owner)
    placed = place_order(
        owner,
        quote_basket(owner, account_id=market.direct.id, form_token=basket.form_token),
    )
    [product] = rows(Product, id=market.software.product_id)
    change(product, is_published=False)

    before = get_order_before(owner, placed.order_id)
    steps = [buy_again(owner, before, token) for _ in range(2)]

    assert [step.order_id for step in steps] == [None, None]
    assert "is not sold here" in steps[0].left_out[0]
    assert [row.title for row in get_basket(owner).rows] == ["Client licence"]
    assert len(rows(BasketLine)) == 3


def test_only_what_one_sees_and_may_order_is_bought_again(market, buyer):
    placed = market.order(buyer)
    viewer = person(market.customer, role=Role.VIEWER)

    for get, row_id in (
        (get_order_before, placed.order_id),
        (get_asset_before, placed.asset_ids[0]),
    ):
        with pytest.raises(NotFoundError):
            get(stranger(), row_id)
        with pytest.raises(NotAllowedError):
            get(viewer, row_id)
    with pytest.raises(NotFoundError):
        get_order_before(buyer, market.quote(buyer))
