"""What Microsoft refuses for good: given up, credited, and told to whom it concerns."""

import re

from playwright.sync_api import expect

from tests.e2e.journeys import buy_reservation, find_in_back_office
from tests.e2e.pages.storefront import InvoicesPage
from tests.support.accessibility import violations


def test_what_microsoft_refuses_for_good_is_given_up_and_credited(
    staff_page, reseller_page, buyer_page, sandbox
):
    sandbox.fault("create_cart", "status:400:800010")
    order = buy_reservation(buyer_page)
    number = order.asset_number
    asset = find_in_back_office(staff_page, number)
    expect(asset.sync_status).to_contain_text("Failed")

    giving_up = asset.give_up()
    giving_up.button.click()
    expect(giving_up.problems.first).to_contain_text("There is a problem")
    assert violations(staff_page) == []
    giving_up.reason.fill("No capacity in this region for a year.")
    giving_up.button.click()

    expect(asset.arrived().main).to_contain_text("Cancelled")
    expect(asset.main).to_contain_text(re.compile(r"CRN-\d{4}-\d{6}"))
    assert violations(staff_page) == []
    theirs = order.open_asset()
    expect(theirs.main).to_contain_text("No capacity in this region for a year.")
    expect(theirs.main).not_to_contain_text("CRN-")  # its reseller is invoiced, and credited
    assert violations(buyer_page) == []
    credit_note = InvoicesPage(reseller_page).open().open_credit_note_of(number)
    expect(credit_note.main).to_contain_text("No capacity in this region for a year.")
    assert violations(reseller_page) == []
    assert sandbox.ledger(f"{number}-") == []
