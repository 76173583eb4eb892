"""Ordering a reservation from an Azure plan."""

from uuid import UUID

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web.ordering.reservations import show_wizard, submit_wizard
from app.web.policy import policy


@bp.get("/subscriptions/<uuid:subscription_id>/buy-reservation/")
@policy(read=Permission.PLACE_ORDERS)
def buy_reservation(subscription_id: UUID) -> Response:
    return show_wizard(subscription_id)


@bp.post("/subscriptions/<uuid:subscription_id>/buy-reservation/")
@policy(write=Permission.PLACE_ORDERS)
def review_reservation(subscription_id: UUID) -> BaseResponse:
    return submit_wizard(subscription_id)
