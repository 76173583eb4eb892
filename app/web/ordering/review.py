"""The last page before buying. Nothing is bought until its button is pressed."""

from uuid import UUID

from flask import Response, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from app.services.orders import place_order
from app.services.reviews import Review, get_review
from app.web.forms import show_domain_error_on
from app.web.ordering.forms import BuyForm
from app.web.viewer import current_viewer


def show_review(order_id: UUID) -> Response:
    review = get_review(current_viewer(), order_id)
    return _page(review, BuyForm(formdata=None, buyer_reference=review.buyer_reference))


def submit_review(order_id: UUID) -> BaseResponse:
    """Buy what was read, and go on to the order."""
    form = BuyForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            place_order(
                current_viewer(),
                order_id,
                buyer_reference=form.buyer_reference.data or "",
                held_until=form.prices_read,
            )
            return redirect(url_for(".get_order", order_id=order_id), code=303)
    return _page(get_review(current_viewer(), order_id), form, status=422)


def _page(review: Review, form: BuyForm, status: int = 200) -> Response:
    """What was wrong may have changed the order: whoever buys ticks the box again."""
    if form.form_errors:
        form.agrees.data = False
    form.held_until.data = review.quote_ends_at.isoformat()
    if current_viewer().is_staff:
        form.buyer_reference.label.text = gettext("Reference of the account (optional)")
    html = render_template("ordering/orders/review.html", review=review, form=form)
    return make_response(html, status)
