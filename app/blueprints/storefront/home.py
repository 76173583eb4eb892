"""The storefront's home."""

from flask import Response, make_response, render_template

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web.policy import policy


@bp.get("/")
@policy(read=Permission.VIEW_STOREFRONT)
def home() -> Response:
    return make_response(render_template("storefront/home.html"))
