"""Bulk jobs for people: begin one, watch it, stop it, let it go on, read what came of it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import after_commit, reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.assets import asset_number
from app.domain.audit import AuditEvent
from app.domain.bulk import BulkAction, BulkItemState, BulkState
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.models import Account, Asset, BulkJob, BulkJobItem
from app.queueing import WORK_ON_BULK_JOB, ring_for
from app.services.asset_lists import AssetQuery, chosen_ids
from app.services.audit import NOTHING, Subject, audit
from app.services.bulk_actions import LONGEST_TAG
from app.services.pages import Keys, Page, PageRequest, fetch_page
from app.services.visibility import visible_to

_NEWEST = 50
_SLOW_AFTER, _FAST_POLL, _SLOW_POLL = dt.timedelta(seconds=30), 1, 5


@dataclass(frozen=True, kw_only=True)
class BulkOrder:
    """What is wanted. `asset_ids` None: every asset that `query` finds."""

    action: BulkAction
    tag: str
    query: AssetQuery
    asset_ids: Sequence[UUID] | None = None


@dataclass(frozen=True, kw_only=True)
class BulkJobView:
    id: UUID
    action: BulkAction
    tag: str
    state: BulkState
    total: int
    done: int
    refused: int
    created_at: dt.datetime
    created_by: str
    finished_at: dt.datetime | None
    poll_seconds: int

    @property
    def left(self) -> int:
        return self.total - self.done - self.refused

    @property
    def percent(self) -> int:
        return 100 * (self.done + self.refused) // self.total if self.total else 100


@dataclass(frozen=True, kw_only=True)
class BulkJobResult:
    """What came of one asset."""

    position: int
    asset_id: UUID
    number: str
    name: str
    account_name: str
    state: BulkItemState
    message: str


def count_chosen(viewer: Viewer, order: BulkOrder) -> int:
    """How many assets a job would have. Raises as start_bulk_job does."""
    _check(viewer, order)
    ids = chosen_ids(viewer, order.query, order.asset_ids).subquery()
    count = sa.select(sa.func.count()).select_from(ids)
    return reading(viewer.scope).scalars(count).one()


def start_bulk_job(viewer: Viewer, order: BulkOrder) -> UUID:
    """Choose the assets now, in one statement, and begin. The job's id.

    Raises NotAllowedError, InvalidError(field=…).
    """
    _check(viewer, order)
    chosen = chosen_ids(viewer, order.query, order.asset_ids).subquery()
    job_id = uuid4()
    with transaction(viewer.scope) as session:
        job = BulkJob(
            id=job_id,
            account_id=viewer.account_id,
            tenant_id=viewer.account_id,
            action=order.action,
            tag=order.tag,
            created_by=viewer.name,
            created_by_id=viewer.user_id,
            woken_at=sa.func.now(),
        )
        session.add(job)
        session.flush()
        _add_items(session, viewer, job_id, chosen)
        job.total = session.scalars(
            sa.select(sa.func.count()).where(BulkJobItem.job_id == job_id)
        ).one()
        if not job.total:
            raise InvalidError("No asset is chosen.", field="asset")
        change = (NOTHING, {"action": order.action, "tag": order.tag, "assets": job.total})
        audit(session, viewer, AuditEvent.BULK_STARTED, _subject(job_id), change=change)
        after_commit(partial(_ring, job_id))
    return job_id


def _add_items(session: Session, viewer: Viewer, job_id: UUID, chosen: sa.Subquery) -> None:
    owner = [sa.literal(viewer.account_id, sa.Uuid), sa.literal(viewer.account_id, sa.Uuid)]
    position = sa.func.row_number().over(order_by=chosen.c.position)
    rows = sa.select(
        sa.literal(job_id, sa.Uuid),
        *owner,
        position,
        chosen.c.id,
        sa.literal(BulkItemState.WAITING.value),
        sa.literal(""),
    )
    names = ["job_id", "account_id", "tenant_id", "position", "asset_id", "state", "message"]
    session.execute(sa.insert(BulkJobItem).from_select(names, rows))


def _ring(job_id: UUID) -> None:
    ring_for(WORK_ON_BULK_JOB, job_id)


def _check(viewer: Viewer, order: BulkOrder) -> None:
    if not viewer.may(Permission.EDIT_ASSETS):
        raise NotAllowedError("Your role reads assets; it does not change them.")
    if not order.action.needs_tag:
        return
    if not order.tag:
        raise InvalidError("Enter a tag.", field="tag")
    if "," in order.tag or len(order.tag) > LONGEST_TAG:
        raise InvalidError(
            "A tag has at most %(longest_tag)s characters and no comma.",
            longest_tag=LONGEST_TAG,
            field="tag",
        )


def stop_bulk_job(viewer: Viewer, job_id: UUID) -> None:
    """What is done stays done; what waits, waits. Nothing happens to a job that is not running."""
    _move(viewer, job_id, BulkState.RUNNING, BulkState.STOPPED)


def continue_bulk_job(viewer: Viewer, job_id: UUID) -> None:
    """Go on where it was stopped."""
    _move(viewer, job_id, BulkState.STOPPED, BulkState.RUNNING)


def _move(viewer: Viewer, job_id: UUID, before: BulkState, after: BulkState) -> None:
    if not viewer.may(Permission.EDIT_ASSETS):
        raise NotAllowedError("Your role reads assets; it does not change them.")
    with transaction(viewer.scope) as session:
        chosen = sa.and_(BulkJob.id == job_id, visible_to(viewer, BulkJob))
        if session.scalar(sa.select(BulkJob.id).where(chosen)) is None:
            raise NotFoundError
        session.execute(
            sa.update(BulkJob)
            .where(chosen, BulkJob.state == before)
            .values(state=after, lease_until=None, woken_at=sa.func.now())
        )
        change = ({"state": before}, {"state": after})
        audit(session, viewer, AuditEvent.BULK_STOPPED, _subject(job_id), change=change)
        if after is BulkState.RUNNING:
            after_commit(partial(_ring, job_id))


def _subject(job_id: UUID) -> Subject:
    return Subject(kind="bulk job", name="Bulk job", id=job_id)


def list_bulk_jobs(viewer: Viewer) -> list[BulkJobView]:
    """The newest fifty."""
    query = _query(viewer).order_by(BulkJob.created_at.desc(), BulkJob.id).limit(_NEWEST)
    return [_view(row) for row in reading(viewer.scope).execute(query)]


def get_bulk_job(viewer: Viewer, job_id: UUID) -> BulkJobView:
    row = reading(viewer.scope).execute(_query(viewer).where(BulkJob.id == job_id)).one_or_none()
    if row is None:
        raise NotFoundError
    return _view(row)


def list_results(
    viewer: Viewer, job: BulkJobView, *, wanted: PageRequest, state: BulkItemState | None
) -> Page[BulkJobResult]:
    """The job's assets in the order in which they come."""
    totals = {None: job.total, BulkItemState.DONE: job.done, BulkItemState.REFUSED: job.refused}
    query = (
        sa.select(
            BulkJobItem.position,
            BulkJobItem.asset_id,
            BulkJobItem.state,
            BulkJobItem.message,
            Asset.number,
            Asset.name,
            Account.name.label("account_name"),
        )
        .join(Asset, Asset.id == BulkJobItem.asset_id)
        .join(Account, Account.id == Asset.account_id)
        .where(BulkJobItem.job_id == job.id, visible_to(viewer, BulkJobItem))
    )
    if state is not None:
        query = query.where(BulkJobItem.state == state)
    keys = Keys(columns=(BulkJobItem.position.expression,))
    total = totals.get(state, job.left)
    found = fetch_page(reading(viewer.scope), query, keys, wanted, total=total)
    return found.with_items([_result(row) for row in found.items])


def _query(viewer: Viewer) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(BulkJob, sa.func.now().label("now")).where(visible_to(viewer, BulkJob))


def _view(row: Any) -> BulkJobView:
    job: BulkJob = row.BulkJob
    is_new = row.now - job.created_at < _SLOW_AFTER
    return BulkJobView(
        id=job.id,
        action=job.action,
        tag=job.tag,
        state=job.state,
        total=job.total,
        done=job.done,
        refused=job.refused,
        created_at=job.created_at,
        created_by=job.created_by,
        finished_at=job.finished_at,
        poll_seconds=_FAST_POLL if is_new else _SLOW_POLL,
    )


def _result(row: Any) -> BulkJobResult:
    return BulkJobResult(
        position=row.position,
        asset_id=row.asset_id,
        number=asset_number(row.number),
        name=row.name,
        account_name=row.account_name,
        state=row.state,
        message=row.message,
    )
