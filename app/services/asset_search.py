"""Search of assets by words: names, numbers, Microsoft's ids, customers.

Each word of a search must stand in the asset's text or in its customer's name. Beneath row-level
security no index serves LIKE. Among many assets a word is therefore looked up in a table of words,
whose comparisons are leakproof: it must begin a word there. What that finds too often is compared
row by row, since a page of it is found soon; so is everything among few assets.
"""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.models import Account, Asset, SearchWord
from app.services.visibility import visible_to

_SHORTEST_WORD, _LONGEST_WORD = 2, 100  # in the table of words
_MOST_WORDS = 8
_MOST_FOUND = 1000
_FEW_ASSETS = 2000  # compared row by row sooner than looked up
_HIGHEST = "\U0010ffff"  # sorts behind whatever begins alike


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What a word leads to; where there is too much of it, nothing but that."""

    is_common: bool
    assets: list[UUID]
    accounts: list[UUID]


def search_filters(
    session: Session, viewer: Viewer, q: str, *, among: int
) -> list[sa.ColumnElement[bool]]:
    """What finds `q` among so many assets. One statement, or none where there are few."""
    words = [word[:_LONGEST_WORD] for word in q.replace("\0", "").split()[:_MOST_WORDS]]
    if among <= _FEW_ASSETS:
        return [_compared(viewer, word) for word in words]
    found = _look_up(session, viewer, [word for word in words if len(word) >= _SHORTEST_WORD])
    return [
        _listed(viewer, found[word])
        if word in found and not found[word].is_common
        else _compared(viewer, word)
        for word in words
    ]


def _look_up(session: Session, viewer: Viewer, words: list[str]) -> dict[str, _Found]:
    if not words:
        return {}
    rows = session.execute(sa.union_all(*(_part(viewer, word) for word in words))).all()
    return {
        row.word: _Found(
            is_common=row.found > _MOST_FOUND, assets=row.assets, accounts=row.accounts
        )
        for row in rows
    }


def _part(viewer: Viewer, word: str) -> sa.Select[*tuple[object, ...]]:
    some = (
        sa.select(SearchWord.about_id, SearchWord.account_id)
        .where(visible_to(viewer, SearchWord), _begins(word))
        .limit(_MOST_FOUND + 1)
        .subquery()
    )
    found = sa.func.count()
    is_account = some.c.about_id == some.c.account_id
    return sa.select(
        sa.literal(word).label("word"),
        found.label("found"),
        _ids(found, some.c.about_id, ~is_account).label("assets"),
        _ids(found, some.c.account_id, is_account).label("accounts"),
    )


def _ids(
    found: sa.ColumnElement[int], column: sa.ColumnElement[UUID], chosen: sa.ColumnElement[bool]
) -> sa.ColumnElement[list[UUID]]:
    ids = sa.func.array_agg(column).filter(chosen)
    return sa.case((found <= _MOST_FOUND, sa.func.coalesce(ids, sa.text("'{}'::uuid[]"))))


def _begins(word: str) -> sa.ColumnElement[bool]:
    """A range and no LIKE: an index may compare it beneath row-level security."""
    lowered = sa.func.lower(word)  # by PostgreSQL, as the column was
    return sa.and_(SearchWord.word >= lowered, SearchWord.word < lowered.concat(_HIGHEST))


def _listed(viewer: Viewer, found: _Found) -> sa.ColumnElement[bool]:
    by_id = _is_one_of(Asset.id.expression, found.assets)
    if not (found.accounts and sees_customers(viewer)):
        return by_id
    return sa.or_(by_id, _is_one_of(Asset.account_id.expression, found.accounts))


def _is_one_of(column: sa.ColumnElement[UUID], ids: list[UUID]) -> sa.ColumnElement[bool]:
    return column == sa.any_(sa.literal(ids, sa.ARRAY(sa.Uuid)))


def _compared(viewer: Viewer, word: str) -> sa.ColumnElement[bool]:
    text = word
    for special in ("/", "%", "_"):
        text = text.replace(special, f"/{special}")
    in_text = Asset.search_text.like(sa.func.lower(f"%{text}%"), escape="/")
    if not sees_customers(viewer):
        return in_text
    named = sa.select(Account.id).where(Account.name.ilike(f"%{text}%", escape="/"))
    return sa.or_(in_text, Asset.account_id.in_(named))


def sees_customers(viewer: Viewer) -> bool:
    """Whether there is more than one account to tell apart."""
    return viewer.is_staff or viewer.is_reseller
