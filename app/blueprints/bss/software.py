"""Back office: software for sale to an account, which staff order on its behalf."""

from uuid import UUID

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.web.ordering.software import show_software, show_software_plan, submit_software_plan
from app.web.policy import policy


@bp.get("/sales/software/")
@policy(read=Permission.VIEW_BSS)
def list_software() -> Response:
    return show_software()


@bp.get("/sales/software/<uuid:product_id>/")
@policy(read=Permission.VIEW_BSS)
def get_software_plan(product_id: UUID) -> Response:
    return show_software_plan(product_id)


@bp.post("/sales/software/<uuid:product_id>/")
@policy(write=Permission.PROVISION)
def review_software(product_id: UUID) -> BaseResponse:
    return submit_software_plan(product_id)
