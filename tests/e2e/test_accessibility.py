"""axe finds nothing, nothing scrolls sideways, and the browser finds nothing wrong."""

import pytest
from playwright.sync_api import expect

from tests.e2e.journeys import SOFTWARE, SOFTWARE_FOR_A_YEAR, review_reservation
from tests.e2e.pages.bss import AccountsPage, AssetsPage
from tests.e2e.pages.sign_in import SignInPage
from tests.e2e.pages.storefront import SoftwareCataloguePage
from tests.e2e.people import ADMIN, BUYER, HOMES, LOOKS, RESELLER
from tests.support.accessibility import (
    violations,
    violations_in_the_dark,
    violations_of_what_opens,
)

# The others see fewer pages of the same kinds, and less on them.
SEE_MOST = (ADMIN, RESELLER)
# With fingers, for which the page makes its buttons larger.
NARROW = {"viewport": {"width": 320, "height": 800}, "has_touch": True, "is_mobile": True}


def visit(page, address):
    answer = page.goto(address)
    assert answer.ok, f"{address} answered {answer.status}"


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("email", HOMES)
@pytest.mark.parametrize("look", ["desktop", "phone"])
def test_every_page_is_accessible_in_every_look(page_of, addresses_of, email, look):
    """In the light and in the dark, and with everything open that opens."""
    page = page_of(email, **LOOKS[look])

    found, opened = [], set()
    for address in addresses_of(email, each=2 if email in SEE_MOST else 1):
        visit(page, address)
        found += violations(page) + violations_in_the_dark(page)
        found += violations_of_what_opens(page, opened)

    assert found == []
    assert "user-menu" in opened


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("email", "look", "language"),
    [
        (RESELLER, "dark phone", "el"),
        pytest.param(RESELLER, "phone", "de", marks=pytest.mark.proof),
        pytest.param(ADMIN, "phone", "el", marks=pytest.mark.proof),
        pytest.param(ADMIN, "dark phone", "de", marks=pytest.mark.proof),
    ],
)
def test_every_page_is_accessible_and_as_wide_as_a_phone_in_greek_and_german(
    page_of, addresses_of, base_url, email, look, language
):
    page = page_of(email, **LOOKS[look])
    speak(page, language, base_url)

    found, opened = [], set()
    for address in addresses_of(email):
        visit(page, address)
        expect(page.locator("html")).to_have_attribute("lang", language)
        found += violations(page) + violations_of_what_opens(page, opened)
        width = page.evaluate("document.scrollingElement.scrollWidth")
        if width > page.viewport_size["width"]:
            found.append(f"{address}: {width} px")

    assert found == []
    assert {"user-menu", "navigation"} <= opened


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
    ("look", "language"),
    [
        ("desktop", "en"),
        ("dark phone", "el"),
        pytest.param("phone", "de", marks=pytest.mark.proof),
        pytest.param("dark", "de", marks=pytest.mark.proof),
        pytest.param("phone", "en", marks=pytest.mark.proof),
        pytest.param("desktop", "el", marks=pytest.mark.proof),
    ],
)
def test_open_and_refused_states_are_accessible(page_of, base_url, look, language):
    staff, buyer, stranger = (page_of(who, **LOOKS[look]) for who in (ADMIN, BUYER, None))
    states = {
        staff: (open_peek, refuse_edit, find_nothing),
        buyer: (refuse_quantity, review, open_menu, find_no_page),
        stranger: (refuse_sign_in,),
    }

    found = []
    for page, ways in states.items():
        for reach in ways:
            speak(page, "en", base_url)
            last_step = reach(page)
            next(last_step)
            speak(page, language, base_url)
            next(last_step, None)
            found += violations(page)

    assert found == []


def speak(page, language, base_url):
    """From the next answer on."""
    page.context.add_cookies([{"name": "language", "value": language, "url": base_url}])


# Up to its `yield` a way goes by the English words of the pages; its last step may be in others.


def open_peek(page):
    account = AccountsPage(page).open().open_account("Aegean Foods S.A.")
    yield
    account.preview.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".peek-body a").first).to_be_visible()


def refuse_edit(page):
    editing = AssetsPage(page).open().find("AST-000001").open_asset("AST-000001").edit()
    editing.custom_fields.fill("no colon here")
    yield
    editing.save_button.click()
    expect(editing.problems.first).to_be_visible()


def find_nothing(page):
    yield
    page.goto("/bss/billing/assets/?q=nothing-is-called-this")
    expect(page.locator(".empty")).to_be_visible()


def refuse_quantity(page):
    review = review_reservation(page)
    page.go_back()
    page.get_by_label("Quantity").fill("many")
    yield
    page.get_by_role("button", name="Review order").click()
    expect(review.problems.first).to_be_visible()
    expect(page.locator("[name=quantity]")).to_have_value("many")


def review(page):
    plan = SoftwareCataloguePage(page).open().open_plan(SOFTWARE)
    plan.main.get_by_role("radio", name=SOFTWARE_FOR_A_YEAR).check()
    plan.quantity.fill("3")
    yield
    plan.go_on.click()
    expect(page.locator("[type=checkbox][required]")).to_be_visible()


def open_menu(page):
    yield
    page.goto("/")
    page.locator("[popovertarget=user-menu]").click()
    expect(page.locator("#user-menu")).to_be_visible()


def find_no_page(page):
    yield
    assert page.goto("/orders/00000000-0000-4000-8000-000000000000/").status == 404


def refuse_sign_in(page):
    sign_in = SignInPage(page).open()
    sign_in.email.fill(BUYER)
    sign_in.password.fill("not it")
    yield
    sign_in.button.click()
    expect(sign_in.problems.first).to_be_visible()
