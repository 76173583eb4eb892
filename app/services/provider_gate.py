"""The circuit breaker before Microsoft, and its Retry-After: kept in PostgreSQL for all processes.

Closed, it counts failures that follow each other. Enough of them open it: nobody calls for a while.
Then one process makes one call as a probe; its answer closes the breaker, its failure opens it for
twice as long. A "not before" of Microsoft pauses everybody, whomever it was told.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import sqlalchemy as sa
import structlog

from app.database import db
from app.domain.purchase_waits import OUR_BRAKES, PROVIDER_PAUSED
from app.integrations.microsoft import Call, MicrosoftError, OutcomeUnknownError, TryLaterError
from app.integrations.microsoft.call_budget import CallBudget
from app.models import Provider

log = structlog.get_logger()

FAILURES_THAT_OPEN = 5
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds
_PROBE_SECONDS = 60
_AFTER_PROBE = 2.0
_MOST_DOUBLINGS = 10
_NOTED_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class _Seen:
    """The breaker before the call."""

    failures: int
    is_open: bool
    is_to_be_noted: bool  # no good answer was noted within the last minute


class ProviderGate:
    """On connections of its own: what is counted here stays, whatever the caller rolls back."""

    def __init__(self, budget: CallBudget) -> None:
        self._budget = budget

    @contextmanager
    def passing(self, call: Call) -> Iterator[None]:
        seen = _look()
        self._budget.take(call)
        if seen.is_open:
            _take_probe()
        try:
            yield
        except MicrosoftError as error:
            _learn_from(error, seen)
            raise
        else:
            _answered(seen)
            if seen.is_to_be_noted:
                _note_answer()


def is_paused() -> sa.ColumnElement[bool]:
    """Part of a claim: nobody may call Microsoft now."""
    return sa.exists().where(Provider.pause_until > sa.func.now())


def _look() -> _Seen:
    left = sa.extract("epoch", Provider.pause_until - sa.func.clock_timestamp())
    lately = sa.func.clock_timestamp() - _NOTED_EVERY
    is_old = sa.func.coalesce(Provider.answered_at < lately, sa.true())
    with db.engine.connect() as connection:
        row = connection.execute(
            sa.select(
                Provider.failures,
                Provider.openings,
                Provider.reason,
                sa.func.coalesce(left, 0),
                is_old,
            )
        ).one()
    failures, openings, reason, seconds, is_to_be_noted = row
    if seconds > 0:
        raise TryLaterError(
            f"Microsoft is left alone for a while: {reason}",
            code=PROVIDER_PAUSED,
            retry_after=float(seconds),
        )
    return _Seen(failures, openings > 0, is_to_be_noted)


def _take_probe() -> None:
    """One process at a time tries whether Microsoft is back; raises TryLaterError for others."""
    now = sa.func.clock_timestamp()
    is_free = sa.or_(Provider.probe_until.is_(None), Provider.probe_until < now)
    with db.engine.begin() as connection:
        taken = connection.scalar(
            sa.update(Provider)
            .where(is_free)
            .values(probe_until=now + sa.func.make_interval(0, 0, 0, 0, 0, 0, _PROBE_SECONDS))
            .returning(Provider.id)
        )
    if taken is None:
        raise TryLaterError(
            "Another call is finding out whether Microsoft is back.",
            code=PROVIDER_PAUSED,
            retry_after=_AFTER_PROBE,
        )


def _learn_from(error: MicrosoftError, seen: _Seen) -> None:
    if isinstance(error, OutcomeUnknownError) and _is_outage(error):
        _failed(error)
        return
    if isinstance(error, TryLaterError) and error.retry_after and error.code not in OUR_BRAKES:
        _pause(error.retry_after, f"{error.code} {error.message}")
    _answered(seen)


def _is_outage(error: OutcomeUnknownError) -> bool:
    """No answer at all, or a failure of Microsoft's servers."""
    return error.http_status is None or error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _failed(error: OutcomeUnknownError) -> None:
    """One more; calls that were under way when the pause began do not make it longer."""
    now = sa.func.clock_timestamp()
    opens = sa.or_(Provider.openings > 0, Provider.failures + 1 >= FAILURES_THAT_OPEN)
    doublings = sa.func.least(Provider.openings, _MOST_DOUBLINGS)
    seconds = sa.func.least(LONGEST_PAUSE, FIRST_PAUSE * sa.func.power(2, doublings))
    pause = now + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    is_running = sa.or_(Provider.pause_until.is_(None), Provider.pause_until <= now)
    with db.engine.begin() as connection:
        openings = connection.scalar(
            sa.update(Provider)
            .where(is_running)
            .values(
                failures=Provider.failures + 1,
                probe_until=None,
                openings=sa.case((opens, Provider.openings + 1), else_=0),
                pause_until=sa.case((opens, pause), else_=Provider.pause_until),
                reason=f"{error.code} {error.message}",
            )
            .returning(Provider.openings)
        )
    if openings:
        log.warning("provider.breaker_opened", openings=openings, code=error.code)


def _pause(seconds: float, reason: str) -> None:
    until = sa.func.clock_timestamp() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(Provider).values(
                pause_until=sa.func.greatest(Provider.pause_until, until), reason=reason
            )
        )
    log.warning("provider.paused", seconds=seconds)


def _note_answer() -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.update(Provider).values(answered_at=sa.func.clock_timestamp()))


def _answered(seen: _Seen) -> None:
    """Microsoft is there. Written only where the call began with failures counted."""
    if not (seen.failures or seen.is_open):
        return
    with db.engine.begin() as connection:
        connection.execute(sa.update(Provider).values(failures=0, openings=0, probe_until=None))
    if seen.is_open:
        log.info("provider.breaker_closed")
