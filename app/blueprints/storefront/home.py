"""The storefront's home: what wants attention, what ends soon, what was ordered."""

from flask import Response, make_response, render_template

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.services import overview
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/")
@policy(read=Permission.VIEW_STOREFRONT)
def home() -> Response:
    found = overview.get_home(current_viewer())
    return make_response(render_template("storefront/home.html", home=found))
