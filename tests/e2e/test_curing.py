"""What Microsoft refused is mended by edit and save, and is bought once."""

import re

from playwright.sync_api import expect

from tests.e2e.journeys import VM, buy_reservation, find_in_back_office
from tests.e2e.pages.bss import AssetPage, AssetsPage, EditPage, HomePage

# In our records; Microsoft has it.
WITHOUT_SOFTWARE_ID = "Remote Desktop Services CAL - 1 User - 1 Year"


def count_clicks(page):
    """Every click of whoever uses the page from now on, across its loads."""
    clicks = []

    def clicked(text):
        clicks.append(text)

    page.expose_function("clicked", clicked)
    listen = "addEventListener('click', event => clicked(event.target.textContent.trim()), true)"
    page.add_init_script(listen)
    page.evaluate(listen)
    return clicks


def refused_reservation(page, sandbox):
    """Of Aegean Foods; Microsoft has no capacity for it."""
    sandbox.fault("checkout", "status:400:800010")
    return buy_reservation(page)


def test_a_refusal_is_explained_and_cured_by_edit_and_save(buyer_page, staff_page, sandbox):
    order = refused_reservation(buyer_page, sandbox)
    number = order.asset_number
    asset = order.open_asset()
    expect(asset.sync_status).to_contain_text("Failed")
    in_back_office = find_in_back_office(staff_page, number)
    expect(in_back_office.banner).to_contain_text("Ordered by a test.")
    expect(in_back_office.banner).to_contain_text("800010")
    expect(asset.open_again().main).to_contain_text("This order is not complete yet")
    expect(asset.main).not_to_contain_text("800010")
    assert sandbox.ledger(f"{number}-") == []

    in_back_office.edit().save()

    expect(in_back_office.sync_status).to_contain_text("Synchronized")
    expect(in_back_office.fact("Order ID")).to_contain_text(re.compile(r"\w{8}"))
    expect(asset.open_again().sync_status).to_contain_text("Synchronized")
    assert len(sandbox.ledger(f"{number}-")) == 1


def test_an_answer_that_is_lost_after_the_effect_buys_nothing_twice(
    buyer_page, staff_page, sandbox
):
    number = refused_reservation(buyer_page, sandbox).asset_number
    in_back_office = find_in_back_office(staff_page, number)
    expect(in_back_office.sync_status).to_contain_text("Failed")

    sandbox.fault("checkout", "drop_after")
    in_back_office.edit().save()

    expect(in_back_office.sync_status).to_contain_text("Synchronized", timeout=30_000)
    assert len(sandbox.ledger(f"{number}-")) == 1


def test_the_first_answer_may_be_lost_too(direct_page, sandbox):
    sandbox.fault("checkout", "drop_after")

    order = buy_reservation(direct_page)
    number = order.asset_number
    asset = order.open_asset()

    expect(asset.sync_status).to_contain_text("Synchronized", timeout=30_000)
    assert len(sandbox.ledger(f"{number}-")) == 1


def test_the_failed_reservation_of_the_demo_is_cured_by_the_other_plan(staff_page, sandbox):
    asset = AssetsPage(staff_page).open().open_failed(VM, "not an active Azure subscription")
    expect(asset.banner).to_contain_text("800011")
    number = asset.number

    editing = asset.edit()
    editing.choose_other_plan()
    editing.save()

    expect(asset.sync_status).to_contain_text("Synchronized")
    expect(asset.fact("Subscription")).to_contain_text("SUB-00002")
    assert len(sandbox.ledger(f"{number}-")) == 1


def test_an_empty_software_id_is_read_again_and_nothing_is_bought(staff_page, sandbox):
    asset = AssetsPage(staff_page).open().open_asset(WITHOUT_SOFTWARE_ID)
    expect(asset.fact("Software ID")).to_contain_text("Not returned yet")
    before = sandbox.ledger()

    asset.edit().save()

    expect(asset.fact("Software ID").locator("code")).to_have_text(re.compile(r"\w{6}"))
    expect(asset.sync_status).to_contain_text("Synchronized")
    assert sandbox.ledger() == before


def test_support_reads_and_does_not_edit(support_page):
    asset = AssetsPage(support_page).open().open_asset(WITHOUT_SOFTWARE_ID)

    expect(asset.fact("Software ID")).to_be_visible()
    expect(asset.edit_link).to_have_count(0)


def test_from_home_to_a_cured_asset_in_at_most_six_clicks(buyer_page, staff_page, sandbox):
    number = refused_reservation(buyer_page, sandbox).asset_number
    expect(find_in_back_office(staff_page, number).sync_status).to_contain_text("Failed")
    home = HomePage(staff_page).open()
    clicks = count_clicks(staff_page)

    home.failed_asset(number).click()
    asset = AssetPage(staff_page).arrived()
    asset.banner.get_by_role("link", name="Edit and save").click()
    EditPage(staff_page).arrived().save()

    expect(asset.sync_status).to_contain_text("Synchronized")
    assert len(sandbox.ledger(f"{number}-")) == 1
    assert len(clicks) <= 6, clicks
