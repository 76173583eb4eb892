"""Where an asset's own page is, for pages that show assets of both kinds."""

from uuid import UUID

from flask import url_for

from app.blueprints.storefront import bp
from app.domain.assets import AssetKind

_VIEWS = {
    AssetKind.RESERVATION: "storefront.get_reservation",
    AssetKind.SOFTWARE_SUBSCRIPTION: "storefront.get_software_subscription",
}


@bp.app_template_global()
def asset_url(kind: AssetKind, asset_id: UUID) -> str:
    return url_for(_VIEWS[kind], asset_id=asset_id)
