"""Lines of baskets: taken out, changed, limited, and nobody else's."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.models import (
    Asset,
    BasketLine,
    MarketplaceOptions,
    OrderLine,
)
from app.services import baskets
from app.services.basket_lines import forget_old_lines
from app.services.basket_view import get_basket
from app.services.orders import place_order
from app.services.quotes import quote_basket
from tests.factories import session
from tests.integration.services.buyers import (
    change,
    person,
    rows,
    staff,
    stranger,
)
from tests.integration.services.shop import Shop, counted, titles

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def market(app):
    return Shop()


@pytest.fixture
def owner(market):
    return person(market.direct)


def test_removing_can_be_undone_until_the_line_is_bought(market, owner):
    market.fill(owner, market.direct)
    [first, second] = rows(BasketLine)

    baskets.remove_line(owner, first.id)
    removed = get_basket(owner, market.direct.id, removed_id=first.id)
    baskets.restore_line(owner, first.id)
    restored = get_basket(owner)
    place_order(owner, market.review(owner, market.direct))
    baskets.remove_line(owner, second.id)
    baskets.restore_line(owner, second.id)

    assert titles(removed) == ["Client licence"]
    assert (removed.removed.id, removed.removed.title) == (first.id, market.software.title)
    assert titles(restored) == [market.software.title, "Client licence"]
    assert (titles(get_basket(owner)), counted(owner)) == ([], 0)


@pytest.mark.parametrize("quantity", [0, -1, 10**9])
def test_a_quantity_outside_what_is_sold_is_refused(market, owner, quantity):
    market.add(owner, market.direct)
    [line] = rows(BasketLine)

    with pytest.raises(InvalidError) as adding:
        market.add(owner, market.direct, quantity=quantity)
    with pytest.raises(InvalidError) as changing:
        baskets.change_quantities(owner, market.direct.id, {line.id: quantity})

    assert adding.value.field == "quantity"
    assert changing.value.field == baskets.field_of(line.id)
    assert [line.quantity for line in rows(BasketLine)] == [1]


def test_the_least_that_is_sold_counts_for_a_line(market, owner):
    market.add(owner, market.direct, quantity=5)
    change(market.software, minimum_quantity=3)
    [line] = rows(BasketLine)

    with pytest.raises(InvalidError, match="3 or more"):
        baskets.change_quantities(owner, market.direct.id, {line.id: 2})


def test_the_largest_order_counts_for_the_basket_as_a_whole(market, owner):
    market.fill(owner, market.direct)
    [options] = rows(MarketplaceOptions)
    change(options, largest_order=Decimal("494.99"))

    with pytest.raises(InvalidError, match="more than one order may cost"):
        market.review(owner, market.direct)
    change(options, largest_order=Decimal("495.00"))
    market.review(owner, market.direct)


def test_a_basket_has_room_for_so_many_lines(market, owner, monkeypatch):
    monkeypatch.setattr(baskets, "MOST_LINES", 2)
    market.fill(owner, market.direct)

    with pytest.raises(ConflictError, match="holds 2 lines"):
        market.add(owner, market.direct)


def test_a_reseller_has_a_basket_for_each_customer(market):
    reseller = person(market.reseller)
    market.add(reseller, market.customer, quantity=2)
    market.add(reseller, market.reseller, market.licence)

    basket = get_basket(reseller)

    assert (basket.account_id, titles(basket)) == (market.reseller.id, ["Client licence"])
    [other] = basket.others
    assert (other.account_id, other.lines) == (market.customer.id, 1)
    place_order(reseller, market.review(reseller, market.customer))
    assert {asset.account_id for asset in rows(Asset)} == {market.customer.id}
    assert counted(reseller) == 1


def test_staff_fill_a_basket_on_behalf_of_an_account(market):
    clerk = staff()
    market.fill(clerk, market.customer)

    place_order(clerk, market.review(clerk, market.customer))

    assert {asset.account_id for asset in rows(Asset)} == {market.customer.id}
    assert counted(clerk) == 0


def test_nobody_reaches_the_basket_of_another(market, owner):
    market.add(owner, market.direct)
    [line] = rows(BasketLine)
    token = get_basket(owner).form_token
    colleague = person(market.direct)

    for other in (colleague, stranger(), staff()):
        for act in (baskets.remove_line, baskets.restore_line):
            with pytest.raises(NotFoundError):
                act(other, line.id)
    assert get_basket(colleague, market.direct.id).rows == []
    with pytest.raises(ConflictError):
        quote_basket(colleague, account_id=market.direct.id, form_token=token)
    for act in (
        lambda: get_basket(stranger(), market.direct.id),
        lambda: market.add(stranger(), market.direct),
    ):
        with pytest.raises(NotFoundError):
            act()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_roles_that_do_not_order_have_no_basket(market, role):
    viewer = person(market.direct, role=role)

    for act in (lambda: market.add(viewer, market.direct), lambda: get_basket(viewer)):
        with pytest.raises(NotAllowedError):
            act()


def test_a_basket_of_an_account_that_may_not_order_says_why(market, owner):
    market.add(owner, market.direct)
    change(market.direct, may_order=False)

    basket = get_basket(owner)

    assert "Ordering is switched off" in basket.reason
    assert basket.buyable == 0
    with pytest.raises(ConflictError, match="switched off"):
        quote_basket(owner, account_id=market.direct.id, form_token=basket.form_token)


def test_a_basket_costs_the_same_statements_with_one_line_and_with_many(market, owner, at_most):
    for _ in range(10):
        market.fill(owner, market.direct)

    with at_most(4):
        assert len(get_basket(owner, market.direct.id).rows) == 20


def test_a_placed_order_keeps_its_lines(market, owner):
    market.fill(owner, market.direct)
    place_order(owner, market.review(owner, market.direct))
    line = session.query(OrderLine).first()

    session.delete(line)
    with pytest.raises(Exception, match="keeps its lines"):
        session.commit()
    session.rollback()


def test_an_account_with_nothing_in_it_has_an_empty_basket(market, owner):
    assert get_basket(owner).account_id is None
    assert get_basket(owner, market.direct.id).form_token is None


def touched(line, days):
    """So many days ago, by PostgreSQL's clock."""
    session.execute(
        sa.text("UPDATE basket_lines SET touched_at = now() - :age WHERE id = :id"),
        {"id": line.id, "age": dt.timedelta(days=days)},
    )
    session.commit()


def test_lines_that_nobody_touched_for_90_days_are_deleted(market, owner):
    market.fill(owner, market.direct)
    [old, young] = rows(BasketLine)
    touched(old, 91)
    touched(young, 89)

    assert forget_old_lines() == 1

    assert [line.id for line in rows(BasketLine)] == [young.id]
    assert (titles(get_basket(owner)), counted(owner)) == (["Client licence"], 1)
    assert forget_old_lines() == 0


def test_a_new_quantity_keeps_a_line_and_being_taken_out_does_not(market, owner):
    market.fill(owner, market.direct)
    [changed, removed] = rows(BasketLine)
    for line in (changed, removed):
        touched(line, 91)
    baskets.change_quantities(owner, market.direct.id, {changed.id: 5})
    baskets.remove_line(owner, removed.id)

    assert forget_old_lines() == 0
    touched(removed, 91)
    assert forget_old_lines() == 0  # it stood in no basket

    assert [line.id for line in rows(BasketLine)] == [changed.id]


def test_what_an_order_or_a_quote_was_made_from_stays_stored(market, owner):
    market.fill(owner, market.direct)
    place_order(owner, market.review(owner, market.direct))
    market.add(owner, market.direct)
    market.review(owner, market.direct)
    lines = rows(BasketLine)
    for line in lines:
        touched(line, 91)

    assert forget_old_lines() == 1

    assert {line.id for line in rows(BasketLine)} == {line.id for line in lines}
    assert (titles(get_basket(owner)), counted(owner)) == ([], 0)
