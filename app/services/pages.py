"""Pages of a list: by key (fast at any depth) and by number (for whoever types one).

A number is counted off from the nearer end of the list, over FURTHEST rows at most: what lies
deeper is reached by filters and by going on. So no page costs more the longer its list is.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Scope

# before and behind every row's keys
_ENDS: dict[bool, dict[type, sa.ColumnElement[Any]]] = {
    False: {
        dt.datetime: sa.literal_column("'-infinity'::timestamptz"),
        UUID: sa.literal_column("'00000000-0000-0000-0000-000000000000'::uuid"),
    },
    True: {
        dt.datetime: sa.literal_column("'infinity'::timestamptz"),
        UUID: sa.literal_column("'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid"),
    },
}

Item = TypeVar("Item")
Other = TypeVar("Other")

SIZES = (25, 50, 100)
_FIRST_OF_A_FILE, _NEXT_OF_A_FILE = 100, 1000  # rows of a page
DEFAULT_SIZE = 50
FURTHEST = 5_000  # rows that are counted, or passed over, for one page


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
    stops_short: bool = False  # a page was asked for by a number too far from both ends

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
        return Page(**{**vars(self), "items": items})


def each_row(scope: Scope, read: Callable[[PageRequest], Page[Item]]) -> Iterator[Item]:
    """All rows of a list, for a file, page after page; what is not asked for is not read.

    The first page is a short one, so that the file starts soon. Between two pages no transaction
    is open: a reader who is slow holds up nobody. `read` gives plain values, never rows of a
    session: the one of the request ends while the file is still being sent.
    """
    wanted = PageRequest(size=_FIRST_OF_A_FILE)
    while True:
        found = read(wanted)
        items, following = found.items, found.next
        reading(scope).rollback()
        yield from items
        if following is None:
            return
        wanted = PageRequest(size=_NEXT_OF_A_FILE, after=following)


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Rows of another table, by whose columns a list is sorted first; the last one is unique.

    A page is gathered group after group, from each no more than a page holds, since no index
    spans two tables. `source` is what groups are read from, `belongs` says which rows are theirs.
    """

    source: Any  # a model, an alias of one, or a join
    columns: Sequence[sa.ColumnElement[Any]]
    belongs: sa.ColumnElement[bool]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What a list is sorted by: columns that are never null, the last one unique.

    All run the same way, so that one comparison of tuples (and one index) serves. Where the rows
    come in `groups`, an index of the group's reference and `columns` serves.
    """

    columns: Sequence[sa.ColumnElement[Any]]
    descending: bool = False
    groups: Groups | None = None

    @property
    def all_columns(self) -> list[sa.ColumnElement[Any]]:
        return [*(self.groups.columns if self.groups else ()), *self.columns]


@dataclass(frozen=True, kw_only=True)
class Details:
    """What is read of the rows that a page shows, and of those alone.

    The page's query selects ids; `query` is joined to them by its column `id`.
    """

    query: sa.Select[*tuple[Any, ...]]
    id: sa.ColumnElement[UUID]


def fetch_counted_page(
    session: Session,
    query: sa.Select[*tuple[Any, ...]],
    keys: Keys,
    wanted: PageRequest,
    *,
    counted: sa.Select[*tuple[Any, ...]] | None = None,
    details: Details | None = None,
) -> Page[sa.Row[*tuple[Any, ...]]]:
    """As fetch_page, for lists whose totals are not kept: FURTHEST rows are counted, not more.

    `counted` has the same rows as `query` and is cheaper to count. Two statements.
    """
    some = (query if counted is None else counted).with_only_columns(
        sa.literal(1).label("one"), maintain_column_froms=True
    )
    count = sa.select(sa.func.count()).select_from(some.limit(FURTHEST + 1).subquery())
    total = session.scalars(count).one()
    page = fetch_page(session, query, keys, wanted, total=min(total, FURTHEST), details=details)
    return replace(page, is_capped=total > FURTHEST)


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
    the keys counts as none, a number beyond the last page as the last one. `total` is exact, or
    at most FURTHEST.
    """
    window = _window(keys, wanted, total)
    statement = _ordered(query, keys, window)
    if details is not None:
        statement = _with_details(statement, details, keys, window)
    rows = list(session.execute(statement))
    has_more = len(rows) > window.size
    rows = rows[: window.size]
    number = window.number
    if window.is_backwards:
        rows.reverse()
        number = number if has_more else 1  # rows came or went: nothing stands before these
    has_next = has_more if window.has_next is None else window.has_next
    return Page(
        items=rows,
        total=total,
        size=wanted.size,
        number=number,
        next=_position(number + 1, rows[-1:], keys) if has_next else None,
        previous=_position(max(number - 1, 1), rows[:1], keys) if number > 1 else None,
        stops_short=window.stops_short,
    )


@dataclass(frozen=True, kw_only=True)
class _Window:
    number: int
    size: int
    offset: int = 0
    values: Sequence[Any] | None = None  # the keys of the row beside the page
    is_backwards: bool = False
    has_next: bool | None = None  # None: the row behind the last one says it
    stops_short: bool = False


def _window(keys: Keys, wanted: PageRequest, total: int) -> _Window:
    position = wanted.after or wanted.before
    values = _values(keys, position) if position else None
    if position and values:
        return _Window(
            number=position.number,
            size=wanted.size,
            values=values,
            is_backwards=position is wanted.before,
            has_next=True if position is wanted.before else None,
        )
    return _window_of_number(wanted.number, wanted.size, total)


def _window_of_number(wanted: int, size: int, total: int) -> _Window:
    last = max(1, -(-total // size))
    number = min(max(wanted, 1), last)
    before, behind = (number - 1) * size, max(total - number * size, 0)
    if before <= FURTHEST:
        return _Window(number=number, size=size, offset=before)
    if behind <= FURTHEST:
        return _Window(
            number=number,
            size=min(size, total - before),
            offset=behind,
            is_backwards=True,
            has_next=number < last,
        )
    return _Window(number=FURTHEST // size + 1, size=size, offset=FURTHEST, stops_short=True)


def _ordered(query: sa.Select[Any], keys: Keys, window: _Window) -> sa.Select[Any]:
    is_descending = keys.descending != window.is_backwards
    if keys.groups is not None:
        return _gathered(query, keys, keys.groups, window)
    labelled = [column.label(f"key_{n}") for n, column in enumerate(keys.columns)]
    statement = (
        query.add_columns(*labelled)
        .order_by(*_directed(keys.columns, is_descending=is_descending))
        .limit(window.size + 1)
    )
    if window.values:
        values = _literals(keys.columns, window.values)
        return statement.where(_beyond(keys.columns, values, is_descending=is_descending))
    return statement.offset(window.offset)


def _gathered(query: sa.Select[Any], keys: Keys, groups: Groups, window: _Window) -> sa.Select[Any]:
    """From each group, in their order, as many rows as could stand on the page."""
    is_descending = keys.descending != window.is_backwards
    chosen = sa.select(*groups.columns).select_from(groups.source)
    labelled = [column.label(f"own_{n}") for n, column in enumerate(keys.columns)]
    within = query.where(groups.belongs).add_columns(*labelled)
    if window.values:
        first_group, begin = _begin_of_group(keys, groups, window.values, is_descending)
        chosen = chosen.where(first_group)
        within = within.where(begin)
    within = within.order_by(*_directed(keys.columns, is_descending=is_descending))
    each = within.limit(window.offset + window.size + 1).lateral("each")
    columns = list(each.c)
    split = len(columns) - len(labelled)
    sorted_by = [*groups.columns, *columns[split:]]
    key_columns = [column.label(f"key_{n}") for n, column in enumerate(sorted_by)]
    return (
        chosen.with_only_columns(*columns[:split], *key_columns, maintain_column_froms=True)
        .join(each, sa.true())
        .order_by(*_directed(sorted_by, is_descending=is_descending))
        .offset(window.offset)
        .limit(window.size + 1)
    )


def _begin_of_group(
    keys: Keys,
    groups: Groups,
    values: Sequence[Any],
    is_descending: bool,  # noqa: FBT001
) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """With which group to go on, and with which row of each: the others begin at their first."""
    count = len(groups.columns)
    begun = _literals(groups.columns, values[:count])
    is_done = _beyond(groups.columns, begun, is_descending=not is_descending)
    ends = _ENDS[is_descending]
    begins = [
        sa.case((groups.columns[-1] == begun[-1], value), else_=ends[column.type.python_type])
        for value, column in zip(_literals(keys.columns, values[count:]), keys.columns, strict=True)
    ]
    return sa.not_(is_done), _beyond(keys.columns, begins, is_descending=is_descending)


def _with_details(
    statement: sa.Select[Any], details: Details, keys: Keys, window: _Window
) -> sa.Select[Any]:
    """Joined after the limit: what stands on no page is not looked at."""
    found = statement.subquery("page")
    columns = list(found.c)
    key_columns = columns[-len(keys.all_columns) :]
    return (
        details.query.add_columns(*key_columns)
        .join(found, columns[0] == details.id)
        .order_by(*_directed(key_columns, is_descending=keys.descending != window.is_backwards))
    )


def _directed(
    columns: Sequence[sa.ColumnElement[Any]], *, is_descending: bool
) -> list[sa.UnaryExpression[Any]]:
    return [column.desc() if is_descending else column.asc() for column in columns]


def _literals(
    columns: Sequence[sa.ColumnElement[Any]], values: Sequence[Any]
) -> list[sa.ColumnElement[Any]]:
    return [sa.literal(value, column.type) for value, column in zip(values, columns, strict=True)]


def _beyond(
    columns: Sequence[sa.ColumnElement[Any]],
    values: Sequence[sa.ColumnElement[Any]],
    *,
    is_descending: bool,
) -> sa.ColumnElement[bool]:
    here, there = sa.tuple_(*columns), sa.tuple_(*values)
    return here < there if is_descending else here > there


def _position(number: int, rows: Sequence[sa.Row[*tuple[Any, ...]]], keys: Keys) -> Position | None:
    if not rows:
        return None
    return Position(number, tuple(_text(value) for value in rows[0][-len(keys.all_columns) :]))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _values(keys: Keys, position: Position) -> list[Any] | None:
    columns = keys.all_columns
    if len(position.keys) != len(columns) or position.number < 1:
        return None
    try:
        return [
            _read(text, column.type.python_type)
            for text, column in zip(position.keys, columns, strict=True)
        ]
    except (ValueError, InvalidOperation):
        return None


def _read(text: str, kind: type) -> Any:
    if issubclass(kind, dt.date):  # datetime too
        return kind.fromisoformat(text)
    if issubclass(kind, (Decimal, UUID, int)):
        return kind(text)
    return text
