"""Software subscriptions that were bought: the list and one of them."""

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
from app.services import overview, software_subscriptions
from app.services.asset_status import FAST_SECONDS
from app.web.htmx import render_page
from app.web.list_file import wanted_format
from app.web.policy import policy
from app.web.viewer import current_viewer

_FILE = FileNames(file="software-subscriptions", first_head="Software subscriptions")


@bp.get("/billing/assets/software-subscriptions/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_software_subscriptions() -> Response:
    viewer, query = current_viewer(), read_asset_list("software-subscription-table")
    wanted = asset_query(query)
    if chosen := wanted_format():
        export = software_subscriptions.export_software_subscriptions(viewer, wanted)
        return asset_file(_FILE, export, chosen, is_reseller=viewer.is_reseller)
    return render_page(
        "storefront/software_subscriptions/list.html",
        partial="storefront/software_subscriptions/_software_subscription_table.html",
        query=query,
        assets=software_subscriptions.list_software_subscriptions(viewer, wanted),
        expiring=overview.count_expiring(viewer, AssetKind.SOFTWARE_SUBSCRIPTION),
    )


@bp.get("/billing/assets/software-subscriptions/<uuid:asset_id>/")
@policy(read=Permission.VIEW_STOREFRONT)
def get_software_subscription(asset_id: UUID) -> Response:
    software = software_subscriptions.get_software_subscription(current_viewer(), asset_id)
    return make_response(
        render_template(
            "storefront/software_subscriptions/detail.html",
            software=software,
            asset=software.asset,
            poll_seconds=FAST_SECONDS,
        )
    )
