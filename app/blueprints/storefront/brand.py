"""How the storefront looks to a reseller's customers: its administrators say so."""

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web import brands
from app.web.policy import policy


@bp.get("/brand/")
@policy(read=Permission.MANAGE_BRAND)
def edit_brand() -> Response:
    return brands.brand_page()


@bp.post("/brand/")
@policy(write=Permission.MANAGE_BRAND)
def save_brand() -> BaseResponse:
    return brands.save_brand()
