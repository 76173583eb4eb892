"""axe finds nothing, nothing scrolls sideways, and the browser finds nothing wrong."""

import pytest
from playwright.sync_api import expect

from tests.e2e.journeys import review_reservation, review_software
from tests.e2e.pages.bss import AccountsPage, AssetsPage
from tests.e2e.pages.sign_in import SignInPage
from tests.e2e.people import ADMIN, BUYER, HOMES, LOOKS, RESELLER
from tests.support.accessibility import violations, violations_in_the_dark

# The others see fewer pages of the same kinds, and less on them.
SEE_MOST = (ADMIN, RESELLER)
# With fingers, for which the page makes its buttons larger.
NARROW = {"viewport": {"width": 320, "height": 800}, "has_touch": True, "is_mobile": True}


def visit(page, address):
    answer = page.goto(address)
    assert answer.ok, f"{address} answered {answer.status}"


@pytest.mark.parametrize(("email", "look"), [(RESELLER, "dark phone")])
def test_the_main_pages_are_accessible(page_of, addresses_of, email, look):
    page = page_of(email, **LOOKS[look])

    found = []
    for address in addresses_of(email):
        visit(page, address)
        found += violations(page)

    assert found == []


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("email", HOMES)
@pytest.mark.parametrize("look", ["desktop", "phone"])
def test_every_page_is_accessible_in_every_look(page_of, addresses_of, email, look):
    """In the light and in the dark."""
    page = page_of(email, **LOOKS[look])

    found = []
    for address in addresses_of(email, each=2 if email in SEE_MOST else 1):
        visit(page, address)
        found += violations(page) + violations_in_the_dark(page)

    assert found == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("email", "language"),
    [
        (RESELLER, "el"),
        pytest.param(RESELLER, "de", marks=pytest.mark.proof),
        pytest.param(ADMIN, "el", marks=pytest.mark.proof),
        pytest.param(ADMIN, "de", marks=pytest.mark.proof),
    ],
)
def test_every_page_is_accessible_and_as_wide_as_a_phone_in_greek_and_german(
    page_of, addresses_of, base_url, email, language
):
    page = page_of(email, **LOOKS["phone"])
    page.context.add_cookies([{"name": "language", "value": language, "url": base_url}])

    found = []
    for address in addresses_of(email):
        visit(page, address)
        expect(page.locator("html")).to_have_attribute("lang", language)
        found += violations(page)
        width = page.evaluate("document.scrollingElement.scrollWidth")
        if width > page.viewport_size["width"]:
            found.append(f"{address}: {width} px")

    assert found == []


@pytest.mark.parametrize("email", HOMES)
def test_no_page_scrolls_sideways_at_320_pixels(page_of, addresses_of, email):
    page = page_of(email, **NARROW)  # and `page_of` notes what the browser complains of

    wide = []
    for address in addresses_of(email):
        visit(page, address)
        width = page.evaluate("document.scrollingElement.scrollWidth")
        if width > page.viewport_size["width"]:
            wide.append(f"{address}: {width} px")

    assert wide == []


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(look, marks=[pytest.mark.proof] if look in {"phone", "dark"} else [])
        for look in LOOKS
    ],
)
def test_open_and_refused_states_are_accessible(page_of, new_context, look):
    options = LOOKS[look]
    staff, buyer = page_of(ADMIN, **options), page_of(BUYER, **options)
    stranger = new_context(**options).new_page()

    found = [
        violation
        for open_state in (open_peek, refuse_edit, find_nothing)
        for violation in violations(open_state(staff))
    ]
    found += violations(refuse_quantity(buyer)) + violations(review(buyer))
    found += violations(open_menu(buyer)) + violations(find_no_page(buyer))
    found += violations(refuse_sign_in(stranger))

    assert found == []


def open_peek(page):
    account = AccountsPage(page).open().open_account("Aegean Foods S.A.")
    account.preview.focus()
    page.keyboard.press("Enter")
    expect(account.view_all).to_be_visible()
    return page


def refuse_edit(page):
    editing = AssetsPage(page).open().find("AST-000001").open_asset("AST-000001").edit()
    editing.custom_fields.fill("no colon here")
    editing.save_button.click()
    expect(editing.problems.first).to_contain_text("There is a problem")
    return page


def find_nothing(page):
    page.goto("/bss/billing/assets/?q=nothing-is-called-this")
    expect(page.get_by_role("link", name="Clear filters")).to_be_visible()
    return page


def refuse_quantity(page):
    review = review_reservation(page)
    page.go_back()
    page.get_by_label("Quantity").fill("many")
    page.get_by_role("button", name="Review order").click()
    expect(review.problems.first).to_contain_text("There is a problem")
    expect(page.get_by_label("Quantity")).to_have_value("many")
    return page


def review(page):
    return review_software(page).page


def open_menu(page):
    page.get_by_role("button", name="your menu").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


def find_no_page(page):
    assert page.goto("/orders/00000000-0000-4000-8000-000000000000/").status == 404
    return page


def refuse_sign_in(page):
    sign_in = SignInPage(page).open()
    sign_in.email.fill(BUYER)
    sign_in.password.fill("not it")
    sign_in.button.click()
    expect(sign_in.problems.first).to_contain_text("There is a problem")
    return page
