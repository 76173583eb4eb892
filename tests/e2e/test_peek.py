"""The short view of an account's assets: by mouse, by keyboard, by touch."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.bss import AccountsPage
from tests.e2e.people import ADMIN, PHONE

ACCOUNT = "Aegean Foods S.A."


@pytest.fixture
def account(staff_page):
    """Its page, on which time stands still until a test lets it run."""
    account = AccountsPage(staff_page).open().open_account(ACCOUNT)
    staff_page.clock.install()
    account.open_again()
    now = staff_page.evaluate("Date.now()") / 1000  # the clock takes seconds
    staff_page.clock.pause_at(now + 1)
    return account


def test_a_mouse_that_rests_opens_it_after_300_milliseconds(account):
    account.assets.hover()
    account.page.clock.run_for(290)
    expect(account.abstract).to_be_hidden()

    account.page.clock.run_for(20)

    expect(account.abstract).to_be_visible()
    expect(account.view_all).to_be_visible()
    expect(account.abstract.get_by_role("row")).to_have_count(6)  # the head and the five newest


def test_a_mouse_that_passes_by_opens_nothing(account):
    account.assets.hover()
    account.page.clock.run_for(200)
    account.title.hover()

    account.page.clock.run_for(2000)

    expect(account.abstract).to_be_hidden()


def test_it_stays_while_the_mouse_is_on_it_and_goes_when_it_leaves(account):
    account.assets.hover()
    account.page.clock.run_for(310)
    account.view_all.hover()
    account.page.clock.run_for(5000)
    expect(account.abstract).to_be_visible()

    account.title.hover()
    account.page.clock.run_for(260)

    expect(account.abstract).to_be_hidden()


def test_escape_closes_it_and_it_stays_shut_until_the_mouse_left(account):
    account.assets.hover()
    account.page.clock.run_for(310)
    expect(account.view_all).to_be_visible()

    account.page.keyboard.press("Escape")
    account.assets.hover(position={"x": 20, "y": 10})
    account.page.clock.run_for(2000)
    expect(account.abstract).to_be_hidden()
    account.title.hover()
    account.assets.hover()
    account.page.clock.run_for(310)

    expect(account.abstract).to_be_visible()


def test_repeated_visits_of_the_mouse_ask_the_server_once(account):
    asked = []
    account.page.on(
        "request", lambda sent: asked.append(sent.url) if "abstract" in sent.url else None
    )

    for _ in range(3):
        account.assets.hover()
        account.page.clock.run_for(310)
        expect(account.view_all).to_be_visible()
        account.title.hover()
        account.page.clock.run_for(300)
        expect(account.abstract).to_be_hidden()

    assert len(asked) == 1


def test_the_preview_button_opens_it_by_keyboard_and_escape_comes_back(staff_page):
    account = AccountsPage(staff_page).open().open_account(ACCOUNT)
    account.assets.focus()
    staff_page.keyboard.press("Tab")
    expect(account.preview).to_be_focused()

    staff_page.keyboard.press("Enter")
    expect(account.view_all).to_be_visible()
    expect(account.abstract).to_be_focused()
    staff_page.keyboard.press("Escape")

    expect(account.abstract).to_be_hidden()
    expect(account.preview).to_be_focused()


def test_tabbing_past_it_closes_it(staff_page):
    account = AccountsPage(staff_page).open().open_account(ACCOUNT)
    account.preview.focus()
    staff_page.keyboard.press("Enter")
    expect(account.view_all).to_be_visible()

    account.view_all.focus()
    staff_page.keyboard.press("Tab")

    expect(account.abstract).to_be_hidden()


def test_on_a_phone_the_button_opens_a_sheet_at_the_bottom(page_of):
    page = page_of(ADMIN, **PHONE)
    account = AccountsPage(page).open().open_account(ACCOUNT)

    account.preview.tap()

    expect(account.view_all).to_be_visible()
    sheet = account.abstract.bounding_box()
    assert round(sheet["y"] + sheet["height"]) == PHONE["viewport"]["height"]
    assert round(sheet["width"]) == PHONE["viewport"]["width"]
    account.close.tap()
    expect(account.abstract).to_be_hidden()


def test_on_a_phone_the_link_itself_goes_to_the_list(page_of):
    page = page_of(ADMIN, **PHONE)
    account = AccountsPage(page).open().open_account(ACCOUNT)

    account.assets.tap()

    expect(page).to_have_url(re.compile(r"/bss/billing/assets/\?"))
