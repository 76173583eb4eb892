"""Software for sale: the plans, and one with everything it can be bought as."""

from uuid import UUID

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web.ordering.software import show_software, show_software_plan, submit_software_plan
from app.web.policy import policy


@bp.get("/catalogue/software/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_software() -> Response:
    return show_software()


@bp.get("/catalogue/software/<uuid:product_id>/")
@policy(read=Permission.VIEW_STOREFRONT)
def get_software_plan(product_id: UUID) -> Response:
    return show_software_plan(product_id)


@bp.post("/catalogue/software/<uuid:product_id>/")
@policy(write=Permission.PLACE_ORDERS)
def review_software(product_id: UUID) -> BaseResponse:
    return submit_software_plan(product_id)
