"""A basket that lost a line, what a reseller agrees, its brand, and who may only look."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.journeys import (
    AEGEAN,
    SOFTWARE,
    SOFTWARE_FOR_A_YEAR,
    find_in_back_office,
    review_software,
)
from tests.e2e.pages.bss import ProductPage
from tests.e2e.pages.storefront import (
    BasketPage,
    BrandPage,
    InvoicesPage,
    OrderPage,
    ReservationsPage,
    SoftwareCataloguePage,
    TermsPage,
)
from tests.e2e.pages.users import ChoosePage, OwnUsersPage, link_mailed_to
from tests.e2e.people import BUYER, DESKTOP, DIRECT, KEYBOARD, NO_SCRIPT, PHONE, RESELLER

PASSWORD = "seven olive trees by the sea"

WITHDRAWN = "Windows Server CAL - 1 Device"


@contextmanager
def withdrawn(staff_page):
    """The one plan is not sold meanwhile."""
    ProductPage(staff_page, WITHDRAWN).open().press("Hide from the storefront")
    try:
        yield
    finally:
        ProductPage(staff_page, WITHDRAWN).open().press("Publish to the storefront")


@pytest.mark.parametrize(
    ("buyer", "customer", "look"),
    [
        pytest.param(DIRECT, None, DESKTOP, id="direct customer"),
        pytest.param(BUYER, None, PHONE, id="end customer on a phone"),
        pytest.param(RESELLER, AEGEAN, DESKTOP | NO_SCRIPT, id="no script"),
        pytest.param(BUYER, None, KEYBOARD, id="by keyboard", marks=pytest.mark.proof),
    ],
)
def test_of_two_lines_the_withdrawn_one_is_left_out_and_the_other_is_bought(
    page_of, staff_page, sandbox, buyer, customer, look
):
    page = page_of(buyer, **look)
    for name, quantity in ((WITHDRAWN, 5), (SOFTWARE, 2)):
        plan = SoftwareCataloguePage(page).open().open_plan(name, customer)
        basket = plan.put_in_basket(f"{name} - 1 Year", quantity)
    basket_url = page.url
    review = basket.review()

    with withdrawn(staff_page):
        order = review.buy()

    expect(order.main).to_contain_text("Not everything was bought")
    expect(order.fact("Not bought")).to_contain_text("is not sold here at the moment")
    number = order.asset_number
    asset = find_in_back_office(staff_page, number)
    expect(asset.title).to_have_text(SOFTWARE_FOR_A_YEAR)
    expect(asset.sync_status).to_contain_text("Synchronized")
    assert len(sandbox.ledger(f"{number}-")) == 1
    page.goto(basket_url)
    left = BasketPage(page).arrived()
    expect(left.row_of(WITHDRAWN)).to_be_visible()
    expect(left.row_of(SOFTWARE)).to_have_count(0)
    left.take_out(WITHDRAWN)


@pytest.mark.parametrize(
    ("resellers", "customers"),
    [
        pytest.param(PHONE, DESKTOP, id="reseller on a phone"),
        pytest.param(
            DESKTOP, PHONE | NO_SCRIPT, id="customer without script", marks=pytest.mark.proof
        ),
        pytest.param(KEYBOARD, KEYBOARD, id="both by keyboard", marks=pytest.mark.proof),
    ],
)
def test_what_is_agreed_with_a_customer_is_what_it_sees_and_how_it_orders(
    page_of, sandbox, resellers, customers
):
    reseller, buyer = page_of(RESELLER, **resellers), page_of(BUYER, **customers)
    catalogue, terms = SoftwareCataloguePage(buyer), TermsPage(reseller)
    row = catalogue.main.get_by_role("row").filter(has_text=SOFTWARE)

    try:
        terms.open_of(AEGEAN).agree(markup="25")
        catalogue.open()
        # By hand: 248.7050 and 10 % are 273.58, and 25 % of it on top.
        expect(row).to_contain_text("€341.98")
        terms.open_of(AEGEAN).agree(markup="25", prices="Hidden", orders="Wait for your approval")
        catalogue.open()
        expect(row).to_be_visible()
        expect(catalogue.main).not_to_contain_text("€")

        theirs = review_software(buyer).send_for_approval()
        expect(theirs.main).to_contain_text("Nothing is bought before your reseller approves")
        expect(theirs.main).not_to_contain_text("€")
        reseller.goto(buyer.url)
        ours = OrderPage(reseller).arrived()
        expect(ours.asset).to_have_count(0)
        number = ours.approve().asset_number
    finally:
        terms.open_of(AEGEAN).agree()

    expect(theirs.open_again().open_asset().sync_status).to_contain_text("Synchronized")
    assert len(sandbox.ledger(f"{number}-")) == 1


@pytest.mark.parametrize(
    ("resellers", "customers"),
    [
        pytest.param(KEYBOARD, PHONE, id="reseller by keyboard"),
        pytest.param(PHONE | NO_SCRIPT, NO_SCRIPT, id="no script", marks=pytest.mark.proof),
    ],
)
def test_a_resellers_brand_is_on_the_pages_of_its_customers(page_of, resellers, customers):
    reseller, buyer = page_of(RESELLER, **resellers), page_of(BUYER, **customers)

    try:
        BrandPage(reseller).open().save(name="Cloud of the North", hue="150")
        buyer.goto("/")
        expect(buyer.get_by_role("banner")).to_contain_text("Cloud of the North")
    finally:
        BrandPage(reseller).open().save(name="", hue="")
    buyer.goto("/")
    expect(buyer.get_by_role("banner")).not_to_contain_text("Cloud of the North")


@pytest.mark.parametrize(
    ("inviter", "customer", "invites", "looks"),
    [
        pytest.param(RESELLER, AEGEAN, KEYBOARD, PHONE, id="of a reseller on a phone"),
        pytest.param(
            DIRECT, None, PHONE | NO_SCRIPT, NO_SCRIPT, id="no script", marks=pytest.mark.proof
        ),
        pytest.param(DIRECT, None, DESKTOP, KEYBOARD, id="by keyboard", marks=pytest.mark.proof),
    ],
)
def test_a_viewer_looks_and_does_not_buy(page_of, system, inviter, customer, invites, looks):
    address = f"{uuid4().hex[:10]}@newcomer.example"
    OwnUsersPage(page_of(inviter, **invites)).open().invite("Nikos Newcomer", address, "Viewer")
    link = link_mailed_to(address, system.state_dir / "mail")
    page = page_of(None, **looks)
    ChoosePage(page).open_link(link).choose(PASSWORD).sign_in(address, PASSWORD)

    plan = SoftwareCataloguePage(page).open().open_plan(SOFTWARE, customer)

    expect(plan.main).to_contain_text("Your role does not place orders.")
    expect(plan.go_on).to_have_count(0)
    expect(page.get_by_role("link", name="Basket")).to_have_count(0)
    reservations = ReservationsPage(page).open()
    name = reservations.names.first.inner_text()
    expect(reservations.find(name).open_reservation(name).title).to_have_text(name)
    invoice = InvoicesPage(page).open().open_first()
    assert invoice.get_pdf().body().startswith(b"%PDF-")
    for path in ("/basket/", "/users/", "/brand/"):
        assert page.goto(path).status == 403
    for path in ("/orders/", "/billing/", "/profile/"):
        assert page.goto(path).ok
