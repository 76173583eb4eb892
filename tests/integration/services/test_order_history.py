"""Orders as they are shown."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.database import db
from app.domain.access import Role
from app.domain.assets import AssetKind, ProvisioningSyncStatus
from app.domain.errors import NotFoundError
from app.domain.orders import OrderStatus
from app.services.order_history import OrderSearch, get_order, list_orders
from app.services.orders import decline_order, place_order
from app.services.pages import PageRequest
from tests.integration.services.buyers import Marketplace, change, person, staff, stranger

pytestmark = pytest.mark.usefixtures("app_context")

PAGE = PageRequest(size=25)


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def buyer(market):
    return person(market.customer, role=Role.BUYER)


def listed(viewer, **wanted):
    return list_orders(viewer, OrderSearch(**wanted), page=PAGE).items


def ids(viewer, **wanted):
    return [row.id for row in listed(viewer, **wanted)]


def test_the_newest_order_comes_first(market, buyer):
    first, second = market.order(buyer), market.order(buyer)

    assert ids(buyer) == [second.order_id, first.order_id]


def test_a_quote_is_nobodys_order_yet(market, buyer):
    market.quote(buyer)

    assert listed(buyer) == listed(staff()) == []


def test_a_row_says_what_was_ordered_and_its_total(market, buyer):
    change(market.prices, discount_percent=Decimal("12.5"))
    placed = place_order(buyer, market.quote(buyer, quantity=7), buyer_reference="PO-1")

    [row] = listed(buyer)

    assert (row.number, row.status) == (placed.number, OrderStatus.EXECUTED)
    assert (row.title, row.quantity, row.more_lines) == (market.sku.title, 7, 0)
    assert (row.buyer_reference, row.placed_by_name) == ("PO-1", buyer.name)
    assert (row.total.currency, row.total.net) == ("EUR", Decimal("756.13"))
    assert row.total.shown(with_vat=True) == Decimal("937.60")
    assert row.total.shown(with_vat=False) == Decimal("756.13")


def test_only_those_with_several_accounts_read_whose_order_it_is(market, buyer):
    market.order(buyer)

    assert [row.account_name for row in listed(buyer)] == [None]
    assert [row.account_name for row in listed(person(market.reseller))] == [market.customer.name]
    assert [row.account_name for row in listed(staff())] == [market.customer.name]


def test_each_audience_reads_its_own_amounts(market, buyer):
    change(market.customer, markup=Decimal(10))
    order_id = market.order(buyer, quantity=1).order_id

    assert listed(buyer)[0].total.net == Decimal("135.80")
    assert listed(person(market.reseller))[0].total.net == Decimal("123.45")
    assert get_order(buyer, order_id).lines[0].resale is None
    assert get_order(person(market.reseller), order_id).lines[0].resale.margin == Decimal("12.35")


def test_hidden_prices_are_nowhere_in_the_customers_orders(market, buyer):
    change(market.customer, hides_prices=True)
    order_id = market.order(buyer).order_id

    assert listed(buyer)[0].total is None
    details = get_order(buyer, order_id)
    assert (details.total, details.lines[0].price) == (None, None)
    assert "123.45" not in repr(details)
    assert listed(person(market.reseller))[0].total is not None


def test_foreign_orders_are_neither_listed_nor_found(market, buyer):
    order_id = market.order(buyer).order_id

    for viewer in (stranger(), person(market.direct)):
        assert listed(viewer) == []
        with pytest.raises(NotFoundError):
            get_order(viewer, order_id)
    with pytest.raises(NotFoundError):
        get_order(buyer, uuid4())


def test_the_query_hides_foreign_orders_even_without_postgresqls_wall(market, buyer, no_walls):
    order_id = market.order(buyer).order_id

    for viewer in (stranger(), person(market.direct)):
        assert listed(viewer) == []
        with pytest.raises(NotFoundError):
            get_order(viewer, order_id)


def test_searching_and_filtering(market, buyer):
    first = place_order(buyer, market.quote(buyer), buyer_reference="PO-77")
    change(market.customer, needs_approval=True)
    second = market.order(buyer)
    resellers = person(market.reseller)

    assert ids(buyer, q="po-77") == [first.order_id]
    assert ids(buyer, q=first.number) == [first.order_id]
    assert ids(buyer, q=first.number.lower().removeprefix("ord-")) == [first.order_id]
    assert ids(resellers, q=market.customer.name) == [second.order_id, first.order_id]
    assert ids(resellers, q="standard_d2s") == [second.order_id, first.order_id]
    assert ids(buyer, status=OrderStatus.PENDING_APPROVAL) == [second.order_id]
    assert ids(buyer, status=OrderStatus.QUOTED) == []
    for nothing in ("100%", "nul\0", "ORD-999999999999999999999"):
        assert ids(buyer, q=nothing) == []


def test_pages_by_key_walk_through_all_orders(market, buyer):
    placed = [market.order(buyer).order_id for _ in range(5)]
    newest_first = placed[::-1]

    first = list_orders(buyer, OrderSearch(), page=PageRequest(size=2))
    second = list_orders(buyer, OrderSearch(), page=PageRequest(size=2, after=first.next))
    third = list_orders(buyer, OrderSearch(), page=PageRequest(size=2, number=3))
    back = list_orders(buyer, OrderSearch(), page=PageRequest(size=2, before=second.previous))

    assert [row.id for page in (first, second, third) for row in page.items] == newest_first
    assert [row.id for row in back.items] == newest_first[:2]
    assert first.total == 5


def test_an_order_shows_what_it_made(market, buyer):
    placed = place_order(buyer, market.quote(buyer, quantity=7), buyer_reference="PO-1")

    order = get_order(buyer, placed.order_id)

    [line] = order.lines
    assert (order.number, order.buyer_reference) == (placed.number, "PO-1")
    assert (line.kind, line.term, line.quantity) == (AssetKind.RESERVATION, "1 year", 7)
    assert line.subscription_number == f"SUB-{market.plan.number:05d}"
    assert line.asset.id == placed.asset_ids[0]
    assert line.asset.sync_status is ProvisioningSyncStatus.IN_PROGRESS
    assert line.asset.number.startswith("AST-")
    assert [(vat.rate, vat.net) for vat in order.total.vat_lines] == [
        (Decimal(24), Decimal("864.15"))
    ]
    assert order.total.gross == order.total.net + order.total.vat
    assert (order.approval_ends_at, order.may_decide) == (None, False)


def test_a_waiting_order_says_who_may_decide_until_when(market, buyer):
    change(market.customer, needs_approval=True)
    order_id = market.order(buyer).order_id
    resellers = person(market.reseller)

    assert get_order(buyer, order_id).may_decide is False
    order = get_order(resellers, order_id)
    assert order.may_decide is True
    assert (order.approval_ends_at - order.placed_at).days == 7
    assert order.lines[0].asset is None

    decline_order(resellers, order_id, "Over budget")

    declined = get_order(buyer, order_id)
    assert (declined.decided_by_name, declined.decision_reason) == (resellers.name, "Over budget")
    assert get_order(resellers, order_id).may_decide is False


def test_lists_and_orders_cost_few_statements(market, buyer, at_most):
    order_ids = [market.order(buyer).order_id for _ in range(10)]
    db.session.rollback()

    with at_most(3):
        assert len(listed(buyer)) == len(order_ids)
    with at_most(4):
        get_order(buyer, order_ids[0])


def test_an_order_placed_for_the_customer_is_in_the_customers_list(market, buyer):
    placed = market.order(person(market.reseller))

    assert ids(buyer) == [placed.order_id]
