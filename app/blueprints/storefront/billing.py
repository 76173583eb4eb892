"""Billing: orders, subscriptions and assets at a glance, and the way to each list of assets."""

from flask import Response, make_response, render_template

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.services import overview
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/billing/")
@policy(read=Permission.VIEW_STOREFRONT)
def billing() -> Response:
    found = overview.get_billing(current_viewer())
    return make_response(render_template("storefront/billing/billing.html", billing=found))


@bp.get("/billing/assets/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_asset_kinds() -> Response:
    counts = overview.count_assets(current_viewer())
    return make_response(render_template("storefront/billing/assets.html", counts=counts))
