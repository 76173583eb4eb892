"""Whether the audit log is whole: every hash made again, from the first entry to the newest."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.audit import GENESIS, entry_hash
from app.domain.errors import NotAllowedError
from app.models.audit import AuditChain, AuditEntry
from app.services.audit import content_of

_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class ChainState:
    """`broken_number` is the first entry that is not what it was; None where all are.

    `hash` is the newest entry's: who noted it elsewhere knows later whether history was rewritten.
    """

    entries: int
    hash: str
    checked_at: dt.datetime | None
    checked_entries: int | None
    broken_number: int | None
    problem: str

    @property
    def is_whole(self) -> bool:
        return self.checked_at is not None and not self.problem


@dataclass(frozen=True)
class _Break:
    number: int
    problem: str


def get_chain(viewer: Viewer) -> ChainState:
    """As the last check left it."""
    _check_may_see(viewer)
    return _state(reading(viewer.scope))


def check_chain_for(viewer: Viewer) -> ChainState:
    _check_may_see(viewer)
    return check_chain()


def check_chain() -> ChainState:
    """Make every hash again and keep what came of it. Entries that are added meanwhile may."""
    session = reading(SYSTEM_SCOPE)
    head = session.execute(sa.select(AuditChain.number, AuditChain.hash)).one_or_none()
    number, expected = head or (0, GENESIS)
    found = _first_break(session, number, expected)
    if head is None:
        found = _Break(1, "The end of the chain is not written down any more.")
    with transaction(SYSTEM_SCOPE) as writing:
        writing.execute(
            sa.update(AuditChain)
            .values(
                checked_at=sa.func.now(),
                checked_number=number,
                broken_number=found.number if found else None,
                problem=found.problem if found else "",
            )
            .execution_options(synchronize_session=False)
        )
    return _state(reading(SYSTEM_SCOPE))


def _first_break(session: Session, newest: int, expected: str) -> _Break | None:
    last, number = GENESIS, 0
    for entry in _entries(session, newest):
        number += 1
        if entry.number != number:
            return _Break(number, f"Entry {number} is missing.")
        last = entry_hash(last, content_of(entry))
        if entry.hash != last:
            return _Break(number, f"Entry {number} was changed, or one before it was exchanged.")
    if number != newest:
        return _Break(number + 1, f"The newest entries are missing, from {number + 1} on.")
    if last != expected:
        return _Break(number, "The whole chain was written anew.")
    return None


def _entries(session: Session, newest: int) -> Iterator[AuditEntry]:
    """In their order. Between two portions no transaction is open, and nothing stays in memory."""
    after = 0
    while True:
        query = (
            sa.select(AuditEntry)
            .where(AuditEntry.number > after, AuditEntry.number <= newest)
            .order_by(AuditEntry.number)
            .limit(_AT_ONCE)
            .execution_options(populate_existing=True)  # as it is stored, not as it is remembered
        )
        rows = session.scalars(query).all()
        session.expunge_all()
        session.rollback()
        if not rows:
            return
        yield from rows
        after = rows[-1].number


def _state(session: Session) -> ChainState:
    chain = session.scalars(sa.select(AuditChain)).one()
    return ChainState(
        entries=chain.number,
        hash=chain.hash,
        checked_at=chain.checked_at,
        checked_entries=chain.checked_number,
        broken_number=chain.broken_number,
        problem=chain.problem,
    )


def _check_may_see(viewer: Viewer) -> None:
    if not viewer.may(Permission.VIEW_AUDIT):
        raise NotAllowedError("Only administrators see the audit log.")
