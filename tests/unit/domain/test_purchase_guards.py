"""Spend limits: what may go on now, and what waits for an hour or for people."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.purchase_guards import SpendLimits, Spent, WaitsFor, what_to_wait_for

AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=4)
NOTHING = Spent(account=Decimal(0), altogether=Decimal(0))


def limits(four_eyes_above=None, per_account=None, altogether=None):
    return SpendLimits(
        currency="EUR",
        four_eyes_above=four_eyes_above,
        per_account=per_account,
        altogether=altogether,
    )


@given(st.lists(st.tuples(st.integers(0, 3), AMOUNTS), max_size=60), AMOUNTS, AMOUNTS)
def test_in_an_hour_no_account_and_not_all_together_ever_spend_more(wishes, per_account, all_):
    spent = dict.fromkeys(range(4), Decimal(0))
    for account, amount in wishes:
        before = Spent(account=spent[account], altogether=sum(spent.values()))
        waits_for = what_to_wait_for(
            amount,
            "EUR",
            limits(per_account=per_account, altogether=all_),
            before,
            is_approved=False,
        )
        if waits_for is None:
            spent[account] += amount

    assert max(spent.values()) <= per_account
    assert sum(spent.values()) <= all_


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_whatever_fits_goes_on(amount, account, others):
    spent = Spent(account=account, altogether=account + others)
    exact = limits(
        four_eyes_above=amount,
        per_account=account + amount,
        altogether=account + others + amount,
    )

    assert what_to_wait_for(amount, "EUR", exact, spent, is_approved=False) is None


def test_a_large_purchase_waits_for_two_people_and_their_word_lifts_no_hourly_limit():
    large, small = limits(four_eyes_above=Decimal(100)), limits(per_account=Decimal(100))
    amount = Decimal("100.0001")

    assert what_to_wait_for(amount, "EUR", large, NOTHING, is_approved=False) is WaitsFor.APPROVAL
    assert what_to_wait_for(amount, "EUR", large, NOTHING, is_approved=True) is None
    assert (
        what_to_wait_for(amount, "EUR", small, NOTHING, is_approved=True) is WaitsFor.ACCOUNT_LIMIT
    )


@pytest.mark.parametrize("limit", ["four_eyes_above", "per_account", "altogether"])
def test_money_that_cannot_be_compared_is_for_two_people(limit):
    some = limits(**{limit: Decimal(10)})

    found = what_to_wait_for(Decimal(1), "USD", some, NOTHING, is_approved=False)

    assert found is WaitsFor.APPROVAL


def test_without_limits_nothing_waits_in_any_currency():
    assert what_to_wait_for(Decimal(10**9), "USD", limits(), NOTHING, is_approved=False) is None


def test_two_people_are_asked_for_what_no_time_mends():
    assert {each for each in WaitsFor if each.is_approval} == {
        WaitsFor.APPROVAL,
        WaitsFor.NEW_CART_APPROVAL,
    }
