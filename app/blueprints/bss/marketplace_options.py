"""Back office: how the storefront presents itself."""

from dataclasses import asdict

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.marketplace_options_form import MarketplaceOptionsForm
from app.domain.access import Permission
from app.services.marketplace_options import example_rows, save_marketplace_options
from app.web.forms import show_domain_error_on
from app.web.policy import policy
from app.web.viewer import current_viewer, marketplace


@bp.get("/setup/marketplace-options/")
@policy(read=Permission.VIEW_BSS)
def marketplace_options() -> Response:
    return _page(_form())


@bp.post("/setup/marketplace-options/")
@policy(write=Permission.ADMINISTER)
def save_options() -> BaseResponse:
    form = _form()
    if form.validate_on_submit():
        if "preview" in request.form:
            return _page(form)
        with show_domain_error_on(form):
            save_marketplace_options(current_viewer(), form.wanted())
            flash(_("The marketplace options are saved."))
            return redirect(url_for(".marketplace_options"), code=303)
    return _page(form, status=422)


def _form() -> MarketplaceOptionsForm:
    return MarketplaceOptionsForm(**asdict(marketplace()))


def _page(form: MarketplaceOptionsForm, *, status: int = 200) -> Response:
    page = render_template(
        "bss/marketplace_options/edit.html",
        form=form,
        now=marketplace(),
        examples=example_rows(current_viewer()),
    )
    return make_response(page, status)
