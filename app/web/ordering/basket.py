"""The basket: several lines for one account, reviewed and bought together."""

from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from app.services import baskets
from app.services.basket_view import BasketView, get_basket
from app.services.quotes import quote_basket
from app.web.forms import show_domain_error_on
from app.web.ordering.forms import BasketForm, BasketLineForm
from app.web.viewer import current_viewer


def show_basket() -> Response:
    basket = _wanted()
    return _page(basket, BasketForm.for_rows(basket.rows, formdata=None))


def submit_basket() -> BaseResponse:
    """Keep the quantities; hold the prices and go on to the review where that button was pressed.

    The token is the basket's own: however often and from wherever it is reviewed, it is one order.
    """
    basket = _wanted()
    form = BasketForm.for_rows(basket.rows)
    account_id, token = basket.account_id, form.form_token.data
    if account_id is None:
        form.form_errors.append(gettext("The basket is empty."))
    elif form.validate_on_submit() and token:
        viewer = current_viewer()
        with show_domain_error_on(form):
            if token == basket.form_token or not form.is_for_review:
                baskets.change_quantities(viewer, account_id, form.quantities(basket.rows))
            if not form.is_for_review:
                return redirect(_url(account_id), code=303)
            order_id = quote_basket(viewer, account_id=account_id, form_token=token)
            return redirect(url_for(".review_order", order_id=order_id), code=303)
    return _page(basket, form, status=422)


def submit_line_change() -> BaseResponse:
    """Take a line out, or put it back."""
    viewer, form = current_viewer(), BasketLineForm()
    if form.remove.data:
        account_id = baskets.remove_line(viewer, form.remove.data)
        return redirect(_url(account_id, removed=form.remove.data), code=303)
    if form.restore.data:
        return redirect(_url(baskets.restore_line(viewer, form.restore.data)), code=303)
    return redirect(url_for(".get_basket"), code=303)


def into_basket(account_id: UUID) -> BaseResponse:
    """Where whoever put something into the basket goes on."""
    flash(gettext("In the basket."))
    return redirect(_url(account_id), code=303)


def _url(account_id: UUID, removed: UUID | None = None) -> str:
    return url_for(".get_basket", customer=account_id, removed=removed)


def _wanted() -> BasketView:
    return get_basket(
        current_viewer(),
        request.args.get("customer", type=UUID),
        removed_id=request.args.get("removed", type=UUID),
    )


def _page(basket: BasketView, form: BasketForm, status: int = 200) -> Response:
    form.form_token.data = basket.form_token or form.form_token.data
    html = render_template("ordering/basket/basket.html", basket=basket, form=form)
    return make_response(html, status)
