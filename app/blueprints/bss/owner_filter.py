"""Filters of a list that name an account by its id."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from flask import request

from app.web.pagination import ListQuery, ignored


def with_owners(query: ListQuery, names: Iterable[str]) -> ListQuery:
    """`query` with those of the filters `names` that hold an id; others become notices."""
    choices, notices = dict(query.choices), list(query.notices)
    for name in names:
        text = request.args.get(name, "")
        if owner := _as_id(text):
            choices[name] = str(owner)
        elif text:
            notices.append(ignored(name))
    return replace(query, choices=choices, notices=tuple(notices))


def owner_of(query: ListQuery, name: str) -> UUID | None:
    return UUID(query.choices[name]) if name in query.choices else None


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
