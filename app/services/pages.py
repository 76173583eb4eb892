"""Pages of a list: by key (fast at any depth) and by number (for whoever types one)."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

Item = TypeVar("Item")
Other = TypeVar("Other")

SIZES = (25, 50, 100)
DEFAULT_SIZE = 50


@dataclass(frozen=True)
class Position:
    """Where a neighbouring page begins: its number, and the sort keys of the row beside it."""

    number: int
    keys: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """Which page is wanted. `after` or `before` win over `number`."""

    size: int = DEFAULT_SIZE
    number: int = 1
    after: Position | None = None
    before: Position | None = None


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    total: int  # rows that match, on all pages
    is_capped: bool = False  # there are more than `total`: nobody counted them
    size: int
    number: int
    next: Position | None
    previous: Position | None

    @property
    def first_row(self) -> int:
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last_row(self) -> int:
        return self.first_row + len(self.items) - 1 if self.items else 0

    @property
    def has_several(self) -> bool:
        return self.next is not None or self.previous is not None

    def with_items(self, items: "Sequence[Other]") -> "Page[Other]":
        """The same page once its rows were turned into something else."""
        return Page(
            items=items,
            total=self.total,
            is_capped=self.is_capped,
            size=self.size,
            number=self.number,
            next=self.next,
            previous=self.previous,
        )


def each_row(
    session: Session, read: Callable[[PageRequest], Page[Item]], *, at_once: int = 1000
) -> Iterator[Item]:
    """All rows of a list, for a file, page after page; what is not asked for is not read.

    Between two pages no transaction is open: a reader who is slow holds up nobody.
    """
    wanted = PageRequest(size=at_once)
    while True:
        found = read(wanted)
        items, following = found.items, found.next
        session.rollback()
        yield from items
        if following is None:
            return
        wanted = PageRequest(size=at_once, after=following)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What a list is sorted by: columns that are never null, the last one unique.

    All run the same way, so that one comparison of tuples (and one index) serves.
    """

    columns: Sequence[sa.ColumnElement[Any]]
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class Details:
    """What is read of the rows that a page shows, and of those alone.

    The page's query selects ids; `query` is joined to them by its column `id`.
    """

    query: sa.Select[*tuple[Any, ...]]
    id: sa.ColumnElement[UUID]


def count_rows(session: Session, query: sa.Select[*tuple[Any, ...]]) -> int:
    """How many rows `query` has. For lists whose totals are not kept."""
    counted = query.with_only_columns(sa.func.count(), maintain_column_froms=True)
    return session.scalars(counted).one()


def fetch_page(
    session: Session,
    query: sa.Select[*tuple[Any, ...]],
    keys: Keys,
    wanted: PageRequest,
    *,
    total: int,
    details: Details | None = None,
) -> Page[sa.Row[*tuple[Any, ...]]]:
    """One page of `query` (which has no order or limit yet) in one statement.

    Rows carry the query's own columns first, or those of `details`. A position that does not fit
    the keys counts as none, a number beyond the last page as the last one.
    """
    window = _window(keys, wanted, total)
    statement = _ordered(query, keys, window).limit(wanted.size + 1)
    if details is not None:
        statement = _with_details(statement, details, keys, window)
    rows = list(session.execute(statement))
    has_more = len(rows) > wanted.size
    rows = rows[: wanted.size]
    number = window.number
    if window.is_backwards:
        rows.reverse()
        number = number if has_more else 1  # rows came or went: nothing stands before these
    return Page(
        items=rows,
        total=total,
        size=wanted.size,
        number=number,
        next=_position(number + 1, rows[-1:], keys) if has_more or window.is_backwards else None,
        previous=_position(max(number - 1, 1), rows[:1], keys) if number > 1 else None,
    )


@dataclass(frozen=True, kw_only=True)
class _Window:
    number: int
    offset: int = 0
    values: Sequence[Any] | None = None  # the keys of the row beside the page
    is_backwards: bool = False


def _window(keys: Keys, wanted: PageRequest, total: int) -> _Window:
    position = wanted.after or wanted.before
    values = _values(keys, position) if position else None
    if position and values:
        return _Window(
            number=position.number, values=values, is_backwards=position is wanted.before
        )
    last_number = max(1, -(-total // wanted.size))
    number = min(max(wanted.number, 1), last_number)
    return _Window(number=number, offset=(number - 1) * wanted.size)


def _ordered(query: sa.Select[Any], keys: Keys, window: _Window) -> sa.Select[Any]:
    is_descending = keys.descending != window.is_backwards
    labelled = [column.label(f"key_{n}") for n, column in enumerate(keys.columns)]
    statement = query.add_columns(*labelled).order_by(
        *_directed(keys.columns, is_descending=is_descending)
    )
    if window.values:
        return statement.where(_beyond(keys, window.values, is_descending=is_descending))
    return statement.offset(window.offset)


def _with_details(
    statement: sa.Select[Any], details: Details, keys: Keys, window: _Window
) -> sa.Select[Any]:
    """Joined after the limit: what stands on no page is not looked at."""
    found = statement.subquery("page")
    columns = list(found.c)
    key_columns = columns[-len(keys.columns) :]
    return (
        details.query.add_columns(*key_columns)
        .join(found, columns[0] == details.id)
        .order_by(*_directed(key_columns, is_descending=keys.descending != window.is_backwards))
    )


def _directed(
    columns: Sequence[sa.ColumnElement[Any]], *, is_descending: bool
) -> list[sa.UnaryExpression[Any]]:
    return [column.desc() if is_descending else column.asc() for column in columns]


def _beyond(keys: Keys, values: Sequence[Any], *, is_descending: bool) -> sa.ColumnElement[bool]:
    here = sa.tuple_(*keys.columns)
    there = sa.tuple_(
        *(
            sa.literal(value, column.type)
            for value, column in zip(values, keys.columns, strict=True)
        )
    )
    return here < there if is_descending else here > there


def _position(number: int, rows: Sequence[sa.Row[*tuple[Any, ...]]], keys: Keys) -> Position | None:
    if not rows:
        return None
    return Position(number, tuple(_text(value) for value in rows[0][-len(keys.columns) :]))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _values(keys: Keys, position: Position) -> list[Any] | None:
    if len(position.keys) != len(keys.columns) or position.number < 1:
        return None
    try:
        return [
            _read(text, column.type.python_type)
            for text, column in zip(position.keys, keys.columns, strict=True)
        ]
    except (ValueError, InvalidOperation):
        return None


def _read(text: str, kind: type) -> Any:
    if issubclass(kind, dt.date):  # datetime too
        return kind.fromisoformat(text)
    if issubclass(kind, (Decimal, UUID, int)):
        return kind(text)
    return text
