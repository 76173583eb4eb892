"""The account's Azure plans, and what may be done with each."""

from uuid import UUID

from flask import Response

from app.blueprints.storefront import bp
from app.blueprints.storefront.order_files import plan_file
from app.domain.access import Permission
from app.domain.assets import SubscriptionStatus
from app.services import subscriptions
from app.web.htmx import render_page
from app.web.list_file import FORMATS, wanted_format
from app.web.pagination import read_list
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/subscriptions/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_subscriptions() -> Response:
    viewer = current_viewer()
    filters = {"status": [str(status) for status in SubscriptionStatus], "format": FORMATS}
    query = read_list("subscription-table", sorts=(), default_sort="-number", filters=filters)
    chosen = query.choices.get("status")
    status = SubscriptionStatus(chosen) if chosen else None
    if file_format := wanted_format():
        rows = subscriptions.export_subscriptions(viewer, q=query.q, status=status)
        return plan_file(rows, file_format, is_reseller=viewer.is_reseller)
    return render_page(
        "storefront/subscriptions/list.html",
        partial="storefront/subscriptions/_subscription_table.html",
        query=query,
        page=subscriptions.list_subscriptions(viewer, page=query.page, q=query.q, status=status),
        statuses=list(SubscriptionStatus),
    )


@bp.get("/subscriptions/<uuid:subscription_id>/")
@policy(read=Permission.VIEW_STOREFRONT)
def get_subscription(subscription_id: UUID) -> Response:
    viewer = current_viewer()
    query = read_list("plan-reservation-table", sorts=(), default_sort="-number")
    return render_page(
        "storefront/subscriptions/detail.html",
        partial="storefront/subscriptions/_plan_reservation_table.html",
        plan=subscriptions.get_subscription(viewer, subscription_id),
        query=query,
        page=subscriptions.list_plan_reservations(viewer, subscription_id, page=query.page),
    )
