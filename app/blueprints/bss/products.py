"""Back office: products, and reading Microsoft's catalogue again."""

from uuid import UUID

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField
from wtforms.validators import AnyOf

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.domain.assets import AssetKind
from app.services import catalogue_refreshes, products
from app.web.forms import BaseForm
from app.web.htmx import render_page
from app.web.pagination import read_list
from app.web.policy import policy
from app.web.viewer import current_viewer

_FILTERS = {"kind": list(AssetKind), "published": ("yes", "no")}


class PublishForm(BaseForm):
    published = StringField(validators=[AnyOf(("yes", "no"))])


@bp.get("/billing/products/")
@policy(read=Permission.VIEW_BSS)
def list_products() -> Response:
    query = read_list("product-table", sorts=products.SORTS, default_sort="name", filters=_FILTERS)
    published = query.choices.get("published")
    wanted = products.ProductQuery(
        q=query.q,
        kind=AssetKind(query.choices["kind"]) if "kind" in query.choices else None,
        is_published=None if published is None else published == "yes",
        sort=query.sort,
        descending=query.descending,
        page=query.page,
    )
    return render_page(
        "bss/products/list.html",
        partial="bss/products/_product_table.html",
        query=query,
        found=products.list_products(current_viewer(), wanted),
        kinds=list(AssetKind),
        refresh=catalogue_refreshes.latest_refresh(current_viewer()),
        form=BaseForm(formdata=None),
    )


@bp.get("/billing/products/<uuid:product_id>/")
@policy(read=Permission.VIEW_BSS)
def get_product(product_id: UUID) -> Response:
    return _product_page(product_id)


def _product_page(product_id: UUID, *, status: int = 200) -> Response:
    query = read_list("sku-table", sorts=("title",), default_sort="title")
    return render_page(
        "bss/products/detail.html",
        partial="bss/products/_sku_table.html",
        query=query,
        view=products.get_product(current_viewer(), product_id, q=query.q, page=query.page),
        form=PublishForm(formdata=None),
        status=status,
    )


@bp.post("/billing/products/<uuid:product_id>/publish")
@policy(write=Permission.MANAGE_PRICES)
def publish_product(product_id: UUID) -> BaseResponse:
    form = PublishForm()
    if not form.validate_on_submit():
        return _product_page(product_id, status=422)
    is_published = form.published.data == "yes"
    name = products.publish(current_viewer(), product_id, is_published=is_published)
    if is_published:
        flash(_("%(name)s is shown in the storefront now.", name=name))
    else:
        flash(_("%(name)s is hidden from the storefront now.", name=name))
    return redirect(url_for(".get_product", product_id=product_id), code=303)


@bp.post("/billing/products/refresh")
@policy(write=Permission.MANAGE_PRICES)
def refresh_products() -> BaseResponse:
    catalogue_refreshes.request_refresh(current_viewer())
    return redirect(url_for(".get_catalogue_refresh"), code=303)


@bp.get("/billing/products/refresh")
@policy(read=Permission.VIEW_BSS)
def get_catalogue_refresh() -> Response:
    return render_page(
        "bss/products/refresh.html",
        partial="bss/products/_catalogue_refresh.html",
        refresh=catalogue_refreshes.latest_refresh(current_viewer()),
        sees_cost=current_viewer().may(Permission.VIEW_COST),
        form=BaseForm(formdata=None),
    )
