"""The last page before buying. Nothing is bought until its button is pressed."""

from uuid import UUID

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web.ordering.review import show_review, submit_review
from app.web.policy import policy


@bp.get("/orders/<uuid:order_id>/review/")
@policy(read=Permission.PLACE_ORDERS)
def review_order(order_id: UUID) -> Response:
    return show_review(order_id)


@bp.post("/orders/<uuid:order_id>/review/")
@policy(write=Permission.PLACE_ORDERS)
def buy(order_id: UUID) -> BaseResponse:
    return submit_review(order_id)
