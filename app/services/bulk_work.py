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
from app.integrations.microsoft import TryLaterError
from app.models import Account, Asset, BulkJob, BulkJobItem
from app.queueing import WORK_ON_BULK_JOB, ring_for
from app.services.bulk_actions import Order, Preparer
from app.services.purchases import PurchaseDriver

log = structlog.get_logger()

_SLICE_SECONDS = 2.0  # then purchases have their turn at the same worker
_READING_SLICE_SECONDS = 10.0  # a customer's lists are read anew in each
_LEASE_SECONDS = 30
_READING_LEASE_SECONDS = 240  # longer than Microsoft may take to answer for one asset
_WOKEN_FOR_SECONDS = 15
_AT_ONCE = 50


@dataclass(frozen=True, kw_only=True)
class _Held:
    job_id: UUID
    fence: int
    action: BulkAction
    order: Order

    @property
    def lease_seconds(self) -> int:
        return _lease_seconds(self.action)


class _OvertakenError(Exception):
    """The job was stopped, or another worker has it: what was begun is rolled back."""


def work(job_id: UUID, *, driver: PurchaseDriver, seconds: float | None = None) -> None:
    """A slice of the job, then ring for the next. Harmless twice."""
    held = _claim(job_id)
    if held is None:
        return
    log.info("bulk.claimed", job_id=str(job_id), fence=held.fence, worker=driver.worker)
    try:
        is_done = _work_on(held, driver, seconds or _slice_seconds(held.action))
    except _OvertakenError:
        log.info("bulk.overtaken", job_id=str(job_id), fence=held.fence)
        return
    except TryLaterError as error:
        log.info("bulk.paused", job_id=str(job_id), code=error.code, seconds=error.retry_after)
        _give_back(held, rest=error.retry_after or 0)
        return
    if not is_done:
        _give_back(held)
        ring_for(WORK_ON_BULK_JOB, job_id)


def _work_on(held: _Held, driver: PurchaseDriver, seconds: float) -> bool:
    """Until nothing is left, which is True, or the time is over: at least one asset."""
    until = time.monotonic() + seconds
    preparer = Preparer(held.action, held.order, driver)
    while waiting := _waiting(held):
        _do_some(held, preparer, waiting, until)
        if time.monotonic() >= until:
            return False
    _finish(held)
    return True


def _slice_seconds(action: BulkAction) -> float:
    return _READING_SLICE_SECONDS if action is BulkAction.REFRESH else _SLICE_SECONDS


def _lease_seconds(action: BulkAction) -> int:
    return _READING_LEASE_SECONDS if action is BulkAction.REFRESH else _LEASE_SECONDS


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
        job.lease_until = _in_seconds(_lease_seconds(job.action))
        order = Order(actor=job.created_by, tag=job.tag)
        return _Held(job_id=job.id, fence=job.fence, action=job.action, order=order)


def _waiting(held: _Held) -> list[tuple[int, UUID]]:
    """The next ones; where Microsoft is to be read, those of a customer one after the other."""
    query = (
        sa.select(BulkJobItem.position, BulkJobItem.asset_id)
        .where(BulkJobItem.job_id == held.job_id, BulkJobItem.state == BulkItemState.WAITING)
        .order_by(BulkJobItem.position)
        .limit(_AT_ONCE)
    )
    if held.action is BulkAction.REFRESH:
        query = (
            query.join(Asset, Asset.id == BulkJobItem.asset_id)
            .join(Account, Account.id == Asset.account_id)
            .order_by(None)
            .order_by(Account.microsoft_tenant_id, BulkJobItem.position)
        )
    with transaction(SYSTEM_SCOPE) as session:
        return [(row.position, row.asset_id) for row in session.execute(query)]


def _do_some(
    held: _Held, preparer: Preparer, waiting: list[tuple[int, UUID]], until: float
) -> None:
    for position, asset_id in waiting:
        try:
            doing = preparer.prepare(asset_id)
            with transaction(SYSTEM_SCOPE) as session:
                said = doing(session)
                _note(session, held, position, BulkItemState.DONE, said)
        except DomainError as error:
            with transaction(SYSTEM_SCOPE) as session:
                _note(session, held, position, BulkItemState.REFUSED, error.message)
        if time.monotonic() >= until:
            return


def _note(session: Session, held: _Held, position: int, state: BulkItemState, message: str) -> None:
    """In the action's own transaction. Raises _OvertakenError, which undoes the action."""
    counter = BulkJob.done if state is BulkItemState.DONE else BulkJob.refused
    values = {counter: counter + 1, BulkJob.lease_until: _in_seconds(held.lease_seconds)}
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


def _give_back(held: _Held, *, rest: float = 0) -> None:
    """`rest` is how many seconds nobody is to ring for it."""
    with transaction(SYSTEM_SCOPE) as session:
        woken_at = _in_seconds(rest)
        session.execute(_still_ours(held).values(lease_until=None, woken_at=woken_at))


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


def _in_seconds(seconds: float) -> sa.ColumnElement[dt.datetime]:
    return sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
