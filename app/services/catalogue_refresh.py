"""Brings Microsoft's catalogue and our cost of it into our own tables."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
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
from app.integrations.microsoft import CatalogueProduct, CatalogueSku, PriceRow
from app.models import Product, Sku
from app.services.ports import Catalogue

_RESERVATIONS = "AzureReservations"
_SOFTWARE = ("SoftwareSubscriptions", "SoftwarePerpetual")
_PRICE_SHEETS = ("azure_reservations", "software")
_NO_LIMIT = 999_999_999  # what Microsoft itself writes where there is none
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,4})?")
_IDENTITY = ("microsoft_product_id", "microsoft_sku_id", "segment")
_DURATIONS = {"1year": "P1Y", "3years": "P3Y"}

_Prices = dict[tuple[str, str], PriceRow]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class RefreshResult:
    """`withdrawn` SKUs were for sale before and are no longer."""

    country: str
    products: int
    skus: int
    priced: int
    withdrawn: int


@dataclass(frozen=True, kw_only=True)
class _Found:
    kind: AssetKind
    segment: str
    product: CatalogueProduct
    sku: CatalogueSku


def refresh_catalogue(partner_center: Catalogue, *, country: str) -> RefreshResult:
    """Fetch everything first, then store it in one transaction: nobody sees half a catalogue.

    A SKU that Microsoft no longer lists, or lists without a price, stays and is not for sale.
    Raises MicrosoftError, or ConflictError for an empty catalogue; either leaves all as it was.
    """
    found = list(_fetch(partner_center))
    prices = _prices(row for view in _PRICE_SHEETS for row in partner_center.read_price_sheet(view))
    if not found or not prices:
        raise ConflictError("Microsoft's catalogue came back empty. The one of before stands.")
    with transaction(SYSTEM_SCOPE) as session:
        product_ids = _store_products(session, found)
        rows = _sku_rows(found, prices, product_ids)
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


def _fetch(partner_center: Catalogue) -> Iterator[_Found]:
    yield from _fetch_view(partner_center, _RESERVATIONS, AssetKind.RESERVATION, COMMERCIAL)
    for view in _SOFTWARE:
        for segment in SEGMENTS:
            kind = AssetKind.SOFTWARE_SUBSCRIPTION
            yield from _fetch_view(partner_center, view, kind, segment)


def _fetch_view(
    partner_center: Catalogue, view: str, kind: AssetKind, segment: str
) -> Iterator[_Found]:
    for product in partner_center.list_products(view, segment=segment):
        for sku in partner_center.list_skus(product.id, target_view=view, segment=segment):
            yield _Found(kind=kind, segment=segment, product=product, sku=sku)


def _prices(rows: Iterable[PriceRow]) -> _Prices:
    """The newest price of each SKU. Two that contradict each other are none: nothing is guessed."""
    newest: _Prices = {}
    contradicted: set[tuple[str, str]] = set()
    for row in rows:
        key = _key(row.product_id, row.sku_id)
        before = newest.get(key)
        if before is None or _is_newer(row, before):
            newest[key] = row
            contradicted.discard(key)
        elif before.effective_on == row.effective_on and _offer(before) != _offer(row):
            contradicted.add(key)
    return {key: row for key, row in newest.items() if key not in contradicted}


def _is_newer(row: PriceRow, before: PriceRow) -> bool:
    if row.effective_on is None or before.effective_on is None:
        return before.effective_on is None and row.effective_on is not None
    return row.effective_on > before.effective_on


def _offer(row: PriceRow) -> tuple[Decimal, str, str | None]:
    return row.unit_price, row.currency, row.term_duration


def _key(product_id: str, sku_id: str) -> tuple[str, str]:
    return product_id.upper(), sku_id.upper()


def _store_products(session: Session, found: list[_Found]) -> dict[str | None, UUID]:
    """Our product of each of Microsoft's; None stands for the one of all reservations."""
    generic = {
        "code": RESERVED_INSTANCES_CODE,
        "kind": AssetKind.RESERVATION,
        "name": RESERVED_INSTANCES_NAME,
    }
    session.execute(insert(Product).on_conflict_do_nothing(index_elements=["code"]), [generic])
    plans = {item.product.id: item.product for item in found if _is_software(item)}
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


def _is_software(item: _Found) -> bool:
    return item.kind is AssetKind.SOFTWARE_SUBSCRIPTION


def _product_row(product: CatalogueProduct) -> dict[str, Any]:
    return {
        "code": software_product_code(product.id),
        "kind": AssetKind.SOFTWARE_SUBSCRIPTION,
        "name": product.title,
        "description": product.description,
        "microsoft_product_id": product.id,
    }


def _sku_rows(
    found: list[_Found], prices: _Prices, product_ids: dict[str | None, UUID]
) -> list[dict[str, Any]]:
    """In one order for every refresh, so that two at once wait for each other, never deadlock."""
    rows = {}
    for item in found:
        product_id = product_ids[item.product.id if _is_software(item) else None]
        price = prices.get(_key(item.product.id, item.sku.id))
        row = {"product_id": product_id, **_offered(item, price), **_described(item.sku)}
        rows[tuple(row[name] for name in _IDENTITY)] = row
    return [rows[key] for key in sorted(rows)]


def _offered(item: _Found, price: PriceRow | None) -> dict[str, Any]:
    sku = item.sku
    return {
        "kind": item.kind,
        "microsoft_product_id": item.product.id,
        "microsoft_sku_id": sku.id,
        "segment": item.segment,
        "title": sku.title,
        "description": sku.description,
        "minimum_quantity": max(sku.minimum_quantity, 1),
        "maximum_quantity": sku.maximum_quantity or _NO_LIMIT,
        "cost": price.unit_price if price else None,
        "currency": price.currency if price else None,
        "term_duration": price.term_duration if price else _term(sku),
    }


def _described(sku: CatalogueSku) -> dict[str, Any]:
    """What the wizard filters by, out of attributes that Microsoft may rename or leave out."""
    attributes = {name.lower(): text for name, text in sku.attributes.items()}
    cores = _number(attributes.get("cores") or attributes.get("vcpu"))
    return {
        "reservation_type": attributes.get("reservationtype"),
        "category": attributes.get("category"),
        "region": attributes.get("region"),
        "arm_region": attributes.get("armregionname"),
        "arm_sku_name": attributes.get("armskuname"),
        "cores": int(cores) if cores is not None else None,
        "ram_gb": _number(attributes.get("ram")),
    }


def _term(sku: CatalogueSku) -> str | None:
    return _DURATIONS.get(sku.attributes.get("duration", "").lower())


def _number(text: str | None) -> Decimal | None:
    found = _NUMBER.match(text or "")
    return Decimal(found.group()) if found else None


def _store_skus(session: Session, rows: list[dict[str, Any]]) -> None:
    statement = insert(Sku)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in _IDENTITY}
    statement = statement.on_conflict_do_update(
        index_elements=_IDENTITY, set_={**changed, "fetched_at": sa.func.now()}
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
