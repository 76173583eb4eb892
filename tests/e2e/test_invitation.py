"""From an invitation to being signed in, and back in after forgetting the password."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.sign_in import SignInPage
from tests.e2e.pages.users import ChoosePage, ForgottenPage, UsersPage, link_mailed_to
from tests.e2e.people import DESKTOP, PHONE

FIRST, SECOND = "seven olive trees by the sea", "nine lemon trees on the hill"


@pytest.mark.parametrize("look", [DESKTOP, PHONE | {"java_script_enabled": False}])
def test_who_is_invited_chooses_a_password_and_signs_in(staff_page, new_context, system, look):
    address = f"{uuid4().hex[:10]}@newcomer.example"
    shown = UsersPage(staff_page).open().invite("Eleni Newcomer", address, "Support").link

    page = new_context(**look).new_page()
    mailed = link_mailed_to(address, system.state_dir / "mail")
    assert mailed == shown
    ChoosePage(page).open_link(mailed).choose(FIRST).sign_in(address, FIRST)

    expect(page).to_have_url(re.compile("/bss/$"))


def test_who_forgot_the_password_gets_back_in(staff_page, new_context, system):
    address = f"{uuid4().hex[:10]}@newcomer.example"
    link = UsersPage(staff_page).open().invite("Eleni Newcomer", address, "Support").link
    page = new_context(**DESKTOP).new_page()
    ChoosePage(page).open_link(link).choose(FIRST)

    ForgottenPage(page).open().ask(address)
    again = link_mailed_to(address, system.state_dir / "mail", other_than=link)
    ChoosePage(page).open_link(again).choose(SECOND).sign_in(address, SECOND)

    expect(page).to_have_url(re.compile("/bss/$"))
    page.context.clear_cookies()
    refused = SignInPage(page).open()
    refused.email.fill(address)
    refused.password.fill(FIRST)
    refused.button.click()
    expect(refused.problems).to_contain_text("not right")
