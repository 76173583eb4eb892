"""Places where a test may break the running program: nothing happens there unless it is asked to.

ENTREPOT_FAILPOINT arms them, as in `after_checkout_response:kill9:p=0.02`; several stand behind
each other with commas. A production environment refuses it.
"""

import fcntl
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_PAUSE_SECONDS = 90.0  # past a lease of 60 s


class Point(StrEnum):
    """Named by what has just happened or is about to; F.. are the numbers of the failure model."""

    BEFORE_ORDER_COMMIT = "before_order_commit"  # F01 the web dies, nothing was stored
    AFTER_ORDER_COMMIT = "after_order_commit"  # F02 stored, and the buyer gets no answer
    BEFORE_RING = "before_ring"  # F03 stored, nobody is woken
    BEFORE_CLAIM = "before_claim"  # F04 off the queue, not claimed
    AFTER_CLAIM = "after_claim"  # F05 claimed, nothing asked
    AFTER_CART_RESPONSE = "after_cart_response"  # F06 a cart that nobody will know
    BEFORE_CART_COMMIT = "before_cart_commit"  # F07 while another makes a cart, too
    AFTER_CART_COMMIT = "after_cart_commit"  # F08 the cart is known, "sent" is not written
    AFTER_SENT_COMMIT = "after_sent_commit"  # F09 "sent" is written, nothing was sent
    AFTER_CHECKOUT_RESPONSE = "after_checkout_response"  # F10 bought, and only Microsoft knows
    BEFORE_ORDER_ID_COMMIT = "before_order_id_commit"  # F11 the order's id is never stored
    AFTER_CART_GONE = "after_cart_gone"  # F12 the cart expired
    DURING_CHECKOUT = "during_checkout"  # F13 answered, not yet read: as a job's time-out does
    BEFORE_CLAIM_COMMIT = "before_claim_commit"  # F14 a deploy comes while it claims
    AFTER_SYNCHRONIZED = "after_synchronized"  # F15 all done but what follows a purchase


class Action(StrEnum):
    KILL9 = "kill9"
    EXCEPTION = "exception"
    PAUSE = "pause"


class FailpointError(RuntimeError):
    """Raised at a point whose action is `exception`: nothing in the product knows it."""


class BadFailpointError(ValueError):
    """ENTREPOT_FAILPOINT cannot be read. The message is for people."""


@dataclass(kw_only=True)
class _Failpoint:
    point: Point
    action: Action
    chance: float = 1.0
    nth: int = 1  # from this reach on
    times: int = 0  # in all processes that share the file of hits; 0: for ever
    seconds: float = _PAUSE_SECONDS
    reached: int = 0


_armed: dict[Point, _Failpoint] = {}
_chances = random.Random()  # noqa: S311  # which process dies, not a secret
_hits_file: Path | None = None


def reach(point: Point | None) -> None:
    """Mark the place in the code. Costs one look into an empty table while nothing is armed."""
    if _armed and point in _armed:
        _play(_armed[point])


def arm(wish: str, *, hits_file: Path | None = None, seed: str = "") -> None:
    """Arm what `wish` names, and nothing else; an empty one disarms all.

    Each hit is a line of the file, "point action process", written before it acts.
    """
    global _hits_file  # noqa: PLW0603  # one table for each process, as its crash is
    found = _read_all(wish)
    _armed.clear()
    _armed.update({failpoint.point: failpoint for failpoint in found})
    _hits_file = hits_file
    # a process that is started again after its kill must not meet the same chance first
    _chances.seed(f"{seed}/{_hits_so_far()}")


def _hits_so_far() -> int:
    if _hits_file is None or not _hits_file.exists():
        return 0
    return _hits_file.read_text(encoding="utf-8").count("\n")


def check_wish(wish: str) -> None:
    """Raise BadFailpointError where `arm` could not read it; arms nothing."""
    _read_all(wish)


def _read_all(wish: str) -> list[_Failpoint]:
    return [_read(each) for each in wish.split(",") if each.strip()]


def _read(text: str) -> _Failpoint:
    name, _, rest = text.strip().partition(":")
    action, *options = rest.split(":")
    try:
        failpoint = _Failpoint(point=Point(name), action=Action(action))
        for option in options:
            key, _, value = option.partition("=")
            _OPTIONS[key](failpoint, value)
    except (KeyError, ValueError) as error:
        raise BadFailpointError(
            f"ENTREPOT_FAILPOINT holds {text.strip()!r}; write POINT:ACTION"
            f" with p=, nth=, times= or seconds= behind it, each after a colon."
        ) from error
    return failpoint


def _set_chance(failpoint: _Failpoint, value: str) -> None:
    failpoint.chance = float(value)


def _set_nth(failpoint: _Failpoint, value: str) -> None:
    failpoint.nth = int(value)


def _set_times(failpoint: _Failpoint, value: str) -> None:
    failpoint.times = int(value)


def _set_seconds(failpoint: _Failpoint, value: str) -> None:
    failpoint.seconds = float(value)


_OPTIONS: dict[str, Callable[[_Failpoint, str], None]] = {
    "p": _set_chance,
    "nth": _set_nth,
    "times": _set_times,
    "seconds": _set_seconds,
}


def _play(failpoint: _Failpoint) -> None:
    failpoint.reached += 1
    if failpoint.reached < failpoint.nth or _chances.random() >= failpoint.chance:
        return
    if not _note_hit(failpoint):
        return
    if failpoint.action is Action.KILL9:
        os.kill(os.getpid(), signal.SIGKILL)
    if failpoint.action is Action.EXCEPTION:
        raise FailpointError(f"The failpoint {failpoint.point} is armed.")
    time.sleep(failpoint.seconds)


def _note_hit(failpoint: _Failpoint) -> bool:
    """Write the hit down for whoever counts; False where it was hit often enough already."""
    if _hits_file is None:
        return True
    with _hits_file.open("a+", encoding="utf-8") as hits:
        fcntl.flock(hits, fcntl.LOCK_EX)
        hits.seek(0)
        before = sum(line.startswith(f"{failpoint.point} ") for line in hits)
        if failpoint.times and before >= failpoint.times:
            return False
        hits.write(f"{failpoint.point} {failpoint.action} {os.getpid()}\n")
        return True
