"""A reseller's customers: the list, one of them, and what was agreed with them."""

from collections.abc import Iterable
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.storefront import bp
from app.blueprints.storefront.customer_forms import DefaultMarkupForm, TermsForm
from app.domain.access import Permission
from app.services import customer_details, customer_terms, customers
from app.web.forms import show_domain_error_on
from app.web.htmx import render_page
from app.web.list_file import FORMATS, Column, FileFormat, Kind, ListFile, list_file, wanted_format
from app.web.pagination import ListQuery, read_list
from app.web.policy import policy
from app.web.viewer import current_viewer

_FILTERS = {"orders": ("approved", "direct"), "prices": ("shown", "hidden"), "format": FORMATS}


@bp.get("/customers/")
@policy(read=Permission.VIEW_CUSTOMERS)
def list_customers() -> Response:
    viewer = current_viewer()
    query = read_list(
        "customer-table",
        sorts=[str(sort) for sort in customers.CustomerSort],
        default_sort="name",
        filters=_FILTERS,
    )
    wanted = _wanted(query)
    if chosen := wanted_format():
        return _file(customers.export_customers(viewer, wanted), chosen)
    return render_page(
        "storefront/customers/list.html",
        partial="storefront/customers/_customer_table.html",
        query=query,
        found=customers.list_customers(viewer, wanted),
        default_markup=customers.default_markup(viewer),
    )


@bp.get("/customers/<uuid:account_id>/")
@policy(read=Permission.VIEW_CUSTOMERS)
def get_customer(account_id: UUID) -> Response:
    customer = customer_details.get_customer(current_viewer(), account_id)
    return make_response(render_template("storefront/customers/detail.html", customer=customer))


@bp.get("/customers/<uuid:account_id>/terms")
@policy(read=Permission.MANAGE_CUSTOMERS)
def edit_terms(account_id: UUID) -> Response:
    return _terms_page(account_id)


@bp.post("/customers/<uuid:account_id>/terms")
@policy(write=Permission.MANAGE_CUSTOMERS)
def save_terms(account_id: UUID) -> BaseResponse:
    customer_details.get_terms(current_viewer(), account_id)  # a stranger's is missing, not wrong
    form = TermsForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            customer_terms.save_terms(current_viewer(), account_id, form.agreed())
            flash(_("Saved. It holds from the next quote on; what was bought keeps its price."))
            return redirect(url_for(".get_customer", account_id=account_id), code=303)
    return _terms_page(account_id, form, status=422)


@bp.get("/customers/default-markup")
@policy(read=Permission.MANAGE_CUSTOMERS)
def edit_default_markup() -> Response:
    return _default_page(DefaultMarkupForm.showing(customers.default_markup(current_viewer())))


@bp.post("/customers/default-markup")
@policy(write=Permission.MANAGE_CUSTOMERS)
def save_default_markup() -> BaseResponse:
    form = DefaultMarkupForm()
    if form.validate_on_submit() and form.markup.data is not None:
        with show_domain_error_on(form):
            customer_terms.save_default_markup(current_viewer(), form.markup.data)
            flash(_("The default markup is saved."))
            return redirect(url_for(".list_customers"), code=303)
    return _default_page(form, status=422)


def _terms_page(account_id: UUID, form: TermsForm | None = None, *, status: int = 200) -> Response:
    name, terms = customer_details.get_terms(current_viewer(), account_id)
    page = render_template(
        "storefront/customers/terms.html",
        account_id=account_id,
        name=name,
        terms=terms,
        form=form or TermsForm.showing(terms),
    )
    return make_response(page, status)


def _default_page(form: DefaultMarkupForm, *, status: int = 200) -> Response:
    page = render_template("storefront/customers/default_markup.html", form=form)
    return make_response(page, status)


def _wanted(query: ListQuery) -> customers.CustomerQuery:
    orders, prices = query.choices.get("orders"), query.choices.get("prices")
    return customers.CustomerQuery(
        q=query.q,
        needs_approval=None if orders is None else orders == "approved",
        hides_prices=None if prices is None else prices == "hidden",
        sort=customers.CustomerSort(query.sort),
        descending=query.descending,
        page=query.page,
    )


def _file(rows: Iterable[customers.CustomerRow], chosen: FileFormat) -> Response:
    columns = [
        Column("Customer"),
        Column("Number"),
        Column("City"),
        Column("Country"),
        Column("Azure plans", Kind.NUMBER),
        Column("Active assets", Kind.NUMBER),
        Column("Assets", Kind.NUMBER),
        Column("Waiting for approval", Kind.NUMBER),
        Column("Markup (%)", Kind.NUMBER),
        Column("Prices"),
        Column("Approval"),
    ]
    return list_file(
        ListFile(name="customers", columns=columns, rows=(_cells(row) for row in rows)), chosen
    )


def _cells(row: customers.CustomerRow) -> list[object]:
    return [
        row.name,
        row.number,
        row.city,
        row.country,
        row.plans,
        row.active_assets,
        row.assets,
        row.pending_orders,
        row.terms.markup.normalize(),
        "Hidden" if row.terms.hides_prices else "Shown",
        "Required" if row.terms.needs_approval else "Not required",
    ]
