"""When an asset ends, and how people read its numbers and terms."""

import datetime as dt

import pytest

from app.domain.assets import (
    AssetKind,
    BillingFrequency,
    ProvisioningSyncStatus,
    SubscriptionStatus,
    account_number,
    asset_number,
    estimated_end,
    order_number,
    subscription_number,
    term_label,
)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2026-11-22", "P1Y", "2027-11-22"),
        ("2026-11-22", "P3Y", "2029-11-22"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2024-02-29", "P3Y", "2027-02-28"),
        ("2023-02-28", "P1Y", "2024-02-28"),
        ("2025-02-28", "P3Y", "2028-02-28"),
        ("2026-12-31", "P1Y", "2027-12-31"),
    ],
)
def test_a_term_ends_on_the_same_day_years_later(start, term, end):
    assert estimated_end(dt.date.fromisoformat(start), term) == dt.date.fromisoformat(end)


@pytest.mark.parametrize("term", [None, "", "P1M", "P5Y", "odd"])
def test_the_end_of_perpetual_and_unknown_terms_is_not_guessed(term):
    assert estimated_end(dt.date(2026, 11, 22), term) is None


@pytest.mark.parametrize(
    ("term", "label"),
    [("P1Y", "1 year"), ("P3Y", "3 years"), (None, "Perpetual"), ("P5Y", "P5Y")],
)
def test_a_term_in_words(term, label):
    assert term_label(term) == label


def test_numbers_that_people_read():
    assert asset_number(123) == "AST-000123"
    assert order_number(45) == "ORD-000045"
    assert subscription_number(417) == "SUB-00417"
    assert account_number(7) == "ACC-00007"


def test_labels_are_the_words_of_the_specification():
    assert AssetKind.RESERVATION.label == "Azure Plan Reservation"
    assert BillingFrequency.ONE_TIME.label == "One-Time"
    assert ProvisioningSyncStatus.BEING_CHECKED.label == "Being checked with Microsoft"
    assert SubscriptionStatus.PENDING_CANCELLATION.label == "Pending cancellation"
