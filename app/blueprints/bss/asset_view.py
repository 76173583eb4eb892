"""Back office: one asset, and how its provisioning stands."""

from uuid import UUID

from flask import Response

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.services import bss_assets
from app.web.htmx import render_page
from app.web.notes import take_note
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/billing/assets/<uuid:asset_id>/")
@policy(read=Permission.VIEW_BSS)
def get_asset(asset_id: UUID) -> Response:
    return render_page(
        "bss/assets/detail.html",
        partial="bss/assets/_asset_view.html",
        asset=bss_assets.get_asset(current_viewer(), asset_id),
        note=take_note(asset_id),
    )


@bp.get("/billing/assets/<uuid:asset_id>/sync")
@policy(read=Permission.VIEW_BSS)
def asset_sync_status(asset_id: UUID) -> Response:
    """Asked again every few seconds until it is final; then the page shows what came of it."""
    return render_page(
        "bss/assets/sync_status.html",
        partial="bss/assets/_sync_status.html",
        sync=bss_assets.get_sync_status(current_viewer(), asset_id),
        is_answer=True,
    )
