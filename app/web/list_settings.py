"""The forms of a list: how it is shown, a view to be saved, a view to be taken away.

Both faces have the same three; each face's views keep them beneath its own permission.
"""

from urllib.parse import parse_qsl, urlencode

from flask import redirect, request
from werkzeug.wrappers import Response

from app.services import list_settings
from app.services.list_settings import LONGEST_QUERY, Density
from app.services.pages import DEFAULT_SIZE, SIZES
from app.web.next_page import safe_next
from app.web.viewer import current_viewer

# What of a list's address is no part of a view: where one is in it, and what was made of it.
_NO_VIEW = {"page", "after", "before", "format", "count"}
_LISTS = {
    "asset-table",
    "reservation-table",
    "software-subscription-table",
    "order-table",
    "subscription-table",
    "customer-table",
}


def keep_settings(columns: frozenset[str] = frozenset()) -> Response:
    """`columns` are those that the list has; others that were sent are left out."""
    size = request.form.get("per_page", "")
    density = request.form.get("density", "")
    if (list_id := _list_id()) is not None:
        list_settings.keep_list_settings(
            current_viewer(),
            list_id,
            columns=_columns(columns),
            density=Density(density) if density in set(Density) else None,
            size=int(size) if size in {str(each) for each in SIZES} else DEFAULT_SIZE,
        )
    return _back()


def save_view() -> Response:
    name = request.form.get("name", "").replace("\0", "").strip()
    if (list_id := _list_id()) is not None:
        list_settings.save_view(
            current_viewer(),
            list_id,
            name=name,
            query=_query(request.form.get("query", "")),
            is_shared=request.form.get("shared") == "yes",
        )
    return _back()


def delete_view() -> Response:
    if view_id := request.form.get("view"):
        list_settings.delete_view(current_viewer(), view_id)
    return _back()


def _list_id() -> str | None:
    list_id = request.form.get("list", "")
    return list_id if list_id in _LISTS else None


def _columns(known: frozenset[str]) -> list[str]:
    """The ticked ones, by the numbers beside them."""
    ticked = [name for name in request.form.getlist("column") if name in known]
    return sorted(dict.fromkeys(ticked), key=_place)


def _place(name: str) -> int:
    text = request.form.get(f"place-{name}", "")
    return int(text[:3]) if text.isascii() and text.isdecimal() else 99


def _query(text: str) -> str:
    kept = [
        (key, value.replace("\0", ""))
        for key, value in parse_qsl(text[: 4 * LONGEST_QUERY])
        if key not in _NO_VIEW
    ]
    return urlencode(kept)


def _back() -> Response:
    return redirect(safe_next(request.form.get("next")) or "/", code=303)
