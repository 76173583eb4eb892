"""Back office: assets of every account."""

from collections.abc import Iterable

from flask import Response
from flask_babel import gettext as _

from app.blueprints.bss import bp
from app.blueprints.bss.asset_columns import asset_columns
from app.blueprints.bss.asset_file import asset_file
from app.blueprints.bss.asset_filters import asset_query, read_asset_list, remember_list
from app.blueprints.bss.bulk_form import BulkForm
from app.domain.access import Permission
from app.domain.assets import AssetKind, BillingFrequency, ProvisioningSyncStatus
from app.services import asset_lists
from app.services.bss_asset_rows import BSS_ROWS, BssAssetRow, as_bss_rows
from app.web.htmx import render_page
from app.web.list_file import wanted_format
from app.web.pagination import ListQuery, list_settings
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/billing/assets/")
@policy(read=Permission.VIEW_BSS)
def list_assets() -> Response:
    query = read_asset_list()
    wanted = asset_query(query)
    if chosen := wanted_format():
        export = asset_lists.export_assets(current_viewer(), wanted, rows=BSS_ROWS)
        return asset_file(export, chosen)
    remember_list()
    found = asset_lists.list_assets(current_viewer(), wanted, rows=BSS_ROWS)
    return render_page(
        "bss/assets/list.html",
        partial="bss/assets/_asset_table.html",
        query=query,
        found=found,
        owner=_owner_name(query, as_bss_rows(found.page.items)),
        kinds=list(AssetKind),
        syncs=list(ProvisioningSyncStatus),
        bulk=BulkForm(formdata=None),
        columns=asset_columns(list_settings()),
        frequencies=list(BillingFrequency),
    )


def _owner_name(query: ListQuery, rows: Iterable[BssAssetRow]) -> str:
    """Whose assets these are, for the chip; the rows know it."""
    for row in rows:
        is_resellers = query.choices.get("reseller") == str(row.reseller_id)
        return row.reseller_name or "" if is_resellers else row.account_name
    return str(_("no assets"))
