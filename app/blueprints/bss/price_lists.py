"""Back office: price lists."""

from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.price_list_forms import AccountForm, LineForm, PriceListForm, RemoveForm
from app.domain.access import Permission
from app.services import currency_rates, price_lists
from app.services.price_lists import PriceListView
from app.web.forms import show_domain_error_on
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/billing/price-lists/")
@policy(read=Permission.VIEW_COST)
def list_price_lists() -> Response:
    viewer = current_viewer()
    page = render_template(
        "bss/price_lists/list.html",
        price_lists=price_lists.list_price_lists(viewer),
        rates=currency_rates.list_rates(viewer),
    )
    return make_response(page)


@bp.get("/billing/price-lists/new")
@policy(read=Permission.MANAGE_PRICES)
def new_price_list() -> Response:
    return _form_page(PriceListForm.of(None))


@bp.post("/billing/price-lists/new")
@policy(write=Permission.MANAGE_PRICES)
def add_price_list() -> BaseResponse:
    form = PriceListForm.of(None)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            price_list_id = price_lists.save_price_list(current_viewer(), form.edit())
            return _to(price_list_id, _("The price list is added."))
    return _form_page(form, status=422)


@bp.get("/billing/price-lists/<uuid:price_list_id>/")
@policy(read=Permission.VIEW_COST)
def get_price_list(price_list_id: UUID) -> Response:
    return _view_page(price_lists.get_price_list(current_viewer(), price_list_id))


@bp.get("/billing/price-lists/<uuid:price_list_id>/edit")
@policy(read=Permission.MANAGE_PRICES)
def edit_price_list(price_list_id: UUID) -> Response:
    view = price_lists.get_price_list(current_viewer(), price_list_id)
    return _form_page(PriceListForm.of(view), view)


@bp.post("/billing/price-lists/<uuid:price_list_id>/edit")
@policy(write=Permission.MANAGE_PRICES)
def save_price_list(price_list_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    view = price_lists.get_price_list(viewer, price_list_id)
    form = PriceListForm.of(view)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            price_lists.save_price_list(viewer, form.edit(), price_list_id=price_list_id)
            return _to(price_list_id, _("The price list is saved."))
    return _form_page(form, view, status=422)


@bp.post("/billing/price-lists/<uuid:price_list_id>/lines")
@policy(write=Permission.MANAGE_PRICES)
def save_price_list_line(price_list_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    view = price_lists.get_price_list(viewer, price_list_id)
    form = LineForm(view)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            price_lists.save_line(viewer, price_list_id, form.edit())
            return _to(price_list_id, _("The product has a price rule of its own."))
    return _view_page(view, line_form=form, status=422)


@bp.post("/billing/price-lists/<uuid:price_list_id>/lines/remove")
@policy(write=Permission.MANAGE_PRICES)
def remove_price_list_line(price_list_id: UUID) -> BaseResponse:
    price_lists.remove_line(current_viewer(), price_list_id, RemoveForm().removed_id())
    return _to(price_list_id, _("The product follows its list again."))


@bp.post("/billing/price-lists/<uuid:price_list_id>/accounts")
@policy(write=Permission.MANAGE_PRICES)
def assign_price_list(price_list_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    view = price_lists.get_price_list(viewer, price_list_id)
    form = AccountForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            name = price_lists.assign_account(viewer, price_list_id, form.account.data or "")
            return _to(price_list_id, _("%(name)s has this price list now.", name=name))
    return _view_page(view, account_form=form, status=422)


@bp.post("/billing/price-lists/<uuid:price_list_id>/accounts/remove")
@policy(write=Permission.MANAGE_PRICES)
def unassign_price_list(price_list_id: UUID) -> BaseResponse:
    price_lists.unassign_account(current_viewer(), price_list_id, RemoveForm().removed_id())
    return _to(price_list_id, _("The account has this price list no longer."))


def _to(price_list_id: UUID, message: str) -> BaseResponse:
    flash(message)
    return redirect(url_for(".get_price_list", price_list_id=price_list_id), code=303)


def _form_page(
    form: PriceListForm, view: PriceListView | None = None, *, status: int = 200
) -> Response:
    page = render_template("bss/price_lists/edit.html", form=form, view=view)
    return make_response(page, status)


def _view_page(
    view: PriceListView,
    *,
    line_form: LineForm | None = None,
    account_form: AccountForm | None = None,
    status: int = 200,
) -> Response:
    page = render_template(
        "bss/price_lists/detail.html",
        view=view,
        line_form=line_form or LineForm(view, formdata=None),
        account_form=account_form or AccountForm(formdata=None),
        remove_form=RemoveForm(formdata=None),
    )
    return make_response(page, status)
