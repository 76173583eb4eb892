"""What runs now and then: in one dispatcher at a time, however many there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.database import db, reading, transaction
from app.domain.access import SYSTEM_SCOPE
from app.models import Control, FailingJob
from app.services.purchases import PurchaseDriver


@dataclass(frozen=True, kw_only=True)
class ScheduledJob:
    """Runs at the start and then every so many seconds. Harmless twice, and side by side."""

    name: str
    every_seconds: float
    run: Callable[[PurchaseDriver], None]


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether this process may run the job `name` now: another one has it where it may not.

    PostgreSQL keeps the lock on a connection of its own, for as long as the block lasts or this
    process lives. Outside any transaction: PostgreSQL ends those that stay idle for long.
    """
    key = sa.func.hashtext(f"entrepot {name}")
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_mine = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))))
        try:
            yield is_mine
        finally:
            if is_mine:
                _give_back(connection, key)


def _give_back(connection: sa.Connection, key: sa.Function[int]) -> None:
    """A lock must not go back into the pool with its connection."""
    try:
        connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
    except sa.exc.DBAPIError:
        connection.invalidate()  # PostgreSQL is away, and the lock with it


def run_alone(job: ScheduledJob, driver: PurchaseDriver) -> bool:
    """Run the job unless another dispatcher has it, or a newer deploy took over."""
    with alone(job.name) as is_mine:
        if not is_mine or not _is_current(driver.epoch):
            return False
        job.run(driver)
        return True


def note_outcome(job: ScheduledJob, *, is_failure: bool) -> None:
    """Whether the job fails, for the alert. Only an error that it does not foresee is a failure."""
    with transaction(SYSTEM_SCOPE) as session:
        if is_failure:
            session.execute(
                insert(FailingJob)
                .values(name=job.name)
                .on_conflict_do_update(index_elements=["name"], set_={"at": sa.func.now()})
            )
        else:
            session.execute(sa.delete(FailingJob).where(FailingJob.name == job.name))


def _is_current(epoch: int) -> bool:
    newest = reading(SYSTEM_SCOPE).scalar(sa.select(Control.min_epoch))
    db.session.rollback()
    return newest is None or newest <= epoch
