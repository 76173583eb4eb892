"""However often it is pressed: one order."""

import pytest
from playwright.sync_api import expect

from tests.e2e.journeys import review_reservation
from tests.e2e.pages.storefront import OrderPage, ReviewPage


@pytest.fixture
def sold_before(sandbox):
    return len(sandbox.ledger())


def expect_one_order(order, sandbox, sold_before):
    number = order.asset_number
    expect(order.open_asset().sync_status).to_contain_text("Synchronized")
    assert len(sandbox.ledger(f"{number}-")) == 1
    assert len(sandbox.ledger()) == sold_before + 1


def test_a_double_click_buys_once(direct_page, sandbox, sold_before):
    review = review_reservation(direct_page)

    review.agrees.check()
    review.button.dblclick()

    expect_one_order(OrderPage(direct_page).arrived(), sandbox, sold_before)


def test_going_back_and_sending_the_form_again_buys_once(direct_page, sandbox, sold_before):
    review = review_reservation(direct_page)
    address, fields = direct_page.url, review.fields
    first = review.buy().asset_number

    direct_page.go_back()
    again = direct_page.request.post(address, form=fields | {"agrees": "y"})
    direct_page.goto(again.url)
    order = OrderPage(direct_page).arrived()

    assert order.asset_number == first
    expect_one_order(order, sandbox, sold_before)


def test_two_tabs_of_one_review_buy_once(direct_page, sandbox, sold_before):
    review = review_reservation(direct_page)
    second_tab = direct_page.context.new_page()
    second_tab.goto(direct_page.url)
    in_second_tab = ReviewPage(second_tab).arrived()

    first = review.buy()
    second = in_second_tab.buy()

    assert second.asset_number == first.asset_number
    expect_one_order(first, sandbox, sold_before)
