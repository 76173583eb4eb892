"""How things look to this person: the theme, prices with or without VAT."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.auth import bp
from app.domain.access import Permission
from app.services import sign_in as sign_ins
from app.web.layout import THEME_COOKIE, THEMES
from app.web.next_page import safe_next
from app.web.policy import policy
from app.web.viewer import current_viewer

_A_YEAR = 365 * 24 * 3600


@bp.post("/theme")
@policy(public=True)
def choose_theme() -> Response:
    response = _back()
    theme = request.form.get("theme", "")
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            theme,
            max_age=_A_YEAR,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response


@bp.post("/vat")
@policy(write=Permission.VIEW_STOREFRONT)
def choose_vat() -> Response:
    choice = {"incl": True, "excl": False}.get(request.form.get("vat", ""))
    if choice is not None:
        sign_ins.choose_vat(current_viewer(), shows_vat=choice)
    return _back()


def _back() -> Response:
    return redirect(safe_next(request.form.get("next")) or url_for(".land"), code=303)
