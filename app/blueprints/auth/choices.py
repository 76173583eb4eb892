"""How things look to this person: the theme, the language, prices with or without VAT."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.auth import bp
from app.domain.access import Permission
from app.services import sign_in as sign_ins
from app.web.layout import THEME_COOKIE, THEMES
from app.web.locale import LANGUAGE_COOKIE, LANGUAGES
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
        _keep(response, THEME_COOKIE, theme)
    return response


@bp.post("/language")
@policy(public=True)
def choose_language() -> Response:
    """For visitors, and for who chose none in the profile."""
    response = _back()
    language = request.form.get("language", "")
    if language in LANGUAGES:
        _keep(response, LANGUAGE_COOKIE, language)
    return response


@bp.post("/vat")
@policy(write=Permission.VIEW_STOREFRONT)
def choose_vat() -> Response:
    choice = {"incl": True, "excl": False}.get(request.form.get("vat", ""))
    if choice is not None:
        sign_ins.choose_vat(current_viewer(), shows_vat=choice)
    return _back()


def _keep(response: Response, cookie: str, value: str) -> None:
    response.set_cookie(
        cookie, value, max_age=_A_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
    )


def _back() -> Response:
    return redirect(safe_next(request.form.get("next")) or url_for(".land"), code=303)
