"""Assets live on: found at Microsoft and adopted, changed there, ended, and on the statement."""

import pytest
from playwright.sync_api import expect

from tests.e2e.journeys import buy_reservation, find_in_back_office
from tests.e2e.pages.bss import AssetPage, ReconciliationPage
from tests.e2e.pages.storefront import InvoicesPage, ReservationsPage
from tests.support.accessibility import violations
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)  # the first of them starts the system, too

YEAR_AND_A_DAY = 366 * 24 * 3600


@pytest.fixture
def years_go_by(sandbox):
    """Microsoft's clock may be moved; it is the real one again afterwards."""
    yield sandbox.advance
    sandbox.reset()


def sold(sandbox, number):
    """The one order at Microsoft that bought the asset."""
    wait_until(lambda: sandbox.ledger(f"{number}-"), seconds=30)
    (order,) = sandbox.ledger(f"{number}-")
    return order


def test_what_was_bought_outside_is_found_adopted_and_invoiced(staff_page, direct_page, sandbox):
    ours = sold(sandbox, buy_reservation(direct_page).asset_number)
    wish = {"customer_id": ours["customer_id"], "catalog_item_id": ours["catalog_item_id"]}
    (outside,) = sandbox.seed(orders=[{**wish, "reference": "by hand", "quantity": 3}])["orders"]

    desk = ReconciliationPage(staff_page).open()
    known = desk.cases.count()
    desk.compare()
    expect(desk.cases).not_to_have_count(known)  # nobody loads the page again
    case = desk.open_case(outside["id"])
    assert violations(staff_page) == []
    case.price.fill("")
    case.adopt_button.click()
    expect(case.problems.first).to_contain_text("There is a problem")
    assert violations(staff_page) == []
    case.plan.select_option(index=1)
    case.price.fill("1234.50")
    case.adopt()

    asset = AssetPage(staff_page)
    expect(asset.sync_status).to_contain_text("Synchronized")
    expect(asset.fact("Order ID")).to_contain_text(outside["id"])
    for words in ("Adopted", "Invoiced"):
        expect(asset.main).to_contain_text(words)
    assert violations(staff_page) == []
    assert len(sandbox.ledger("by hand")) == 1
    # by hand: 3 of 1,234.50, and 24 % VAT
    invoice = InvoicesPage(direct_page).open().open_invoice(outside["id"])
    expect(invoice.main).to_contain_text("3,703.50")
    assert violations(direct_page) == []
    number = invoice.read_number()
    pdf = invoice.get_pdf()
    assert f"{number}.pdf" in pdf.headers["content-disposition"]
    assert pdf.body().startswith(b"%PDF-")
    statement = InvoicesPage(direct_page).open().open_statement()
    told = statement.rows.filter(has_text=number)
    expect(told).to_have_count(2)  # an entry, and still open
    expect(told.first).to_contain_text("4,592.34")
    assert violations(direct_page) == []


def test_what_changes_at_microsoft_is_shown_beside_ours_and_what_ends_there_ends_here(
    staff_page, reseller_page, buyer_page, sandbox, years_go_by
):
    order = buy_reservation(buyer_page)
    number = order.asset_number
    at_microsoft = sold(sandbox, number)
    asset = find_in_back_office(staff_page, number)
    expect(asset.sync_status).to_contain_text("Synchronized")
    sandbox.change_order(at_microsoft["order_id"], quantity=1, scope="single")

    drift = asset.main.get_by_role("table").filter(has_text="Each field with both values")
    asset.refresh_until(drift)

    # ours stays, and people see both; what is Microsoft's own follows
    expect(drift.get_by_role("row").filter(has_text="Quantity")).to_contain_text("2")
    expect(drift.get_by_role("row").filter(has_text="Quantity")).to_contain_text("1")
    expect(asset.fact("Scope")).to_contain_text("Single")
    expect(asset.main).to_contain_text("Scope: Shared → Single")
    assert violations(staff_page) == []

    years_go_by(YEAR_AND_A_DAY)
    ended = asset.main.get_by_text("Expired at Microsoft")
    asset.refresh_until(ended)

    assert violations(staff_page) == []
    theirs = order.open_asset()
    expect(theirs.main).to_contain_text("Expired")
    assert violations(buyer_page) == []
    ReservationsPage(reseller_page).open().page.goto("/billing/assets/reservations/?q=" + number)
    expect(reseller_page.get_by_role("main")).to_contain_text("Expired")
    assert violations(reseller_page) == []
    assert len(sandbox.ledger(f"{number}-")) == 1
