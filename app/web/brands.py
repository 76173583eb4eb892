"""A brand on pages: its hue as a style sheet, its logo, and the pages that change it."""

from typing import Any
from uuid import UUID

from flask import (
    Flask,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_wtf.file import FileField
from werkzeug.wrappers import Response as BaseResponse
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import AnyOf, Length, NumberRange, Optional

from app.domain.brand import HUES, LARGEST_LOGO, MARKETPLACE_HUE, fill_colour
from app.services import brands
from app.services.brands import LONGEST_NAME, BrandWish, ShownBrand
from app.web.forms import BaseForm, show_domain_error_on
from app.web.policy import policy
from app.web.viewer import current_viewer

BRAND_COOKIE = "brand"
_FOR_EVER = "public, max-age=31536000, immutable"
_KEPT_SECONDS = 365 * 24 * 3600
_HUE_STEPS = range(0, 360, 30)
_WRONG_HUE = "A hue is a whole number from 0 to 359."


class BrandForm(BaseForm):
    name = StringField("Name", [Length(max=LONGEST_NAME)])
    hue = IntegerField("Hue", [Optional(), NumberRange(0, 359, _WRONG_HUE)])
    logo = FileField("Logo")
    removes_logo = BooleanField("Take the logo away")
    save = StringField(validators=[AnyOf(["yes"], "Press Save.")])  # the button


def init_brands(app: Flask) -> None:
    app.add_url_rule("/brand/style", "brand_style", brand_style)
    app.add_url_rule("/brand/<uuid:brand_id>/logo", "brand_logo", brand_logo)
    app.jinja_env.globals.update(brand_style_url=brand_style_url, logo_url=logo_url)


@policy(public=True)
def brand_style() -> Response:
    """The one property that all colours of the style sheet follow from."""
    hue = request.args.get("hue", "")
    if hue not in {str(each) for each in HUES}:
        abort(404)
    response = Response(f":root{{--brand-h:{hue}}}\n", mimetype="text/css")
    response.headers["Cache-Control"] = _FOR_EVER
    return response


@policy(public=True)
def brand_logo(brand_id: UUID) -> Response:
    response = Response(brands.get_logo(brand_id), mimetype="image/png")
    response.headers["Cache-Control"] = _FOR_EVER
    return response


def brand_style_url(brand: ShownBrand) -> str:
    """Empty where the marketplace's own style sheet says it all."""
    return "" if brand.hue is None else url_for("brand_style", hue=brand.hue)


def logo_url(brand: ShownBrand) -> str:
    """Empty where there is no logo."""
    if brand.logo is None:
        return ""
    return url_for("brand_logo", brand_id=brand.logo.brand_id, v=brand.logo.version)


def brand_of_cookie() -> ShownBrand:
    """What the sign-in page shows: the brand of whoever signed in here last."""
    text = request.args.get(BRAND_COOKIE) or request.cookies.get(BRAND_COOKIE, "")
    try:
        brand_id = UUID(text)
    except ValueError:
        brand_id = None
    return brands.find_brand(brand_id)


def keep_brand(response: BaseResponse, brand: ShownBrand) -> BaseResponse:
    """Let the sign-in page of this browser look like what was signed in to."""
    if brand.brand_id is None:
        response.delete_cookie(BRAND_COOKIE)
    else:
        response.set_cookie(
            BRAND_COOKIE,
            str(brand.brand_id),
            max_age=_KEPT_SECONDS,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def brand_page(form: BrandForm | None = None, status: int = 200) -> Response:
    """`form` is the one that was sent: its errors stand on the page."""
    own = brands.get_own_brand(current_viewer())
    page = render_template(
        "brands/edit.html",
        own=own,
        form=form or BrandForm(formdata=None, name=own.name, hue=own.hue),
        samples=[(hue, fill_colour(hue)) for hue in _HUE_STEPS],
        own_hue=MARKETPLACE_HUE,
    )
    return make_response(page, status)


def save_brand() -> BaseResponse:
    form = BrandForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            brands.save_brand(current_viewer(), _wish(form))
            flash(_("Saved. It shows on every next page."))
            return redirect(url_for(".edit_brand"), code=303)
    return brand_page(form, status=422)


def _wish(form: BrandForm) -> BrandWish:
    upload: Any = form.logo.data
    return BrandWish(
        name=form.name.data or "",
        hue=form.hue.data,
        logo=upload.read(LARGEST_LOGO + 1) if upload else b"",
        removes_logo=form.removes_logo.data,
    )
