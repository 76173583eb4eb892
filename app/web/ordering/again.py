"""Buying again: a button on an order, and on an asset that ends soon."""

from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.services.buying_again import (
    BoughtBefore,
    NextStep,
    buy_again,
    get_asset_before,
    get_order_before,
)
from app.web.forms import show_domain_error_on
from app.web.locale import translated
from app.web.ordering.forms import AgainForm
from app.web.viewer import current_viewer


def submit_order_again(order_id: UUID) -> BaseResponse:
    """Hold today's prices, and go on to the review; or say why nothing can be bought."""
    return _submit(get_order_before(current_viewer(), order_id))


def submit_asset_again(asset_id: UUID) -> BaseResponse:
    """As `submit_order_again`."""
    return _submit(get_asset_before(current_viewer(), asset_id))


def _submit(before: BoughtBefore) -> BaseResponse:
    form = AgainForm()
    if form.validate_on_submit() and form.form_token.data:
        with show_domain_error_on(form):
            return _go_on(buy_again(current_viewer(), before, form.form_token.data))
    return _page(form)


def _go_on(step: NextStep) -> BaseResponse:
    for reason in step.left_out:
        flash(translated(reason))
    if step.order_id is not None:
        return redirect(url_for(".review_order", order_id=step.order_id), code=303)
    return redirect(url_for(".get_basket", customer=step.account_id), code=303)


def _page(form: AgainForm) -> Response:
    return make_response(render_template("ordering/again/refused.html", form=form), 422)
