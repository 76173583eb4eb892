"""Azure Plan Reservations: the list and one of them."""

from uuid import UUID

from flask import Response, make_response, render_template

from app.blueprints.storefront import bp
from app.blueprints.storefront.asset_list_request import (
    FileNames,
    asset_file,
    asset_query,
    read_asset_list,
)
from app.domain.access import Permission
from app.domain.assets import AssetKind
from app.services import overview, reservations
from app.services.asset_status import FAST_SECONDS
from app.web.htmx import render_page
from app.web.list_file import wanted_format
from app.web.policy import policy
from app.web.viewer import current_viewer

_FILE = FileNames(file="reservations", first_head="Reservations")


@bp.get("/billing/assets/reservations/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_reservations() -> Response:
    viewer, query = current_viewer(), read_asset_list("reservation-table")
    if chosen := wanted_format():
        export = reservations.export_reservations(viewer, asset_query(query))
        return asset_file(_FILE, export, chosen, is_reseller=viewer.is_reseller)
    return render_page(
        "storefront/reservations/list.html",
        partial="storefront/reservations/_reservation_table.html",
        query=query,
        assets=reservations.list_reservations(viewer, asset_query(query)),
        expiring=overview.count_expiring(viewer, AssetKind.RESERVATION),
    )


@bp.get("/billing/assets/reservations/<uuid:asset_id>/")
@policy(read=Permission.VIEW_STOREFRONT)
def get_reservation(asset_id: UUID) -> Response:
    reservation = reservations.get_reservation(current_viewer(), asset_id)
    return make_response(
        render_template(
            "storefront/reservations/detail.html",
            reservation=reservation,
            asset=reservation.asset,
            poll_seconds=FAST_SECONDS,
        )
    )
