"""The back office's home."""

from flask import Response, make_response, render_template

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.services.bss_home import get_attention
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/")
@policy(read=Permission.VIEW_BSS)
def home() -> Response:
    attention = get_attention(current_viewer())
    return make_response(render_template("bss/home.html", attention=attention))
