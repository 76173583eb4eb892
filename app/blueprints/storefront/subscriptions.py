"""The account's Azure plans, and what may be done with each."""

from uuid import UUID

from flask import Response

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.domain.assets import SubscriptionStatus
from app.services import subscriptions
from app.web.htmx import render_page
from app.web.pagination import read_list
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/subscriptions/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_subscriptions() -> Response:
    query = read_list(
        "subscription-table",
        sorts=(),
        default_sort="-number",
        filters={"status": list(SubscriptionStatus)},
    )
    status = query.choices.get("status")
    return render_page(
        "storefront/subscriptions/list.html",
        partial="storefront/subscriptions/_subscription_table.html",
        query=query,
        page=subscriptions.list_subscriptions(
            current_viewer(),
            page=query.page,
            q=query.q,
            status=SubscriptionStatus(status) if status else None,
        ),
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
