"""Rounding happens in one place and the same way everywhere."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import TaxedPrice, minor_units, percent_of, round_money

amounts = st.decimals(min_value=0, max_value=10**9, places=6)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("EUR", 2),
        ("USD", 2),
        ("HUF", 2),
        ("JPY", 0),
        ("ISK", 0),
        ("CLP", 0),
        ("VND", 0),
        ("KWD", 3),
        ("JOD", 3),
        ("OMR", 3),
    ],
)
def test_each_currency_has_its_own_decimals(currency, decimals):
    assert minor_units(currency) == decimals


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("108.01875", "EUR", "108.02"),
        ("0.005", "EUR", "0.01"),
        ("0.015", "EUR", "0.02"),
        ("0.025", "EUR", "0.03"),  # to even would be 0.02
        ("0.0049999", "EUR", "0.00"),
        ("-0.005", "EUR", "-0.01"),
        ("0.5", "JPY", "1"),
        ("2.5", "JPY", "3"),
        ("1234.4999", "JPY", "1234"),
        ("0.0005", "KWD", "0.001"),
        ("12.34549", "KWD", "12.345"),
    ],
)
def test_half_a_cent_is_rounded_up(amount, currency, rounded):
    result = round_money(Decimal(amount), currency)

    assert str(result) == rounded


@given(amounts, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_rounding_moves_an_amount_by_half_a_minor_unit_at_most(amount, currency):
    half = Decimal(1).scaleb(-minor_units(currency)) / 2

    assert abs(round_money(amount, currency) - amount) <= half


@given(amounts, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_rounding_twice_changes_nothing(amount, currency):
    once = round_money(amount, currency)

    assert round_money(once, currency) == once


@given(amounts, amounts)
def test_rounding_keeps_the_order_of_amounts(one, other):
    smaller, larger = sorted((one, other))

    assert round_money(smaller, "EUR") <= round_money(larger, "EUR")


def test_a_percentage_is_not_rounded():
    assert percent_of(Decimal("864.15"), Decimal("12.5")) == Decimal("108.01875")


def test_gross_is_net_plus_vat():
    price = TaxedPrice(net=Decimal("756.13"), vat=Decimal("181.47"))

    assert price.gross == Decimal("937.60")


@pytest.mark.parametrize(("with_vat", "shown"), [(True, "937.60"), (False, "756.13")])
def test_a_price_is_shown_with_or_without_vat(with_vat, shown):
    price = TaxedPrice(net=Decimal("756.13"), vat=Decimal("181.47"))

    assert price.shown(with_vat=with_vat) == Decimal(shown)
