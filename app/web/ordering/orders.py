"""Orders: the list, one of them, and a yes or no to one that waits."""

from collections.abc import Iterable
from uuid import UUID

from flask import Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.domain.orders import OrderStatus
from app.services import order_history
from app.services import orders as ordering
from app.services.buying import may_order
from app.services.order_sorts import OrderSort
from app.web.customer_filter import customer_filter
from app.web.forms import show_domain_error_on
from app.web.ordering.files import order_file
from app.web.ordering.forms import ApproveForm, DeclineForm
from app.web.ordering.lists import answer_list, chosen, owner_head, read_newest_first
from app.web.pagination import ListQuery
from app.web.viewer import current_viewer

_PLACED = [status for status in OrderStatus if status is not OrderStatus.QUOTED]


def read_orders_query() -> ListQuery:
    filters: dict[str, Iterable[str]] = {"status": _PLACED, **customer_filter()}
    return read_newest_first("order-table", filters, sorts=OrderSort)


def show_orders(
    query: ListQuery, *, account_id: UUID | None = None, reseller_id: UUID | None = None
) -> Response:
    viewer = current_viewer()
    search = order_history.OrderSearch(
        q=query.q,
        status=chosen(query, "status", OrderStatus),
        account_id=account_id,
        reseller_id=reseller_id,
        sort=OrderSort(query.sort),
        descending=query.descending,
    )
    return answer_list(
        "ordering/orders/_order_table.html",
        query,
        file=lambda chosen_format: order_file(
            order_history.export_orders(viewer, search), chosen_format, owner_head(viewer)
        ),
        page=lambda: order_history.list_orders(viewer, search, page=query.page),
        statuses=_PLACED,
        owner_head=owner_head(viewer),
        may_order=may_order(viewer),
    )


def show_order(order_id: UUID) -> BaseResponse:
    """A quote is shown by its review."""
    order = order_history.get_order(current_viewer(), order_id)
    if order.status is OrderStatus.QUOTED:
        return redirect(url_for(".review_order", order_id=order_id), code=303)
    return _page(order, DeclineForm(formdata=None))


def submit_approval(order_id: UUID) -> BaseResponse:
    form = ApproveForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            ordering.approve_order(current_viewer(), order_id)
            return redirect(url_for(".get_order", order_id=order_id), code=303)
    return _page(order_history.get_order(current_viewer(), order_id), form, status=422)


def submit_refusal(order_id: UUID) -> BaseResponse:
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
        "ordering/orders/detail.html",
        order=order,
        form=form,
        decline_form=decline_form,
        may_order=may_order(current_viewer()),
    )
    return make_response(html, status)
