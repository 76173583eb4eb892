"""The basket: several lines bought with one order."""

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web.ordering.basket import show_basket, submit_basket, submit_line_change
from app.web.policy import policy


@bp.get("/basket/")
@policy(read=Permission.PLACE_ORDERS)
def get_basket() -> Response:
    return show_basket()


@bp.post("/basket/")
@policy(write=Permission.PLACE_ORDERS)
def review_basket() -> BaseResponse:
    return submit_basket()


@bp.post("/basket/lines")
@policy(write=Permission.PLACE_ORDERS)
def change_basket_line() -> BaseResponse:
    return submit_line_change()
