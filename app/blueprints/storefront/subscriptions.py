"""The account's Azure plans, and what may be done with each."""

from uuid import UUID

from flask import Response

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web.customer_filter import customer_of_list
from app.web.ordering.plans import read_plans_query, show_plan, show_plans
from app.web.policy import policy

_FOLDER = "storefront/subscriptions"


@bp.get("/subscriptions/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_subscriptions() -> Response:
    query = read_plans_query()
    return show_plans(_FOLDER, query, account_id=customer_of_list(query))


@bp.get("/subscriptions/<uuid:subscription_id>/")
@policy(read=Permission.VIEW_STOREFRONT)
def get_subscription(subscription_id: UUID) -> Response:
    return show_plan(_FOLDER, subscription_id)
