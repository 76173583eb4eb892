"""How long a purchase waits before the next look."""

import datetime as dt

from app.domain.purchase_commands import ClaimedPurchase, Details

# Twice the 15 minutes that Microsoft gives an order to be listed.
QUIET = dt.timedelta(minutes=30)
DAY = 24 * 3600.0
FIRST_WAIT, LONGEST_WAIT = 2.0, 15 * 60.0
_POLL_FIRST, _POLL_LONGEST = 1.0, 60.0
_REFRESH_FIRST, _SETTLE_FIRST = 60.0, 5.0
_SECONDS_OF_A_TURN, _LONGEST_TURN = 1.0, 30.0  # a purchase makes eight calls of 500 a minute
REFRESH_TRIES = 12
# What holds us back before Microsoft is asked at all: no answer of Microsoft's, and no try.
CALL_BUDGET, PROVIDER_PAUSED = "call_budget", "provider_paused"
OUR_BRAKES = frozenset({CALL_BUDGET, PROVIDER_PAUSED})


def back_off(attempts: int, jitter: float) -> float:
    """Seconds: full jitter over a doubling wait of 2 s up to 15 min, never below half a second."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * float(1 << min(attempts, 12)))
    return max(0.5, longest * jitter)


def quiet_left(row: ClaimedPurchase) -> float:
    """Seconds until an unanswered send is surely at rest; 0 where every send was answered."""
    last = row.checkout_last_sent_at
    if last is None or not row.checkout_is_open:
        return 0.0
    return _seconds_until(row, last + QUIET)


def proof_left(row: ClaimedPurchase) -> float:
    """Seconds until a gone cart that is listed nowhere was surely never bought.

    A worker may sleep before its send, send in the cart's last minute, and the list lags: so the
    half hour begins when the cart is gone, not with the send. 0 where every send was answered.
    """
    if not row.checkout_is_open:
        return 0.0
    return _seconds_until(row, (row.cart_gone_at or row.now) + QUIET)


def _seconds_until(row: ClaimedPurchase, then: dt.datetime) -> float:
    return max(0.0, (then - row.now).total_seconds())


def rest_left(row: ClaimedPurchase) -> float:
    """Seconds until half an hour has passed since the last send, answered or not."""
    last = row.checkout_last_sent_at
    return 0.0 if last is None else _seconds_until(row, last + QUIET)


def poll_wait(row: ClaimedPurchase) -> float:
    return min(_POLL_LONGEST, _POLL_FIRST * float(1 << min(row.attempts, 6)))


def turn_wait(until_room: float, waiting: int, jitter: float) -> float:
    """Seconds until one of so many that wait for room in their customer's minute looks again.

    Spread over the time that all of them need, so that they do not all come for the same call.
    """
    return max(until_room, min(_LONGEST_TURN, waiting * _SECONDS_OF_A_TURN) * jitter)


def refresh_wait(details: Details, attempts: int) -> float | None:
    """Seconds until what Microsoft has not said yet is read again; None: all is said.

    After a dozen times it is left to the nightly refresh, and to people.
    """
    if attempts >= REFRESH_TRIES or not (details.awaits_software_id or details.is_settling):
        return None
    first = _REFRESH_FIRST if details.awaits_software_id else _SETTLE_FIRST
    return min(DAY, first * float(1 << attempts))
