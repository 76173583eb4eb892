"""Microsoft's catalogue and price sheets as rows of ours."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.domain.assets import AssetKind
from app.domain.catalogue import reservation_type_name
from app.integrations.microsoft import CatalogueProduct, CatalogueSku, PriceRow

IDENTITY = ("microsoft_product_id", "microsoft_sku_id", "segment")

_NO_LIMIT = 999_999_999  # what Microsoft itself writes where there is none
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,4})?")
_DURATIONS = {"1year": "P1Y", "3years": "P3Y"}

Prices = Mapping[tuple[str, str], PriceRow]


@dataclass(frozen=True, kw_only=True)
class FoundSku:
    kind: AssetKind
    segment: str
    product: CatalogueProduct
    sku: CatalogueSku

    @property
    def own_product_id(self) -> str | None:
        """Microsoft's id of the product that we keep; None for the one of all reservations."""
        return None if self.kind is AssetKind.RESERVATION else self.product.id


def newest_prices(rows: Iterable[PriceRow]) -> Prices:
    """The newest price of each SKU. Two that contradict each other are none: nothing is guessed."""
    newest: dict[tuple[str, str], PriceRow] = {}
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


def sku_rows(
    found: Iterable[FoundSku], prices: Prices, product_ids: Mapping[str | None, UUID]
) -> list[dict[str, Any]]:
    """In one order for every refresh, so that two at once wait for each other, never deadlock."""
    rows = {}
    for item in found:
        price = prices.get(_key(item.product.id, item.sku.id))
        product_id = product_ids[item.own_product_id]
        row = {"product_id": product_id, **_offered(item, price), **_described(item.sku)}
        rows[tuple(row[name] for name in IDENTITY)] = row
    return [rows[key] for key in sorted(rows)]


def _offered(item: FoundSku, price: PriceRow | None) -> dict[str, Any]:
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
    arm_word = attributes.get("reservationtype")
    cores = _number(attributes.get("cores") or attributes.get("vcpu"))
    return {
        "reservation_type": reservation_type_name(arm_word) if arm_word else None,
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
