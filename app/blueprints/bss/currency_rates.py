"""Back office: exchange rates."""

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.price_list_forms import RateForm
from app.domain.access import Permission
from app.services import currency_rates
from app.web.forms import show_domain_error_on
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/billing/exchange-rates/")
@policy(read=Permission.MANAGE_PRICES)
def list_exchange_rates() -> Response:
    return _page(RateForm(formdata=None))


@bp.post("/billing/exchange-rates/")
@policy(write=Permission.MANAGE_PRICES)
def save_exchange_rate() -> BaseResponse:
    form = RateForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            currency_rates.save_rate(current_viewer(), *form.wanted())
            return _saved(_("The rate is saved."))
    return _page(form, status=422)


@bp.post("/billing/exchange-rates/remove")
@policy(write=Permission.MANAGE_PRICES)
def remove_exchange_rate() -> BaseResponse:
    form = RateForm()
    currency_rates.remove_rate(
        current_viewer(), form.from_currency.data or "", form.to_currency.data or ""
    )
    return _saved(_("The rate is removed."))


def _saved(message: str) -> BaseResponse:
    flash(message)
    return redirect(url_for(".list_exchange_rates"), code=303)


def _page(form: RateForm, *, status: int = 200) -> Response:
    rates = currency_rates.list_rates(current_viewer())
    page = render_template("bss/price_lists/rates.html", form=form, rates=rates)
    return make_response(page, status)
