"""Everything works without JavaScript; pages are looked at again by hand."""

from playwright.sync_api import expect

from tests.e2e.journeys import buy_reservation, find_in_back_office
from tests.e2e.pages.bss import AccountsPage
from tests.e2e.pages.sign_in import SignInPage
from tests.e2e.people import ADMIN, BUYER, PASSWORD


def test_sign_in_buy_and_see_it_synchronized(new_context, staff_page, sandbox):
    page = new_context(java_script_enabled=False).new_page()
    SignInPage(page).open().sign_in(BUYER, PASSWORD)

    order = buy_reservation(page)
    number = order.asset_number
    asset = order.open_asset()

    expect(find_in_back_office(staff_page, number).sync_status).to_contain_text("Synchronized")
    expect(asset.open_again().sync_status).to_contain_text("Synchronized")
    assert len(sandbox.ledger(f"{number}-")) == 1


def test_staff_edit_and_save(page_of):
    page = page_of(ADMIN, java_script_enabled=False)
    asset = find_in_back_office(page, "AST-000001")

    editing = asset.edit()
    editing.notes.fill("Renewal is discussed in May.")
    editing.save()

    expect(asset.fact("Notes")).to_have_text("Renewal is discussed in May.")


def test_the_assets_shortcut_is_a_link(page_of):
    page = page_of(ADMIN, java_script_enabled=False)
    account = AccountsPage(page).open().open_account("Aegean Foods S.A.")

    expect(account.preview).to_be_hidden()
    account.assets.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Assets")
