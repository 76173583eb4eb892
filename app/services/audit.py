"""The one place where services tell the audit log who did what, in the same transaction.

Entries are chained: each one's hash is made over the hash before it. So one transaction after the
other adds to the chain, and does it last of all: nobody waits for a lock with the chain in hand.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import before_commit, seeing_all, transaction
from app.domain.access import Viewer
from app.domain.audit import AuditEvent, entry_hash
from app.models.audit import AuditChain, AuditEntry

log = structlog.get_logger()

_LONGEST = 500  # characters of one text
_SECRET_WORDS = ("password", "secret", "token", "hash", "card", "iban")

Values = Mapping[str, Any]
NOTHING: Values = {}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What something was done to. `name` is what people call it: a number, a name, an e-mail."""

    kind: str
    name: str
    id: UUID | None = None
    account_id: UUID | None = None  # whose it is


def audit(
    session: Session,
    by: Viewer | str,
    event: AuditEvent,
    about: Subject,
    *,
    change: tuple[Values, Values] | None = None,
    reason: str = "",
) -> None:
    """Write it down if the open transaction is stored. `by` is a name where nobody is signed in.

    Of `change`, (before, after), what differs is kept. Secrets are refused by the name of their
    field: a programming error, raised as ValueError.
    """
    if not session.info.get("writing"):
        raise RuntimeError("The audit log is written in the transaction of what it tells.")
    before, after = _differing(*(change or (NOTHING, NOTHING)))
    viewer = by if isinstance(by, Viewer) else None
    entry = {
        "event": event.value,
        "actor": _text(by.name if isinstance(by, Viewer) else by),
        "actor_email": viewer and viewer.email,
        "actor_id": viewer and viewer.user_id,
        "object_kind": about.kind,
        "object_id": about.id,
        "object_name": _text(about.name),
        "about_account_id": about.account_id,
        "before": before,
        "after": after,
        "reason": _text(reason),
    }
    before_commit(_write, entry)


def audit_export(viewer: Viewer, name: str, *, file_format: str, filters: str) -> None:
    """That a list leaves the house as a file, before its first row does."""
    about = Subject(kind="list", name=name)
    after = {"format": file_format, "filters": filters}
    with transaction(viewer.scope) as session:
        audit(session, viewer, AuditEvent.LIST_EXPORTED, about, change=(NOTHING, after))


def content_of(entry: AuditEntry) -> dict[str, Any]:
    """What an entry's hash is made over: all of it but the hash."""
    columns = (column.key for column in AuditEntry.__table__.columns if column.key != "hash")
    return {name: _plain(getattr(entry, name)) for name in columns}


def _write(session: Session, pending: list[dict[str, Any]]) -> None:
    with seeing_all(session):
        number, last, now = session.execute(
            sa.select(
                AuditChain.number, AuditChain.hash, sa.func.clock_timestamp()
            ).with_for_update()
        ).one()
        for values in pending:
            number += 1
            entry = AuditEntry(number=number, at=now, **values)
            last = entry.hash = entry_hash(last, content_of(entry))
            session.add(entry)
        session.execute(
            sa.update(AuditChain)
            .values(number=number, hash=last)
            .execution_options(synchronize_session=False)
        )
    # Outside the database too: whoever rewrites the whole chain does not reach the log.
    log.info("audit.written", number=number, hash=last)


def _differing(before: Values, after: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    for name in {*before, *after}:
        if any(word in name.lower() for word in _SECRET_WORDS):
            raise ValueError(f"{name} does not belong into the audit log.")
    old = {name: _plain(value) for name, value in before.items()}
    new = {name: _plain(value) for name, value in after.items()}
    differing = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return (
        {name: old[name] for name in differing if name in old},
        {name: new[name] for name in differing if name in new},
    )


def _plain(value: Any) -> Any:
    """As JSON knows it, so that it is the same again when it comes back from the table."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dt.datetime):
        value = value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):
        value = f"{value.normalize():f}"
    return _text(str(value))


def _text(text: str) -> str:
    """Without what PostgreSQL cannot keep."""
    return text.replace("\0", "").encode(errors="replace").decode()[:_LONGEST]
