"""The frame of the lists of orders and Azure plans: filtered, sorted, also as files."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from flask import Response
from flask_babel import gettext as _

from app.domain.access import Viewer
from app.services.pages import Page
from app.web.htmx import render_page
from app.web.list_file import FORMATS, FileFormat, wanted_format
from app.web.pagination import ListQuery, read_list

Row = TypeVar("Row")
Word = TypeVar("Word", bound=StrEnum)


def read_newest_first(
    list_id: str, filters: Mapping[str, Iterable[str]], *, sorts: type[StrEnum]
) -> ListQuery:
    """As `read_list`, with the highest number first unless asked otherwise.

    `format` asks for a file.
    """
    known = {name: [str(value) for value in values] for name, values in filters.items()}
    return read_list(
        list_id,
        sorts=[str(sort) for sort in sorts],
        default_sort="-number",
        filters={**known, "format": FORMATS},
    )


def chosen(query: ListQuery, name: str, kind: type[Word]) -> Word | None:
    """The filter's value in the domain's words."""
    value = query.choices.get(name)
    return kind(value) if value else None


def answer_list(
    template: str,
    query: ListQuery,
    *,
    file: Callable[[FileFormat], Response],
    page: Callable[[], Page[Row]],
    **context: Any,
) -> Response:
    """The file where one is asked for, else the page or its table. `template` is …/_table.html."""
    if file_format := wanted_format():
        return file(file_format)
    folder = template.rpartition("/")[0]
    return render_page(f"{folder}/list.html", partial=template, query=query, page=page(), **context)


def owner_head(viewer: Viewer) -> str:
    """What the column of accounts is called; empty for whoever has one account only."""
    if viewer.is_staff:
        return str(_("Account"))
    return str(_("Customer")) if viewer.is_reseller else ""
