"""Every flow without a mouse."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.journeys import AEGEAN, REGION, SOFTWARE, SOFTWARE_FOR_A_YEAR, VM
from tests.e2e.pages.sign_in import SignInPage
from tests.e2e.pages.storefront import (
    AzurePlanPage,
    AzurePlansPage,
    BasketPage,
    OrderPage,
    ReservationWizard,
    ReviewPage,
    SoftwareCataloguePage,
    TermsPage,
)
from tests.e2e.people import BUYER, DIRECT, PASSWORD, RESELLER

_MOST_STEPS = 80


def tab_to(locator):
    """Press Tab until the focus is there, as a person would."""
    for _ in range(_MOST_STEPS):
        locator.page.keyboard.press("Tab")
        if locator.evaluate("element => element === document.activeElement"):
            return
    expect(locator).to_be_focused()


def press(locator, key="Enter"):
    tab_to(locator)
    locator.page.keyboard.press(key)


def test_sign_in_by_keyboard(page):
    sign_in = SignInPage(page).open()
    expect(sign_in.email).to_be_focused()

    page.keyboard.type(DIRECT)
    tab_to(sign_in.password)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome")


def test_buy_a_reservation_by_keyboard(direct_page, sandbox):
    keyboard = direct_page.keyboard
    AzurePlansPage(direct_page).open().open_plan("Azure plan")
    plan = AzurePlanPage(direct_page).arrived()

    tab_to(plan.menu)
    keyboard.press("Enter")
    tab_to(direct_page.get_by_role("link", name="Buy a reservation").first)
    keyboard.press("Enter")
    wizard = ReservationWizard(direct_page).arrived()
    tab_to(wizard.region)
    keyboard.type(REGION)
    tab_to(wizard.search)
    keyboard.type(VM)
    chosen = direct_page.get_by_role("link", name=f"Choose {VM}", exact=True)
    expect(chosen).to_be_visible()
    tab_to(chosen)
    keyboard.press("Enter")
    tab_to(wizard.quantity)
    keyboard.press("Control+A")
    keyboard.type("2")
    keyboard.press("Enter")
    review = ReviewPage(direct_page).arrived()
    tab_to(review.agrees)
    keyboard.press("Space")
    tab_to(review.button)
    keyboard.press("Enter")

    order = OrderPage(direct_page).arrived()
    number = order.asset_number
    expect(order.open_asset().sync_status).to_contain_text("Synchronized")
    assert len(sandbox.ledger(f"{number}-")) == 1


@pytest.mark.proof
def test_a_basket_and_an_approval_by_keyboard(page_of, sandbox):
    """An end customer puts software into its basket, and its reseller has to agree."""
    buyer, reseller = page_of(BUYER), page_of(RESELLER)
    terms = TermsPage(reseller)
    reseller.goto("/customers/")
    press(reseller.get_by_role("link", name=AEGEAN, exact=True))
    press(reseller.get_by_role("link", name="Change what is agreed"))
    terms.arrived()
    try:
        tab_to(terms.orders)
        reseller.keyboard.type("Wait")
        press(terms.save)
        expect(reseller.get_by_text("Saved. It holds from the next quote on")).to_be_visible()

        SoftwareCataloguePage(buyer).open()
        press(buyer.get_by_role("link", name=SOFTWARE, exact=True))
        press(buyer.get_by_role("radio", name=SOFTWARE_FOR_A_YEAR), "Space")
        press(buyer.get_by_role("button", name="Add to basket"))
        press(BasketPage(buyer).arrived().go_on)
        press(ReviewPage(buyer).arrived().agrees, "Space")
        press(buyer.get_by_role("button", name="Send for approval"))
        theirs = OrderPage(buyer).arrived()

        reseller.goto(buyer.url)
        ours = OrderPage(reseller).arrived()
        press(reseller.get_by_role("button", name=re.compile("^Approve")))
        number = ours.asset_number
    finally:
        terms.open_of(AEGEAN).agree()

    expect(theirs.open_again().open_asset().sync_status).to_contain_text("Synchronized")
    assert len(sandbox.ledger(f"{number}-")) == 1


def test_the_skip_link_leads_past_the_navigation(direct_page):
    direct_page.goto("/billing/")

    direct_page.keyboard.press("Tab")
    expect(direct_page.get_by_role("link", name="Skip to content")).to_be_focused()
    direct_page.keyboard.press("Enter")

    expect(direct_page.get_by_role("main")).to_be_focused()
