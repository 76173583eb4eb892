"""Pages speak the language of the profile, else the visitor's choice, else the browser's."""

import re
from decimal import Decimal

import html5lib
import pytest

from app.domain.access import Role
from app.domain.languages import Language
from tests.factories import UserFactory
from tests.support.storefront_world import World

PAGES = ("/", "/billing/", "/billing/assets/reservations/", "/orders/", "/profile/")
BSS_PAGES = ("/bss/", "/bss/accounts/", "/bss/billing/assets/", "/bss/provisioning/")
# Sentences of the layouts and of every list: none of them may be left.
ENGLISH = re.compile(
    r"\b(Skip to content|Sign out|Your profile|Search|Customer|Quantity|Accounts|Orders"
    r"|Billing|Home|Catalogue|No .* yet|Nothing)\b"
)


@pytest.fixture
def world(app):
    return World()


def staff_reading(language):
    return UserFactory(staff=True, role=Role.STAFF_ADMINISTRATOR, language=language)


def language_of(answer):
    return re.search(r'<html lang="(\w+)"', answer.text)[1]


def words_of(answer):
    tree = html5lib.parse(answer.text, namespaceHTMLElements=False)
    parts = [part for tag in ("h1", "nav", "header", "button") for part in tree.iter(tag)]
    return " ".join(" ".join(part.itertext()) for part in parts)


@pytest.mark.parametrize(
    ("header", "language"),
    [("el", "el"), ("de-AT,en;q=0.5", "de"), ("fr", "en"), ("", "en"), ("*;q=bad", "en")],
)
def test_a_visitor_reads_the_browsers_language(client, header, language):
    assert language_of(client.get("/login", headers={"Accept-Language": header})) == language


def test_a_visitors_choice_goes_before_the_browser(client):
    client.set_cookie("language", "el")

    answer = client.get("/login", headers={"Accept-Language": "de"})

    assert language_of(answer) == "el"
    assert "Σύνδεση" in answer.text


@pytest.mark.parametrize("language", ["fr", "", "<b>"])
def test_a_language_that_there_is_not_counts_for_nothing(client, language):
    client.set_cookie("language", language)

    assert language_of(client.get("/login")) == "en"


def test_the_profile_goes_before_choice_and_browser(client, sign_in, world):
    sign_in(UserFactory(account=world.direct, language=Language.EL))
    client.set_cookie("language", "de")

    assert language_of(client.get("/", headers={"Accept-Language": "de"})) == "el"


def test_without_one_in_the_profile_the_browsers_counts(client, sign_in, world):
    sign_in(world.user_of(world.direct))

    assert language_of(client.get("/", headers={"Accept-Language": "de"})) == "de"


@pytest.mark.parametrize("language", [Language.EL, Language.DE])
def test_no_english_is_left_on_main_pages(client, sign_in, world, language):
    world.example()
    sign_in(UserFactory(account=world.reseller, language=language))

    for address in PAGES:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert language_of(answer) == language.value
        assert not ENGLISH.search(words_of(answer)), address


@pytest.mark.parametrize("language", [Language.EL, Language.DE])
def test_no_english_is_left_in_the_back_office(client, sign_in, world, language):
    world.example()
    sign_in(staff_reading(language))

    for address in BSS_PAGES:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert not ENGLISH.search(words_of(answer)), address


@pytest.mark.parametrize(
    ("language", "total", "discount"),
    [
        (Language.EN, "€937.60", "12.5%"),
        (Language.EL, "937,60\xa0€", "12,5%"),
        (Language.DE, "937,60\xa0€", "12,5\xa0%"),
    ],
)
def test_money_and_numbers_are_written_as_the_language_does(
    client, sign_in, world, language, total, discount
):
    world.example(discount_percent=Decimal("12.5"))
    sign_in(UserFactory(account=world.customer, language=language, shows_vat=True))

    page = client.get("/billing/assets/reservations/?vat=incl").text

    assert discount in page
    assert total in page


def test_errors_are_said_in_the_readers_language(client, sign_in, world):
    sign_in(UserFactory(account=world.direct, language=Language.DE))

    answer = client.get("/nothing/")

    assert answer.status_code == 404
    assert "Hier ist nichts" in answer.text
