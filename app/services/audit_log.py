"""Back office: the audit log as a list that is searched, and as rows of a file."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import NotAllowedError
from app.models.audit import AuditEntry
from app.services.audit_search import search_filters
from app.services.pages import (
    FURTHEST,
    Keys,
    Page,
    PageRequest,
    each_row,
    fetch_counted_page,
    fetch_page,
)

_KEYS = Keys(columns=(AuditEntry.number.expression,), descending=True)


@dataclass(frozen=True, kw_only=True)
class AuditQuery:
    """`q` looks for people and objects by name, and for any id. Days are in UTC, both included."""

    q: str = ""
    group: str | None = None
    event: AuditEvent | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, kw_only=True)
class AuditChange:
    """One field; None where there was or is none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    number: int
    at: dt.datetime
    event: str
    label: str
    actor: str
    actor_email: str | None
    object_kind: str
    object_id: UUID | None
    object_name: str
    about_account_id: UUID | None
    reason: str
    changes: tuple[AuditChange, ...]
    hash: str


def list_entries(viewer: Viewer, wanted: AuditQuery) -> Page[AuditRow]:
    """The newest first, in two statements, four with words. Beyond five thousand nobody counts."""
    _check_may_see(viewer)
    session = reading(viewer.scope)
    query = sa.select(AuditEntry).where(*_filters(session, wanted))
    found = fetch_counted_page(session, query, _KEYS, wanted.page)
    return found.with_items([_row(row[0]) for row in found.items])


def export_entries(viewer: Viewer, wanted: AuditQuery) -> Iterator[AuditRow]:
    """All that match, while the file is written."""
    _check_may_see(viewer)

    def read(page: PageRequest) -> Page[AuditRow]:
        session = reading(viewer.scope)
        query = sa.select(AuditEntry).where(*_filters(session, wanted))
        found = fetch_page(session, query, _KEYS, page, total=FURTHEST)
        return found.with_items([_row(row[0]) for row in found.items])

    return each_row(viewer.scope, read)


def _filters(session: Session, wanted: AuditQuery) -> list[sa.ColumnElement[bool]]:
    filters = search_filters(session, wanted.q)
    if wanted.group is not None:
        filters.append(AuditEntry.event.startswith(f"{wanted.group}.", autoescape=True))
    if wanted.event is not None:
        filters.append(AuditEntry.event == wanted.event.value)
    if wanted.since is not None:
        filters.append(AuditEntry.at >= _begin_of(wanted.since))
    if wanted.until is not None:
        filters.append(AuditEntry.at < _begin_of(wanted.until) + dt.timedelta(days=1))
    return filters


def _begin_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        number=entry.number,
        at=entry.at,
        event=entry.event,
        label=_label(entry.event),
        actor=entry.actor,
        actor_email=entry.actor_email,
        object_kind=entry.object_kind,
        object_id=entry.object_id,
        object_name=entry.object_name,
        about_account_id=entry.about_account_id,
        reason=entry.reason,
        changes=tuple(
            AuditChange(
                name=name, before=_shown(entry.before, name), after=_shown(entry.after, name)
            )
            for name in dict.fromkeys((*entry.before, *entry.after))
        ),
        hash=entry.hash,
    )


def _label(event: str) -> str:
    """Entries of an older version may name what this one no longer knows."""
    return AuditEvent(event).label if event in set(AuditEvent) else event


def _shown(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _check_may_see(viewer: Viewer) -> None:
    if not viewer.may(Permission.VIEW_AUDIT):
        raise NotAllowedError("Only administrators see the audit log.")
