"""Every flow without a mouse."""

from playwright.sync_api import expect

from tests.e2e.journeys import REGION, VM
from tests.e2e.pages.sign_in import SignInPage
from tests.e2e.pages.storefront import (
    AzurePlanPage,
    AzurePlansPage,
    OrderPage,
    ReservationWizard,
    ReviewPage,
)
from tests.e2e.people import DIRECT, PASSWORD

_MOST_STEPS = 80


def tab_to(locator):
    """Press Tab until the focus is there, as a person would."""
    for _ in range(_MOST_STEPS):
        locator.page.keyboard.press("Tab")
        if locator.evaluate("element => element === document.activeElement"):
            return
    expect(locator).to_be_focused()


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


def test_the_skip_link_leads_past_the_navigation(direct_page):
    direct_page.goto("/billing/")

    direct_page.keyboard.press("Tab")
    expect(direct_page.get_by_role("link", name="Skip to content")).to_be_focused()
    direct_page.keyboard.press("Enter")

    expect(direct_page.get_by_role("main")).to_be_focused()
