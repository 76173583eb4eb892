"""Back office: how the storefront looks, where no reseller says otherwise."""

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.web import brands
from app.web.policy import policy


@bp.get("/setup/brand/")
@policy(read=Permission.ADMINISTER)
def edit_brand() -> Response:
    return brands.brand_page()


@bp.post("/setup/brand/")
@policy(write=Permission.ADMINISTER)
def save_brand() -> BaseResponse:
    return brands.save_brand()
