"""The back office's home."""

from flask import Response, make_response, render_template

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.web.policy import policy


@bp.get("/")
@policy(read=Permission.VIEW_BSS)
def home() -> Response:
    return make_response(render_template("bss/home.html"))
