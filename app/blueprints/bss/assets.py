"""Back office: assets of every account."""

from collections.abc import Sequence

from flask import Response, request

from app.blueprints.bss import bp
from app.blueprints.bss.asset_csv import asset_csv
from app.blueprints.bss.asset_filters import asset_query, read_asset_list
from app.domain.access import Permission
from app.domain.assets import AssetKind, ProvisioningSyncStatus
from app.services import asset_lists
from app.services.bss_asset_rows import BSS_ROWS, BssAssetRow, as_bss_rows
from app.web.htmx import render_page
from app.web.pagination import ListQuery
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/billing/assets/")
@policy(read=Permission.VIEW_BSS)
def list_assets() -> Response:
    query = read_asset_list()
    wanted = asset_query(query)
    if request.args.get("format") == "csv":
        rows = asset_lists.export_assets(current_viewer(), wanted, rows=BSS_ROWS)
        return asset_csv(as_bss_rows(rows))
    found = asset_lists.list_assets(current_viewer(), wanted, rows=BSS_ROWS)
    return render_page(
        "bss/assets/list.html",
        partial="bss/assets/_asset_table.html",
        query=query,
        found=found,
        owner=_owner_name(query, as_bss_rows(found.page.items)),
        kinds=list(AssetKind),
        syncs=list(ProvisioningSyncStatus),
    )


def _owner_name(query: ListQuery, rows: Sequence[BssAssetRow]) -> str:
    """Whose assets these are, for the chip; the rows know it."""
    for row in rows:
        is_resellers = query.choices.get("reseller") == str(row.reseller_id)
        return row.reseller_name or "" if is_resellers else row.account_name
    return "no assets"
