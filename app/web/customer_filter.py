"""A reseller's lists, of one customer alone: `customer=` with the account's id."""

from uuid import UUID

from flask import request

from app.web.pagination import ListQuery
from app.web.viewer import current_viewer

_NAME = "customer"


def customer_filter() -> dict[str, list[str]]:
    """For read_list: any id for resellers (what is not theirs finds nothing), for others none."""
    if not current_viewer().is_reseller:
        return {}
    text = request.args.get(_NAME, "")
    return {_NAME: [text] if _is_id(text) else []}


def customer_of_list(query: ListQuery) -> UUID | None:
    return UUID(query.choices[_NAME]) if _NAME in query.choices else None


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
