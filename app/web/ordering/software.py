"""Software for sale: the plans, and one with everything it can be bought as."""

from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.services import catalogue
from app.services.baskets import add_software
from app.services.buying import may_order
from app.services.catalogue_sorts import SoftwareSort
from app.services.pages import Page
from app.services.quotes import quote_software
from app.web.forms import show_domain_error_on
from app.web.htmx import render_page
from app.web.ordering.basket import into_basket
from app.web.ordering.forms import OrderForm
from app.web.ordering.software_query import SoftwareQuery, read_software_query
from app.web.viewer import current_viewer

_FOLDER = "ordering/software"


def show_software() -> Response:
    wanted = read_software_query("software-table")
    return render_page(
        f"{_FOLDER}/list.html",
        partial=f"{_FOLDER}/_software_table.html",
        filters=wanted.form,
        query=wanted.query,
        wanted=wanted,
        page=_plans_for(wanted),
    )


def _plans_for(wanted: SoftwareQuery) -> Page[catalogue.SoftwarePlan] | None:
    """None while nobody has said for whom: prices depend on it."""
    if wanted.account_id is None:
        return None
    return catalogue.list_software_plans(
        current_viewer(),
        wanted.account_id,
        catalogue.SoftwareSearch(
            q=wanted.query.q,
            segment=wanted.segment,
            term=wanted.term,
            sort=SoftwareSort(wanted.query.sort),
            descending=wanted.query.descending,
        ),
        page=wanted.query.page,
    )


def show_software_plan(product_id: UUID) -> Response:
    form = OrderForm(
        formdata=None,
        sku=request.args.get("sku", type=UUID),
        quantity=request.args.get("quantity", type=int),
    )
    return _page(product_id, form)


def submit_software_plan(product_id: UUID) -> BaseResponse:
    """Hold the price, and go on to the review page; or put it into the basket."""
    form, viewer = OrderForm(), current_viewer()
    account_id = read_software_query("software-plan").account_id
    if account_id is None:
        form.form_errors.append("Choose a customer.")
    elif form.validate_on_submit():
        with show_domain_error_on(form):
            if form.is_for_basket:
                return into_basket(add_software(viewer, account_id=account_id, **form.wish()))
            order_id = quote_software(viewer, account_id=account_id, **form.wish())
            return redirect(url_for(".review_order", order_id=order_id), code=303)
    return _page(product_id, form, status=422)


def _page(product_id: UUID, form: OrderForm, status: int = 200) -> Response:
    wanted = read_software_query("software-plan")
    viewer = current_viewer()
    plan = catalogue.get_software_plan(
        viewer, product_id, account_id=wanted.account_id or viewer.account_id
    )
    offers = [offer for offer in plan.offers if offer.segment == wanted.segment]
    _preselect(form, offers)
    return render_page(
        f"{_FOLDER}/plan.html",
        partial=f"{_FOLDER}/_software_plan.html",
        status=status,
        wanted=wanted,
        filters=wanted.form,
        query=wanted.query,
        plan=plan,
        offers=offers,
        form=form,
        may_order=may_order(viewer),
    )


def _preselect(form: OrderForm, offers: list[catalogue.SkuOffer]) -> None:
    """The first that can be bought and its smallest quantity, where nothing was chosen yet."""
    for_sale = [offer for offer in offers if offer.reason is None]
    chosen = next((offer for offer in for_sale if offer.id == form.sku.data), None)
    chosen = chosen or next(iter(for_sale), None)
    if chosen is not None:
        form.sku.data = chosen.id
        form.quantity.data = form.quantity.data or chosen.minimum_quantity
