"""Lists: what the query string asks for, and the URLs of the other views of the same list."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup

from app.services.list_settings import ListSettings
from app.services.pages import DEFAULT_SIZE, SIZES, PageRequest, Position
from app.web.viewer import find_signed_in

_LONGEST_SEARCH = 200
_LARGEST_NUMBER = 10**9
_POSITIONS = ("page", "after", "before")


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """What a list is asked to show. Values that nobody knows are ignored and named in `notices`."""

    list_id: str  # of the partial's root, which htmx replaces
    q: str
    sort: str  # a name out of `sorts`
    descending: bool
    choices: Mapping[str, str] = field(default_factory=dict)  # filter → chosen value
    page: PageRequest
    notices: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        return bool(self.q or self.choices)


def read_list(
    list_id: str,
    *,
    sorts: Collection[str],
    default_sort: str,
    filters: Mapping[str, Collection[str]] | None = None,
) -> ListQuery:
    """Read `q`, `sort`, `page`, `after`, `before`, `per_page` and the named filters.

    `list_id` is the id of the list's partial: `_reservation_table.html` → `reservation-table`.
    A sort runs downwards with a leading minus: `sort=-total`. `filters` maps each filter to the
    values it may take, e.g. `{"status": AssetStatus}`.
    """
    notices: list[str] = []
    sort = _one_of("sort", {*sorts, *(f"-{name}" for name in sorts)}, notices) or default_sort
    chosen = {
        name: value
        for name, values in (filters or {}).items()
        if (value := _one_of(name, {str(each) for each in values}, notices))
    }
    _one_of("vat", {"incl", "excl"}, notices)
    return ListQuery(
        list_id=list_id,
        q=request.args.get("q", "").replace("\x00", "").strip()[:_LONGEST_SEARCH],
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        choices=chosen,
        page=PageRequest(
            size=_size(notices),
            number=_number(notices),
            after=_position("after", sort, notices),
            before=_position("before", sort, notices),
        ),
        notices=tuple(notices),
    )


def _one_of(name: str, known: Collection[str], notices: list[str]) -> str | None:
    value = request.args.get(name)
    if not value:
        return None
    if value in known:
        return value
    notices.append(ignored(name))
    return None


def ignored(name: str) -> str:
    """What is said of a value in the address that nobody knows."""
    return str(
        _("The value of %(name)s in the address was not understood and is ignored.", name=name)
    )


def _size(notices: list[str]) -> int:
    chosen = _one_of("per_page", [str(size) for size in SIZES], notices)
    if chosen:
        return int(chosen)
    signed_in = find_signed_in()
    return (signed_in and signed_in.page_size) or DEFAULT_SIZE


def _number(notices: list[str]) -> int:
    text = request.args.get("page", "1")
    if text.isascii() and text.isdecimal() and 1 <= int(text[:10]) <= _LARGEST_NUMBER:
        return int(text[:10])
    notices.append(ignored("page"))
    return 1


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="position")


def _position(name: str, sort: str, notices: list[str]) -> Position | None:
    """Positions are signed, and belong to one sort: another one begins at its first page."""
    value = request.args.get(name)
    if not value:
        return None
    try:
        found_sort, number, *keys = _serializer().loads(value)
    except (BadSignature, TypeError, ValueError):
        notices.append(ignored(name))
        return None
    return Position(number, tuple(keys)) if found_sort == sort else None


def list_url(**changes: Any) -> str:
    """This list with other filters; None takes one away. It begins at the first page."""
    args = {
        key: value
        for key, value in request.args.items()
        if key not in _POSITIONS and key not in changes
    }
    args |= {key: str(value) for key, value in changes.items() if value is not None}
    return f"{request.path}?{urlencode(args)}" if args else request.path


def sort_url(name: str, query: ListQuery) -> str:
    """This list sorted by `name`; the other way round where it is already."""
    is_up = query.sort == name and not query.descending
    return list_url(sort=f"-{name}" if is_up else name)


def page_url(
    query: ListQuery, *, after: Position | None = None, before: Position | None = None
) -> str:
    """This list at a neighbouring page."""
    sort = f"-{query.sort}" if query.descending else query.sort
    name, position = ("after", after) if after else ("before", before)
    if position is None:
        return list_url()
    return list_url(**{name: _serializer().dumps([sort, position.number, *position.keys])})


def list_path() -> str:
    return request.path


def kept_arguments() -> list[tuple[str, str]]:
    """What a search keeps of the query string: filters and sort, not the page."""
    return [
        (key, value.replace("\x00", ""))
        for key, value in request.args.items()
        if key not in {*_POSITIONS, "q"}
    ]


def list_query() -> str:
    """The address of this list after the question mark, as a saved view keeps it."""
    return request.query_string.decode()


def list_form_url(name: str) -> str:
    """Where a form of this face's lists is sent."""
    return url_for(f"{request.blueprint}.{name}")


def list_settings() -> ListSettings:
    signed_in = find_signed_in()
    return signed_in.lists if signed_in else ListSettings()


def list_link(url: str, list_id: str) -> Markup:
    """The htmx attributes of a link that changes a list's view state."""
    return Markup(
        'hx-get="{}" hx-target="#{}" hx-swap="outerHTML" hx-push-url="true" hx-sync="this:replace"'
    ).format(url, list_id)


def init_pagination(app: Flask) -> None:
    app.jinja_env.globals.update(
        kept_arguments=kept_arguments,
        list_form_url=list_form_url,
        list_link=list_link,
        list_path=list_path,
        list_query=list_query,
        list_settings=list_settings,
        list_url=list_url,
        page_sizes=SIZES,
        page_url=page_url,
        sort_url=sort_url,
    )
