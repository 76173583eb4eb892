"""The command palette and the single keys, by keyboard alone."""

import re

from playwright.sync_api import expect

from tests.e2e.journeys import find_in_back_office
from tests.e2e.pages.bss import HomePage


def test_a_pasted_id_of_microsoft_leads_to_its_asset(staff_page):
    asset = find_in_back_office(staff_page, "AST-000001")
    given = asset.fact("Reservation Order ID").locator("code").first.inner_text()
    home = HomePage(staff_page).open()

    home.page.keyboard.press("Control+k")
    expect(home.palette.query).to_be_focused()
    home.page.keyboard.insert_text(given)
    expect(home.palette.links).to_have_count(1)
    home.page.keyboard.press("Enter")

    expect(home.page).to_have_url(re.compile("/bss/billing/assets/[0-9a-f-]{36}/$"))
    expect(home.main).to_contain_text("AST-000001")


def test_arrows_choose_and_escape_goes_back(staff_page):
    home = HomePage(staff_page).open()
    home.page.keyboard.press("Control+k")
    expect(home.palette.links.first).to_be_visible()

    home.page.keyboard.press("ArrowDown")
    expect(home.palette.links.first).to_be_focused()
    home.page.keyboard.press("ArrowUp")
    expect(home.palette.query).to_be_focused()
    for _ in range(40):  # the page behind the dialog is out of reach
        home.page.keyboard.press("Tab")
        assert home.palette.holds_the_focus()
    home.page.keyboard.press("Escape")

    expect(home.palette.dialog).to_be_hidden()


def test_keys_lead_to_pages_and_to_the_search_and_are_listed(staff_page):
    home = HomePage(staff_page).open()

    home.page.keyboard.press("?")
    expect(home.keys).to_contain_text("g a")
    home.page.keyboard.press("Escape")
    expect(home.keys).to_be_hidden()  # a moment later; until then keys are the dialog's
    home.page.keyboard.press("g")
    home.page.keyboard.press("a")
    expect(home.title).to_have_text("Assets")
    home.page.wait_for_load_state()  # keys are heard once the scripts have run
    home.page.keyboard.press("/")
    expect(home.page.get_by_label("Search assets")).to_be_focused()
    home.page.keyboard.type("g o")

    expect(home.page).to_have_url(re.compile("/bss/billing/assets/"))
