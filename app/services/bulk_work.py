"""Working on bulk jobs: in slices, one asset at a time, from where the rows say it stands.

Each asset's action commits together with its outcome, and only while the job still runs and nobody
else took it: stopped, killed or doubled, a job does nothing twice and leaves nothing half done.
"""

import datetime as dt
import time
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.bulk import BulkAction, BulkItemState, BulkState
from app.domain.errors import DomainError
from app.models import BulkJob, BulkJobItem
from app.queueing import WORK_ON_BULK_JOB, ring_for
from app.services.bulk_actions import ACTIONS, Order
from app.services.purchases import PurchaseDriver

log = structlog.get_logger()

_SLICE_SECONDS = 2.0  # then purchases have their turn at the same worker
_LEASE_SECONDS = 30
_WOKEN_FOR_SECONDS = 15
_AT_ONCE = 50


@dataclass(frozen=True, kw_only=True)
class _Held:
    job_id: UUID
    fence: int
    action: BulkAction
    order: Order


class _OvertakenError(Exception):
    """The job was stopped, or another worker has it: what was begun is rolled back."""


def work(job_id: UUID, *, driver: PurchaseDriver, seconds: float = _SLICE_SECONDS) -> None:
    """A slice of the job, then ring for the next. Harmless twice."""
    held = _claim(job_id)
    if held is None:
        return
    log.info("bulk.claimed", job_id=str(job_id), fence=held.fence, worker=driver.worker)
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            waiting = _waiting(held)
            if not waiting:
                _finish(held)
                return
            _do_some(held, waiting, until)
    except _OvertakenError:
        log.info("bulk.overtaken", job_id=str(job_id), fence=held.fence)
        return
    _give_back(held)
    ring_for(WORK_ON_BULK_JOB, job_id)


def wake_bulk_jobs(driver: PurchaseDriver) -> None:
    """Ring for jobs that nobody works on; work on them here while Redis is away."""
    for job_id in _take_stale():
        if not ring_for(WORK_ON_BULK_JOB, job_id):
            work(job_id, driver=driver)


def _claim(job_id: UUID) -> _Held | None:
    now = sa.func.now()
    with transaction(SYSTEM_SCOPE) as session:
        job = session.scalar(
            sa.update(BulkJob)
            .where(
                BulkJob.id == job_id,
                BulkJob.state == BulkState.RUNNING,
                sa.or_(BulkJob.lease_until.is_(None), BulkJob.lease_until < now),
            )
            .values(fence=BulkJob.fence + 1, lease_until=_in_seconds(_LEASE_SECONDS))
            .returning(BulkJob)
            .execution_options(synchronize_session=False)
        )
        if job is None:
            return None
        order = Order(actor=job.created_by, tag=job.tag)
        return _Held(job_id=job.id, fence=job.fence, action=job.action, order=order)


def _waiting(held: _Held) -> list[tuple[int, UUID]]:
    with transaction(SYSTEM_SCOPE) as session:
        rows = session.execute(
            sa.select(BulkJobItem.position, BulkJobItem.asset_id)
            .where(BulkJobItem.job_id == held.job_id, BulkJobItem.state == BulkItemState.WAITING)
            .order_by(BulkJobItem.position)
            .limit(_AT_ONCE)
        )
        return [(row.position, row.asset_id) for row in rows]


def _do_some(held: _Held, waiting: list[tuple[int, UUID]], until: float) -> None:
    for position, asset_id in waiting:
        try:
            with transaction(SYSTEM_SCOPE) as session:
                said = ACTIONS[held.action](session, asset_id, held.order)
                _note(session, held, position, BulkItemState.DONE, said)
        except DomainError as error:
            with transaction(SYSTEM_SCOPE) as session:
                _note(session, held, position, BulkItemState.REFUSED, error.message)
        if time.monotonic() >= until:
            return


def _note(session: Session, held: _Held, position: int, state: BulkItemState, message: str) -> None:
    """In the action's own transaction. Raises _OvertakenError, which undoes the action."""
    counter = BulkJob.done if state is BulkItemState.DONE else BulkJob.refused
    values = {counter: counter + 1, BulkJob.lease_until: _in_seconds(_LEASE_SECONDS)}
    if session.scalar(_still_ours(held).values(values).returning(BulkJob.id)) is None:
        raise _OvertakenError
    session.execute(
        sa.update(BulkJobItem)
        .where(BulkJobItem.job_id == held.job_id, BulkJobItem.position == position)
        .values(state=state, message=message, finished_at=sa.func.now())
    )


def _finish(held: _Held) -> None:
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(
            _still_ours(held).values(
                state=BulkState.FINISHED, finished_at=sa.func.now(), lease_until=None
            )
        )


def _give_back(held: _Held) -> None:
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(_still_ours(held).values(lease_until=None, woken_at=sa.func.now()))


def _still_ours(held: _Held) -> sa.Update:
    return (
        sa.update(BulkJob)
        .where(
            BulkJob.id == held.job_id,
            BulkJob.fence == held.fence,
            BulkJob.state == BulkState.RUNNING,
        )
        .execution_options(synchronize_session=False)
    )


def _take_stale() -> list[UUID]:
    now = sa.func.now()
    stale = _in_seconds(-_WOKEN_FOR_SECONDS)
    with transaction(SYSTEM_SCOPE) as session:
        taken = session.scalars(
            sa.update(BulkJob)
            .where(
                BulkJob.state == BulkState.RUNNING,
                sa.or_(BulkJob.lease_until.is_(None), BulkJob.lease_until < now),
                sa.or_(BulkJob.woken_at.is_(None), BulkJob.woken_at < stale),
            )
            .values(woken_at=now)
            .returning(BulkJob.id)
            .execution_options(synchronize_session=False)
        )
        return list(taken)


def _in_seconds(seconds: int) -> sa.ColumnElement[dt.datetime]:
    return sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
