"""Ordering a reservation from an Azure plan: find it, say how many, review."""

from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.services import reservation_wizard as wizards
from app.services.baskets import add_reservation
from app.services.quotes import quote_reservation
from app.web.forms import show_domain_error_on
from app.web.htmx import render_page
from app.web.ordering.basket import into_basket
from app.web.ordering.forms import ReservationOrderForm
from app.web.ordering.reservation_filters import filters_of
from app.web.pagination import read_list
from app.web.viewer import current_viewer

_FOLDER = "ordering/buy_reservation"


def show_wizard(subscription_id: UUID) -> Response:
    form = ReservationOrderForm(
        formdata=None,
        sku=request.args.get("sku", type=UUID),
        quantity=request.args.get("quantity", 1, type=int),
    )
    return _page(subscription_id, form)


def submit_wizard(subscription_id: UUID) -> BaseResponse:
    """Hold the price, and go on to the review page; or put it into the basket."""
    form, viewer = ReservationOrderForm(), current_viewer()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            wish = {"subscription_id": subscription_id, **form.wish()}
            if form.is_for_basket:
                return into_basket(add_reservation(viewer, **wish))
            order_id = quote_reservation(viewer, **wish)
            return redirect(url_for(".review_order", order_id=order_id), code=303)
    return _page(subscription_id, form, status=422)


def _page(subscription_id: UUID, form: ReservationOrderForm, status: int = 200) -> Response:
    query = read_list("reservation-finder", sorts=(), default_sort="title")
    wanted = wizards.Wanted(
        reservation_type=request.args.get("type", ""),
        filters={name: request.args.get(name, "") for name in wizards.FILTERS},
        q=query.q,
        sku_id=form.sku.data,
        page=query.page,
    )
    wizard = wizards.prepare(current_viewer(), subscription_id, wanted)
    step = "_chosen_reservation" if wizard.chosen else "_reservation_finder"
    return render_page(
        f"{_FOLDER}/wizard.html",
        partial=f"{_FOLDER}/{step}.html",
        status=status,
        step=f"{_FOLDER}/{step}.html",
        wizard=wizard,
        filters=filters_of(wizard),
        query=query,
        form=form,
    )
