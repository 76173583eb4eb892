"""The badge that watches a purchase until it is done."""

from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.domain.assets import AssetKind
from app.services import asset_status
from app.services.asset_status import SyncStatus
from app.web.htmx import vary_by_htmx, wants_partial
from app.web.policy import policy
from app.web.viewer import current_viewer

_VIEWS = {
    AssetKind.RESERVATION: "storefront.get_reservation",
    AssetKind.SOFTWARE_SUBSCRIPTION: "storefront.get_software_subscription",
}


@bp.get(
    "/billing/assets/reservations/<uuid:asset_id>/sync-status",
    defaults={"kind": AssetKind.RESERVATION},
)
@bp.get(
    "/billing/assets/software-subscriptions/<uuid:asset_id>/sync-status",
    defaults={"kind": AssetKind.SOFTWARE_SUBSCRIPTION},
)
@policy(read=Permission.VIEW_STOREFRONT)
def get_sync_status(asset_id: UUID, kind: AssetKind) -> Response:
    """The fragment; whoever opens it as a page is sent to the asset's own."""
    status = asset_status.get_sync_status(current_viewer(), asset_id, kind)
    url = url_for(_VIEWS[kind], asset_id=asset_id)
    return _fragment(status, url) if wants_partial() else redirect(url, code=303)


def _fragment(status: SyncStatus, asset_url: str) -> Response:
    html = render_template(
        "storefront/assets/_sync_status.html",
        sync_status=status.sync_status,
        poll_seconds=status.poll_seconds,
        is_update=True,
        is_on_order=request.args.get("on") == "order",
        asset_url=asset_url,
    )
    return vary_by_htmx(make_response(html))
