"""How values look."""

import datetime as dt
from decimal import Decimal

import pytest

from app.domain.access import Role
from app.domain.assets import ProvisioningSyncStatus
from app.web import filters


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (Decimal("1234.5"), "EUR", "€1,234.50"),
        (Decimal("0.005"), "EUR", "€0.01"),
        (Decimal("0.015"), "EUR", "€0.02"),
        (Decimal("0.025"), "EUR", "€0.03"),
        (Decimal("-291.41"), "EUR", "\N{MINUS SIGN}€291.41"),
        (Decimal("-0.001"), "EUR", "€0.00"),
        (Decimal("1234.5"), "JPY", "¥1,235"),
        (Decimal("1.2345"), "KWD", "KWD\xa01.235"),
        (None, "EUR", filters.NONE),
    ],
)
def test_money_is_rounded_half_up_to_the_minor_units_of_its_currency(amount, currency, shown):
    assert filters.money(amount, currency) == shown


def test_money_refuses_a_float():
    with pytest.raises(TypeError):
        filters.money(1.5, "EUR")


def test_money_of_several_currencies_carries_the_iso_code():
    assert filters.money_iso(Decimal("1234.5"), "EUR") == "EUR\xa01,234.50"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("7.5"), "7.5%"),
        (Decimal("24.0000"), "24%"),
        (Decimal(0), "0%"),
        (None, filters.NONE),
    ],
)
def test_percent_has_no_superfluous_zeros(value, shown):
    assert filters.percent(value) == shown


def test_a_date_reads_unambiguously_and_is_machine_readable():
    shown = filters.date(dt.date(2026, 12, 9))

    assert shown == '<time datetime="2026-12-09">9 Dec 2026</time>'


def test_the_day_of_an_instant_is_its_day_in_utc():
    athens = dt.timezone(dt.timedelta(hours=2))
    instant = dt.datetime(2026, 12, 10, 1, 30, tzinfo=athens)

    assert filters.date_text(instant) == "9 Dec 2026"


def test_an_instant_in_utc_names_the_zone():
    instant = dt.datetime(2025, 12, 9, 8, 12, 44, tzinfo=dt.UTC)

    shown = filters.datetime_utc(instant)

    assert shown == '<time datetime="2025-12-09T08:12:44Z">9 Dec 2025, 08:12 UTC</time>'


@pytest.mark.parametrize(
    ("days", "shown"),
    [(8, "in 8 days"), (1, "tomorrow"), (0, "today"), (-1, "yesterday"), (-3, "3 days ago")],
)
def test_distance_says_how_far_a_day_is(days, shown):
    today = dt.date(2026, 11, 22)

    assert filters.distance(today + dt.timedelta(days=days), today) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(6, "6 s ago"), (720, "12 min ago"), (10_900, "3 h ago")]
)
def test_ago_counts_in_the_largest_unit_that_fits(seconds, shown):
    instant = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)

    assert f">{shown}<" in filters.ago(instant)


def test_labels_come_from_the_enum():
    assert filters.label(ProvisioningSyncStatus.BEING_CHECKED) == "Being checked with Microsoft"
    assert filters.label(Role.STAFF_ADMINISTRATOR) == "Administrator"
    assert filters.label(None) == filters.NONE


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Eleni Papadaki", "EP"), ("Cher", "C"), ("Ana de Armas", "AA"), ("  ", "?")],
)
def test_initials(name, shown):
    assert filters.initials(name) == shown
