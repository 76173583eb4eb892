"""The back office's home."""

import datetime as dt

from flask import Response, make_response, render_template, url_for

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.services.bss_home import get_attention
from app.web.policy import policy
from app.web.viewer import current_viewer

_LONGEST_MONTH = 31


@bp.get("/")
@policy(read=Permission.VIEW_BSS)
def home() -> Response:
    attention = get_attention(current_viewer())
    return make_response(render_template("bss/home.html", attention=attention))


@bp.app_template_global()
def assets_of_month(month: dt.date, what: str, **filters: str) -> str:
    """The list of what was `purchased` or `expires` in the month that begins with this day."""
    next_month = (month + dt.timedelta(days=_LONGEST_MONTH)).replace(day=1)
    last = next_month - dt.timedelta(days=1)
    days = {f"{what}_from": month.isoformat(), f"{what}_to": last.isoformat()}
    return url_for("bss.list_assets", **days, **filters)  # type: ignore[arg-type]
