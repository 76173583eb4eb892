"""Back office: Azure plans of every account, and ordering reservations from them on behalf."""

from uuid import UUID

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.owner_filter import owner_of, with_owners
from app.domain.access import Permission
from app.web.ordering.plans import read_plans_query, show_plan, show_plans
from app.web.ordering.reservations import show_wizard, submit_wizard
from app.web.policy import policy

_FOLDER = "bss/subscriptions"


@bp.get("/billing/subscriptions/")
@policy(read=Permission.VIEW_BSS)
def list_subscriptions() -> Response:
    query = with_owners(read_plans_query(), ("account", "reseller"))
    return show_plans(
        _FOLDER,
        query,
        account_id=owner_of(query, "account"),
        reseller_id=owner_of(query, "reseller"),
    )


@bp.get("/billing/subscriptions/<uuid:subscription_id>/")
@policy(read=Permission.VIEW_BSS)
def get_subscription(subscription_id: UUID) -> Response:
    return show_plan(_FOLDER, subscription_id)


@bp.get("/billing/subscriptions/<uuid:subscription_id>/buy-reservation/")
@policy(read=Permission.PROVISION)
def buy_reservation(subscription_id: UUID) -> Response:
    return show_wizard(subscription_id)


@bp.post("/billing/subscriptions/<uuid:subscription_id>/buy-reservation/")
@policy(write=Permission.PROVISION)
def review_reservation(subscription_id: UUID) -> BaseResponse:
    return submit_wizard(subscription_id)
