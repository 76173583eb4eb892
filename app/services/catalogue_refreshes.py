"""Back office: reading Microsoft's catalogue again, as a job that staff follow."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.catalogue import RefreshState
from app.domain.errors import DomainError, NotAllowedError
from app.domain.sentences import said
from app.integrations.microsoft import MicrosoftError
from app.models import CatalogueRefresh, Sku
from app.services.audit import Subject, audit
from app.services.catalogue_changes import ChangeKind, PriceChange
from app.services.catalogue_refresh import RefreshResult, refresh_catalogue
from app.services.purchases import PurchaseDriver

log = structlog.get_logger(__name__)

_CHANGES_KEPT = 200
_STALE_HOURS = 20
_SCHEDULE = said("the schedule")


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """Costs as text, as they were kept."""

    kind: ChangeKind
    title: str
    was: str | None
    now: str | None
    currency: str


@dataclass(frozen=True, kw_only=True)
class RefreshRow:
    """`changes` are the first ones; `counts` has skus, priced, added, repriced, withdrawn."""

    id: UUID
    state: RefreshState
    step: str
    requested_by: str
    requested_at: dt.datetime
    finished_at: dt.datetime | None
    error: str | None
    counts: dict[str, int]
    changes: tuple[ChangeRow, ...]

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None


def latest_refresh(viewer: Viewer) -> RefreshRow | None:
    query = sa.select(CatalogueRefresh).order_by(CatalogueRefresh.requested_at.desc()).limit(1)
    found = reading(viewer.scope).scalar(query)
    return _row(found) if found else None


def request_refresh(viewer: Viewer) -> None:
    """Have the catalogue read again soon. One that is under way already is the same one."""
    if not viewer.may(Permission.MANAGE_PRICES):
        raise NotAllowedError("Your role does not refresh the catalogue.")
    _request(viewer.name, by=viewer)


def refresh_when_due(driver: PurchaseDriver) -> bool:
    """Do what was asked for, or what a day has made due; whether there was something to do.

    Only one process may be in here at a time: what another one left unfinished is begun again.
    """
    refresh_id = _take() or (_take() if _request_when_stale() else None)
    if refresh_id is None:
        return False
    try:
        result = refresh_catalogue(driver.partner_center, say=lambda step: _say(refresh_id, step))
    except (MicrosoftError, DomainError) as error:
        log.warning("catalogue.refresh_failed", error=str(error))
        _finish(refresh_id, RefreshState.FAILED, error=str(error))
    else:
        _finish(refresh_id, RefreshState.DONE, **_kept(result))
    return True


def _request(name: str, by: Viewer | None = None) -> None:
    row = {"state": RefreshState.QUEUED, "requested_by": name, "step": said("Waiting to begin")}
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(insert(CatalogueRefresh).values(row).on_conflict_do_nothing())
        if by is not None:
            about = Subject(kind="catalogue", name="Microsoft's catalogue")
            audit(session, by, AuditEvent.CATALOGUE_REFRESH_ASKED, about)


def _request_when_stale() -> bool:
    """Prices older than a day are read again; a try that failed is repeated an hour later."""
    session = reading(SYSTEM_SCOPE)
    now = sa.func.now()
    is_stale = sa.select(
        sa.func.max(Sku.fetched_at) < now - sa.func.make_interval(0, 0, 0, 0, _STALE_HOURS)
    )
    was_tried = sa.exists().where(
        CatalogueRefresh.requested_at > now - sa.func.make_interval(0, 0, 0, 0, 1)
    )
    if not session.scalar(is_stale) or session.scalar(sa.select(was_tried)):
        return False
    _request(_SCHEDULE)
    return True


def _take() -> UUID | None:
    values = {"state": RefreshState.RUNNING, "started_at": sa.func.now()}
    with transaction(SYSTEM_SCOPE) as session:
        return session.scalar(
            sa.update(CatalogueRefresh)
            .where(CatalogueRefresh.finished_at.is_(None))
            .values(values)
            .returning(CatalogueRefresh.id)
            .execution_options(synchronize_session=False)
        )


def _say(refresh_id: UUID, step: str) -> None:
    _change(refresh_id, step=step)


def _finish(refresh_id: UUID, state: RefreshState, **values: Any) -> None:
    _change(refresh_id, state=state, step="", finished_at=sa.func.now(), **values)


def _change(refresh_id: UUID, **values: Any) -> None:
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(
            sa.update(CatalogueRefresh).where(CatalogueRefresh.id == refresh_id).values(values)
        )


def _kept(result: RefreshResult) -> dict[str, Any]:
    names = ("skus", "priced", "added", "repriced", "withdrawn")
    return {
        "counts": {name: getattr(result, name) for name in names},
        "changes": [_as_json(change) for change in result.changes[:_CHANGES_KEPT]],
    }


def _as_json(change: PriceChange) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "title": change.title,
        "was": None if change.was is None else str(change.was),
        "now": None if change.now is None else str(change.now),
        "currency": change.currency,
    }


def _row(refresh: CatalogueRefresh) -> RefreshRow:
    return RefreshRow(
        id=refresh.id,
        state=refresh.state,
        step=refresh.step,
        requested_by=refresh.requested_by,
        requested_at=refresh.requested_at,
        finished_at=refresh.finished_at,
        error=refresh.error,
        counts=refresh.counts,
        changes=tuple(
            ChangeRow(**{**change, "kind": ChangeKind(change["kind"])})
            for change in refresh.changes
        ),
    )
