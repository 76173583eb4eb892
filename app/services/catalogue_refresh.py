"""Brings Microsoft's catalogue and our cost of it into our own tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import AssetKind
from app.domain.catalogue import (
    COMMERCIAL,
    RESERVED_INSTANCES_CODE,
    RESERVED_INSTANCES_NAME,
    SEGMENTS,
    software_product_code,
)
from app.domain.errors import ConflictError
from app.integrations.microsoft import CatalogueProduct
from app.models import Product, Sku
from app.services.catalogue_rows import IDENTITY, FoundSku, newest_prices, sku_rows
from app.services.ports import Catalogue

_RESERVATIONS = "AzureReservations"
_SOFTWARE = ("SoftwareSubscriptions", "SoftwarePerpetual")
_PRICE_SHEETS = ("azure_reservations", "software")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class RefreshResult:
    """`withdrawn` SKUs were for sale before and are no longer."""

    country: str
    products: int
    skus: int
    priced: int
    withdrawn: int


def refresh_catalogue(partner_center: Catalogue, *, country: str) -> RefreshResult:
    """Fetch everything first, then store it in one transaction: nobody sees half a catalogue.

    A SKU that Microsoft no longer lists, or lists without a price, stays and is not for sale.
    Raises MicrosoftError, or ConflictError for an empty catalogue; either leaves all as it was.
    """
    found = list(_fetch(partner_center))
    sheets = [list(partner_center.read_price_sheet(view)) for view in _PRICE_SHEETS]
    if not found or not all(sheets):
        raise ConflictError("Microsoft's catalogue came back empty. The one of before stands.")
    prices = newest_prices(chain.from_iterable(sheets))
    with transaction(SYSTEM_SCOPE) as session:
        product_ids = _store_products(session, found)
        rows = sku_rows(found, prices, product_ids)
        _store_skus(session, rows)
        withdrawn = _withdraw_missing(session)
    result = RefreshResult(
        country=country,
        products=len(product_ids),
        skus=len(rows),
        priced=sum(row["cost"] is not None for row in rows),
        withdrawn=withdrawn,
    )
    log.info("catalogue.refreshed", country=country, skus=result.skus, priced=result.priced)
    return result


def _fetch(partner_center: Catalogue) -> Iterator[FoundSku]:
    yield from _fetch_view(partner_center, _RESERVATIONS, AssetKind.RESERVATION, COMMERCIAL)
    for view in _SOFTWARE:
        for segment in SEGMENTS:
            kind = AssetKind.SOFTWARE_SUBSCRIPTION
            yield from _fetch_view(partner_center, view, kind, segment)


def _fetch_view(
    partner_center: Catalogue, view: str, kind: AssetKind, segment: str
) -> Iterator[FoundSku]:
    for product in partner_center.list_products(view, segment=segment):
        for sku in partner_center.list_skus(product.id, target_view=view, segment=segment):
            yield FoundSku(kind=kind, segment=segment, product=product, sku=sku)


def _store_products(session: Session, found: list[FoundSku]) -> dict[str | None, UUID]:
    """Our product of each of Microsoft's; None stands for the one of all reservations."""
    generic = {
        "code": RESERVED_INSTANCES_CODE,
        "kind": AssetKind.RESERVATION,
        "name": RESERVED_INSTANCES_NAME,
    }
    session.execute(insert(Product).on_conflict_do_nothing(index_elements=["code"]), [generic])
    plans = {item.product.id: item.product for item in found if item.own_product_id}
    statement = insert(Product)
    changed = {name: statement.excluded[name] for name in ("name", "description")}
    statement = statement.on_conflict_do_update(
        index_elements=["microsoft_product_id"], set_=changed
    )
    if plans:
        session.execute(statement, [_product_row(plans[key]) for key in sorted(plans)])
    named = sa.select(Product.microsoft_product_id, Product.id).where(
        (Product.code == RESERVED_INSTANCES_CODE) | Product.microsoft_product_id.in_(plans)
    )
    return {row.microsoft_product_id: row.id for row in session.execute(named)}


def _product_row(product: CatalogueProduct) -> dict[str, Any]:
    return {
        "code": software_product_code(product.id),
        "kind": AssetKind.SOFTWARE_SUBSCRIPTION,
        "name": product.title,
        "description": product.description,
        "microsoft_product_id": product.id,
    }


def _store_skus(session: Session, rows: list[dict[str, Any]]) -> None:
    statement = insert(Sku)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in IDENTITY}
    statement = statement.on_conflict_do_update(
        index_elements=IDENTITY, set_={**changed, "fetched_at": sa.func.now()}
    )
    session.execute(statement, rows)


def _withdraw_missing(session: Session) -> int:
    """What this transaction did not fetch has no price any more."""
    gone = (
        sa.update(Sku)
        .where(Sku.fetched_at < sa.func.now(), Sku.cost.is_not(None))
        .values(cost=None)
        .returning(Sku.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(gone).all())
