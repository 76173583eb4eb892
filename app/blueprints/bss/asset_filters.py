"""What the query string of the list of assets asks for."""

from dataclasses import replace

from flask import request, session, url_for

from app.blueprints.bss import bp
from app.blueprints.bss.column_filters import (
    COLUMN_FILTERS,
    column_filters,
    with_column_filters,
)
from app.blueprints.bss.owner_filter import owner_of, with_owners
from app.domain.assets import AssetKind, AssetStatus, ProvisioningSyncStatus
from app.services.asset_lists import AssetQuery, AssetSort
from app.web.list_file import FORMATS
from app.web.pagination import ListQuery, read_list

_SORTS = [sort.value for sort in AssetSort]
_FILTERS = {
    "status": [status.value for status in AssetStatus],
    "sync": [status.value for status in ProvisioningSyncStatus],
    "kind": [kind.value for kind in AssetKind],
    "expiring": ["30", "60", "90"],
    "format": FORMATS,
    "count": ["exact"],
}
_KEPT, _LONGEST_KEPT = "assets", 1000
_NO_FILTERS = ("format", "count")
# what of a list's address says which assets there are
FILTER_ARGUMENTS = (
    *("q", "status", "sync", "kind", "expiring", "account", "reseller"),
    *COLUMN_FILTERS,
)


def read_asset_list() -> ListQuery:
    """Unknown values are ignored and named in the notices.

    What ends soon comes with the first to end first.
    """
    are_ending = request.args.get("expiring") in _FILTERS["expiring"]
    query = read_list(
        "asset-table",
        sorts=_SORTS,
        default_sort=str(AssetSort.EXPIRES) if are_ending else f"-{AssetSort.PURCHASED}",
        filters=_FILTERS,
    )
    choices = {name: value for name, value in query.choices.items() if name not in _NO_FILTERS}
    with_them = with_owners(replace(query, choices=choices), ("account", "reseller"))
    return with_column_filters(with_them)


@bp.app_template_global()
def assets_url() -> str:
    """The list of assets as this person saw it last: filter, sort and page survive an edit."""
    kept = str(session.get(_KEPT, ""))
    return f"{url_for('bss.list_assets')}{'?' if kept else ''}{kept}"


def remember_list() -> None:
    """In the browser's session: the way back from an asset."""
    kept = request.query_string.decode()
    if len(kept) <= _LONGEST_KEPT:
        session[_KEPT] = kept


def asset_query(query: ListQuery) -> AssetQuery:
    """The same in the service's words."""
    choices = query.choices
    return AssetQuery(
        kind=AssetKind(choices["kind"]) if "kind" in choices else None,
        status=AssetStatus(choices["status"]) if "status" in choices else None,
        sync_status=ProvisioningSyncStatus(choices["sync"]) if "sync" in choices else None,
        account_id=owner_of(query, "account"),
        reseller_id=owner_of(query, "reseller"),
        is_expiring=choices.get("expiring") == "30",
        q=query.q,
        sort=AssetSort(query.sort),
        descending=query.descending,
        page=query.page,
        more=column_filters(query),
        counts_exactly=request.args.get("count") == "exact",
    )
