"""Orders: the list, one of them, and a reseller's yes or no."""

from uuid import UUID

from flask import Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.storefront import bp
from app.blueprints.storefront.order_files import order_file
from app.blueprints.storefront.order_forms import ApproveForm, DeclineForm
from app.domain.access import Permission
from app.domain.orders import OrderStatus
from app.services import order_history
from app.services import orders as ordering
from app.web.forms import show_domain_error_on
from app.web.htmx import render_page
from app.web.list_file import FORMATS, wanted_format
from app.web.pagination import read_list
from app.web.policy import policy
from app.web.viewer import current_viewer

_PLACED = [status for status in OrderStatus if status is not OrderStatus.QUOTED]


@bp.get("/orders/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_orders() -> Response:
    viewer = current_viewer()
    filters = {"status": [str(status) for status in _PLACED], "format": FORMATS}
    query = read_list("order-table", sorts=(), default_sort="-number", filters=filters)
    chosen = query.choices.get("status")
    status = OrderStatus(chosen) if chosen else None
    if file_format := wanted_format():
        rows = order_history.export_orders(viewer, q=query.q, status=status)
        return order_file(rows, file_format, is_reseller=viewer.is_reseller)
    return render_page(
        "storefront/orders/list.html",
        partial="storefront/orders/_order_table.html",
        query=query,
        page=order_history.list_orders(viewer, page=query.page, q=query.q, status=status),
        statuses=_PLACED,
    )


@bp.get("/orders/<uuid:order_id>/")
@policy(read=Permission.VIEW_STOREFRONT)
def get_order(order_id: UUID) -> BaseResponse:
    order = order_history.get_order(current_viewer(), order_id)
    if order.status is OrderStatus.QUOTED:
        return redirect(url_for(".review_order", order_id=order_id), code=303)
    return _page(order, DeclineForm(formdata=None))


@bp.post("/orders/<uuid:order_id>/approve")
@policy(write=Permission.APPROVE_ORDERS)
def approve_order(order_id: UUID) -> BaseResponse:
    form = ApproveForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            ordering.approve_order(current_viewer(), order_id)
            return redirect(url_for(".get_order", order_id=order_id), code=303)
    return _page(order_history.get_order(current_viewer(), order_id), form, status=422)


@bp.post("/orders/<uuid:order_id>/decline")
@policy(write=Permission.APPROVE_ORDERS)
def decline_order(order_id: UUID) -> BaseResponse:
    form = DeclineForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            ordering.decline_order(current_viewer(), order_id, form.reason.data or "")
            return redirect(url_for(".get_order", order_id=order_id), code=303)
    return _page(order_history.get_order(current_viewer(), order_id), form, status=422)


def _page(
    order: order_history.OrderDetails, form: ApproveForm | DeclineForm, status: int = 200
) -> Response:
    """`form` is the one that was sent: its errors stand on top of the page."""
    decline_form = form if isinstance(form, DeclineForm) else DeclineForm(formdata=None)
    html = render_template(
        "storefront/orders/detail.html", order=order, form=form, decline_form=decline_form
    )
    return make_response(html, status)
