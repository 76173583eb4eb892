"""Back office: the basket of what staff order on behalf of an account."""

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.web.ordering.basket import show_basket, submit_basket, submit_line_change
from app.web.policy import policy


@bp.get("/sales/basket/")
@policy(read=Permission.PROVISION)
def get_basket() -> Response:
    return show_basket()


@bp.post("/sales/basket/")
@policy(write=Permission.PROVISION)
def review_basket() -> BaseResponse:
    return submit_basket()


@bp.post("/sales/basket/lines")
@policy(write=Permission.PROVISION)
def change_basket_line() -> BaseResponse:
    return submit_line_change()
