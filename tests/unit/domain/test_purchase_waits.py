"""How long a purchase waits before the next look."""

import datetime as dt
from dataclasses import replace

import pytest

from app.domain.purchase_commands import Details
from app.domain.purchase_waits import (
    DAY,
    QUIET,
    back_off,
    poll_wait,
    proof_left,
    quiet_left,
    refresh_wait,
    rest_left,
    turn_wait,
)
from tests.support.purchase_sim.world import START

_WAITS_FOR_ID = Details(is_fulfilled=True, awaits_software_id=True)
_SETTLES = Details(is_fulfilled=True, is_settling=True)


@pytest.mark.parametrize(("attempts", "longest"), [(0, 2), (3, 16), (9, 900), (10**6, 900)])
def test_retries_double_up_to_a_quarter_of_an_hour(attempts, longest):
    assert back_off(attempts, 0.5) == longest / 2
    assert back_off(attempts, 0.0) == 0.5


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 1), (5, 32), (6, 60), (10**6, 60)])
def test_an_order_is_asked_for_once_a_minute_at_the_slowest(sent, attempts, seconds):
    assert poll_wait(replace(sent, attempts=attempts)) == seconds


def test_an_unanswered_send_rests_for_half_an_hour_and_an_answered_one_needs_none(sent):
    assert quiet_left(sent) == 20 * 60
    assert quiet_left(replace(sent, now=START + QUIET)) == 0
    assert quiet_left(replace(sent, checkout_is_open=False)) == 0
    assert quiet_left(replace(sent, checkout_last_sent_at=None)) == 0


def test_the_proof_of_absence_counts_from_the_end_of_the_cart(sent):
    gone = replace(sent, cart_gone_at=START - dt.timedelta(minutes=25))

    assert proof_left(gone) == 5 * 60
    assert proof_left(sent) == QUIET.total_seconds()
    assert proof_left(replace(sent, checkout_is_open=False)) == 0


def test_half_an_hour_passes_since_the_last_send_answered_or_not(sent):
    assert rest_left(replace(sent, checkout_is_open=False)) == 20 * 60
    assert rest_left(replace(sent, checkout_last_sent_at=None)) == 0


@pytest.mark.parametrize(
    ("until_room", "waiting", "jitter", "seconds"),
    [(0.1, 1, 0.9, 0.9), (0.1, 20, 0.5, 10), (5.0, 20, 0.1, 5.0), (0.1, 10**6, 1.0, 30)],
    ids=["alone", "among twenty", "never before there is room", "among very many"],
)
def test_who_waits_for_room_spreads_over_the_turns_of_all(until_room, waiting, jitter, seconds):
    assert turn_wait(until_room, waiting, jitter) == seconds


@pytest.mark.parametrize(
    ("details", "attempts", "seconds"),
    [
        (Details(is_fulfilled=True), 0, None),
        (_WAITS_FOR_ID, 0, 60),
        (_WAITS_FOR_ID, 11, DAY),
        (_WAITS_FOR_ID, 12, None),
        (_SETTLES, 0, 5),
        (_SETTLES, 12, None),
    ],
)
def test_what_microsoft_has_not_said_yet_is_read_again_a_dozen_times(details, attempts, seconds):
    assert refresh_wait(details, attempts) == seconds
