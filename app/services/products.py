"""Back office: products, what of each Microsoft sells, and whether the storefront shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetKind, term_label
from app.domain.audit import AuditEvent
from app.domain.errors import NotAllowedError, NotFoundError
from app.models import Product, Sku
from app.services.audit import Subject, audit
from app.services.pages import Keys, Page, PageRequest, fetch_counted_page

log = structlog.get_logger(__name__)

_SORTED_BY: Mapping[str, Sequence[Any]] = {
    "name": (Product.name, Product.id),
    "code": (Product.code,),
}
_SKUS_SORTED_BY: Sequence[Any] = (Sku.title, Sku.segment, Sku.id)
SORTS = tuple(_SORTED_BY)


@dataclass(frozen=True, kw_only=True)
class ProductQuery:
    q: str = ""
    kind: AssetKind | None = None
    is_published: bool | None = None
    sort: str = "name"  # out of SORTS
    descending: bool = False
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, kw_only=True)
class ProductRow:
    """`sold` of its `skus` have a price."""

    id: UUID
    code: str
    name: str
    kind: AssetKind
    is_published: bool
    skus: int
    sold: int


@dataclass(frozen=True, kw_only=True)
class SkuRow:
    """`cost` is "" for whoever may not know it, and where Microsoft gives none."""

    title: str
    microsoft_id: str
    segment: str
    term: str
    cost: str
    is_sold: bool


@dataclass(frozen=True, kw_only=True)
class ProductView:
    row: ProductRow
    description: str
    microsoft_product_id: str | None
    skus: Page[SkuRow]


def list_products(viewer: Viewer, wanted: ProductQuery) -> Page[ProductRow]:
    """Two statements."""
    filters = list(_filters(wanted))
    session = reading(viewer.scope)
    keys = Keys(columns=_SORTED_BY[wanted.sort], descending=wanted.descending)
    counted = sa.select(Product.id).where(*filters)
    query = _rows().where(*filters)
    found = fetch_counted_page(session, query, keys, wanted.page, counted=counted)
    return found.with_items([_row(*row[:3]) for row in found.items])


def get_product(viewer: Viewer, product_id: UUID, *, q: str, page: PageRequest) -> ProductView:
    """The product with one page of its SKUs whose title holds `q`."""
    session = reading(viewer.scope)
    found = session.execute(_rows().where(Product.id == product_id)).one_or_none()
    if found is None:
        raise NotFoundError
    filters = [Sku.product_id == product_id]
    filters += [Sku.title.icontains(word, autoescape=True) for word in q.split()]
    query = sa.select(Sku).where(*filters)
    skus = fetch_counted_page(session, query, Keys(columns=_SKUS_SORTED_BY), page)
    product = found[0]
    return ProductView(
        row=_row(*found),
        description=product.description,
        microsoft_product_id=product.microsoft_product_id,
        skus=skus.with_items([_sku_row(viewer, row[0]) for row in skus.items]),
    )


def publish(viewer: Viewer, product_id: UUID, *, is_published: bool) -> str:
    """Show or hide a product in the storefront; its name. What was bought stays as it is."""
    if not viewer.may(Permission.MANAGE_PRICES):
        raise NotAllowedError("Your role reads products; it does not change them.")
    with transaction(viewer.scope) as session:
        product = session.get(Product, product_id, with_for_update=True)
        if product is None:
            raise NotFoundError
        is_other = product.is_published is not is_published
        product.is_published = is_published
        name = product.name
        if is_other:
            event = AuditEvent.PRODUCT_PUBLISHED if is_published else AuditEvent.PRODUCT_HIDDEN
            audit(session, viewer, event, Subject(kind="product", name=name, id=product.id))
    log.info("products.published", product=name, is_published=is_published, actor=viewer.email)
    return name


def _rows() -> sa.Select[Product, int, int]:
    skus = sa.select(sa.func.count()).where(Sku.product_id == Product.id)
    sold = skus.where(Sku.cost.is_not(None))
    return sa.select(Product, skus.scalar_subquery(), sold.scalar_subquery())


def _filters(wanted: ProductQuery) -> list[sa.ColumnElement[bool]]:
    filters: list[sa.ColumnElement[bool]] = [
        Product.name.icontains(word, autoescape=True) | (Product.code == word.lower())
        for word in wanted.q.split()
    ]
    if wanted.kind is not None:
        filters.append(Product.kind == wanted.kind)
    if wanted.is_published is not None:
        filters.append(Product.is_published.is_(wanted.is_published))
    return filters


def _row(product: Any, skus: int, sold: int) -> ProductRow:
    return ProductRow(
        id=product.id,
        code=product.code,
        name=product.name,
        kind=product.kind,
        is_published=product.is_published,
        skus=skus,
        sold=sold,
    )


def _sku_row(viewer: Viewer, sku: Sku) -> SkuRow:
    sees_cost = viewer.may(Permission.VIEW_COST) and sku.cost is not None
    return SkuRow(
        title=sku.title,
        microsoft_id=f"{sku.microsoft_product_id}:{sku.microsoft_sku_id}",
        segment=sku.segment,
        term=term_label(sku.term_duration),
        cost=f"{sku.currency} {sku.cost:,.4f}" if sees_cost else "",
        is_sold=sku.cost is not None,
    )
