"""What only the keyboard has: the journeys themselves are gone with it in their own tests."""

from playwright.sync_api import expect

from tests.e2e.keys import use_keys_only
from tests.e2e.pages.sign_in import SignInPage
from tests.e2e.people import DIRECT, PASSWORD


def test_sign_in_by_keyboard(page, monkeypatch):
    sign_in = SignInPage(page).open()
    expect(sign_in.email).to_be_focused()

    use_keys_only(monkeypatch, page)
    sign_in.sign_in(DIRECT, PASSWORD)

    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome")


def test_the_skip_link_leads_past_the_navigation(direct_page):
    direct_page.goto("/billing/")

    direct_page.keyboard.press("Tab")
    expect(direct_page.get_by_role("link", name="Skip to content")).to_be_focused()
    direct_page.keyboard.press("Enter")

    expect(direct_page.get_by_role("main")).to_be_focused()
