"""Bars of months: how tall, where they stand, what they are called."""

import datetime as dt
from decimal import Decimal

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.services.asset_months import MonthValue
from app.web.locale import init_locale
from app.web.month_bars import HEIGHT, WIDTH, bars_of, month

JANUARY = dt.date(2026, 1, 1)
AMOUNTS = st.decimals(min_value=-(10**14), max_value=10**14, places=2)


def points(*values):
    return [MonthValue(month=JANUARY, value=value) for value in values]


def test_the_largest_value_is_the_tallest_bar_and_others_are_in_proportion():
    bars = bars_of(points(Decimal("100.00"), Decimal("50.00"), 0))

    assert [bar.height for bar in bars] == ["98.0", "49.0", "0.0"]
    assert [bar.y for bar in bars] == ["14.0", "63.0", "112.0"]


def test_a_value_below_zero_hangs_from_the_base_line():
    [gain, loss] = bars_of(points(Decimal(30), Decimal(-10)))

    assert (gain.y, gain.height) == ("14.0", "73.5")
    assert (loss.y, loss.height) == ("87.5", "24.5")


def test_nothing_in_any_month_draws_flat_bars():
    assert {bar.height for bar in bars_of(points(0, 0))} == {"0.0"}
    assert bars_of([]) == []


@given(st.lists(AMOUNTS, min_size=1, max_size=12))
def test_no_bar_leaves_the_picture(amounts):
    for bar in bars_of(points(*amounts)):
        assert 0 <= float(bar.x) <= float(bar.x) + float(bar.width) <= WIDTH
        assert 0 <= float(bar.y) <= float(bar.y) + float(bar.height) <= HEIGHT


def test_months_are_named():
    app = Flask(__name__)
    init_locale(app)
    with app.test_request_context():
        assert month(JANUARY) == "January 2026"
        assert month(JANUARY, "short") == "Jan"
