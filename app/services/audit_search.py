"""Search of the audit log by words.

Among many entries a word is looked up in a table of words, as assets are (app/services/
asset_search.py says why): it must begin a word there. What is found too often is compared entry by
entry, since a page of it is found soon; so is everything among few entries.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models.audit import AuditChain, AuditEntry, AuditWord
from app.services.pages import FURTHEST

_LONGEST_NUMBER = 18
_SHORTEST_WORD, _LONGEST_WORD = 2, 100  # in the table of words
_MOST_WORDS = 8
_MOST_FOUND = FURTHEST
_FEW_ENTRIES = 2000
_HIGHEST = "\U0010ffff"  # sorts behind whatever begins alike


def search_filters(session: Session, q: str) -> list[sa.ColumnElement[bool]]:
    """What finds people and objects by name, reasons, and any id. Two statements, or none."""
    words = [word[:_LONGEST_WORD] for word in q.replace("\0", "").split()[:_MOST_WORDS]]
    exact = {word: found for word in words if (found := _of_number_or_id(word)) is not None}
    rare = _look_up(session, [word for word in words if word not in exact])
    return [
        exact[word] if word in exact else _listed(rare[word]) if word in rare else _compared(word)
        for word in words
    ]


def _of_number_or_id(word: str) -> sa.ColumnElement[bool] | None:
    number = word.removeprefix("#")
    if word.startswith("#") and number.isascii() and number.isdecimal():
        return AuditEntry.number == int(number[:_LONGEST_NUMBER])
    try:
        wanted = UUID(word)
    except ValueError:
        return None
    columns = (AuditEntry.object_id, AuditEntry.actor_id, AuditEntry.about_account_id)
    return sa.or_(*(column == wanted for column in columns))


def _look_up(session: Session, words: Sequence[str]) -> dict[str, list[int]]:
    """The entries of each word that is rare enough; no word at all among few entries."""
    words = [word for word in words if len(word) >= _SHORTEST_WORD]
    if not words or (session.scalar(sa.select(AuditChain.number)) or 0) <= _FEW_ENTRIES:
        return {}
    rows = session.execute(sa.union_all(*(_numbers_of(word) for word in words))).all()
    return {row.word: row.numbers for row in rows if row.numbers is not None}


def _numbers_of(word: str) -> sa.Select[*tuple[object, ...]]:
    """A range and no LIKE: an index may compare it beneath row-level security."""
    lowered = sa.func.lower(word)  # by PostgreSQL, as the column was
    some = (
        sa.select(AuditWord.number)
        .where(AuditWord.word >= lowered, AuditWord.word < lowered.concat(_HIGHEST))
        .limit(_MOST_FOUND + 1)
        .subquery()
    )
    numbers = sa.func.coalesce(sa.func.array_agg(some.c.number), sa.text("'{}'::bigint[]"))
    return sa.select(
        sa.literal(word).label("word"),
        sa.case((sa.func.count() <= _MOST_FOUND, numbers)).label("numbers"),
    ).select_from(some)


def _listed(numbers: list[int]) -> sa.ColumnElement[bool]:
    return AuditEntry.number == sa.any_(sa.literal(numbers, sa.ARRAY(sa.BigInteger)))


def _compared(word: str) -> sa.ColumnElement[bool]:
    columns = (
        AuditEntry.actor,
        AuditEntry.actor_email,
        AuditEntry.object_name,
        AuditEntry.reason,
    )
    return sa.or_(*(column.icontains(word, autoescape=True) for column in columns))
