"""Brings Microsoft's catalogue and our cost of it into our own tables."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import may_take_long, transaction
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
from app.services.catalogue_changes import ChangeKind, PriceChange, price_changes
from app.services.catalogue_rows import IDENTITY, FoundSku, newest_prices, sku_rows
from app.services.ports import Catalogue

_RESERVATIONS = "AzureReservations"
_SOFTWARE = ("SoftwareSubscriptions", "SoftwarePerpetual")
_PRICE_SHEETS = ("azure_reservations", "software")

log = structlog.get_logger(__name__)


def _to_nobody(_step: str) -> None:
    """For whoever does not follow."""


@dataclass(frozen=True, kw_only=True)
class RefreshResult:
    """`withdrawn` SKUs were for sale before and are no longer; `changes` names all that differs."""

    products: int
    skus: int
    priced: int
    added: int
    repriced: int
    withdrawn: int
    changes: tuple[PriceChange, ...]


def refresh_catalogue(
    partner_center: Catalogue, *, say: Callable[[str], None] = _to_nobody
) -> RefreshResult:
    """Fetch everything first, then store it in one transaction: nobody sees half a catalogue.

    A SKU that Microsoft no longer lists, or lists without a price, stays and is not for sale.
    `say` is told what it does just now, in words for people. Raises MicrosoftError, or
    ConflictError for an empty catalogue; either leaves all as it was.
    """
    say("Reading the catalogue")
    found = list(_fetch(partner_center))
    say(f"Reading the price sheets of {len(found):,} SKUs")
    sheets = [list(partner_center.read_price_sheet(view)) for view in _PRICE_SHEETS]
    if not found or not all(sheets):
        raise ConflictError("Microsoft's catalogue came back empty. The one of before stands.")
    prices = newest_prices(chain.from_iterable(sheets))
    say("Storing what changed")
    with transaction(SYSTEM_SCOPE) as session:
        may_take_long(session)
        product_ids = _store_products(session, found)
        rows = sku_rows(found, prices, product_ids)
        before = _offers(session)
        _store_skus(session, rows)
        _withdraw_missing(session)
    changes = price_changes(before, {tuple(row[name] for name in IDENTITY): row for row in rows})
    kinds = Counter(change.kind for change in changes)
    result = RefreshResult(
        products=len(product_ids),
        skus=len(rows),
        priced=sum(row["cost"] is not None for row in rows),
        added=kinds[ChangeKind.ADDED],
        repriced=kinds[ChangeKind.REPRICED],
        withdrawn=kinds[ChangeKind.WITHDRAWN],
        changes=changes,
    )
    log.info("catalogue.refreshed", skus=result.skus, priced=result.priced)
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


def _withdraw_missing(session: Session) -> None:
    """What this transaction did not fetch has no price any more."""
    session.execute(
        sa.update(Sku)
        .where(Sku.fetched_at < sa.func.now(), Sku.cost.is_not(None))
        .values(cost=None)
        .execution_options(synchronize_session=False)
    )


def _offers(session: Session) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """What was for sale until now, by identity."""
    columns = [Sku.title, Sku.cost, Sku.currency, *(getattr(Sku, name) for name in IDENTITY)]
    rows = session.execute(sa.select(*columns)).mappings()
    return {tuple(row[name] for name in IDENTITY): dict(row) for row in rows}
