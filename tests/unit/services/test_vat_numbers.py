"""VAT numbers of the European Union."""

import pytest

from app.services.vat_numbers import EU_COUNTRIES, is_reverse_charged, is_vat_number_of

GREEK, GERMAN = "EL094014201", "DE136695976"


@pytest.mark.parametrize(
    ("country", "number"), [("GR", GREEK), ("GR", "el 094014201"), ("DE", GERMAN)]
)
def test_a_number_counts_in_its_own_country(country, number):
    assert is_vat_number_of(country, number)


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("GR", None),
        ("GR", ""),
        ("GR", GERMAN),
        ("DE", GREEK),
        ("GR", "EL094014202"),  # the check digit
        ("GR", "094014201"),  # no country
        ("US", "US123456789"),
        ("GB", "GB980780684"),
    ],
)
def test_anything_else_does_not(country, number):
    assert not is_vat_number_of(country, number)


def test_a_business_in_another_country_of_the_union_owes_the_vat_itself():
    assert is_reverse_charged(seller_country="GR", buyer_country="DE", vat_number=GERMAN)


@pytest.mark.parametrize(
    ("seller", "buyer", "number"),
    [("GR", "GR", GREEK), ("GR", "DE", None), ("GR", "DE", "DE136695977"), ("US", "DE", GERMAN)],
)
def test_everybody_else_is_charged(seller, buyer, number):
    assert not is_reverse_charged(seller_country=seller, buyer_country=buyer, vat_number=number)


def test_the_union_has_27_countries():
    assert len(EU_COUNTRIES) == 27
