"""Price sheets as CSV, and the control that changes a price."""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Response, jsonify, request

from sandbox.catalogue.items import PRICE_STEP, Item
from sandbox.catalogue.model import get_catalogue
from sandbox.control import ControlError
from sandbox.control import bp as control
from sandbox.wire import fault, requires_token, route_name

_SELECTION = re.compile(r"market='([a-z]{2})',\s*pricesheetview='(\w+)'", re.IGNORECASE)
_TARGET_VIEWS = {"azure_reservations": "AzureReservations", "software": "Software"}
_COLUMNS = (
    "ProductId",
    "SkuId",
    "SkuTitle",
    "TermDuration",
    "Currency",
    "UnitPrice",
    "EffectiveStartDate",
)
_EFFECTIVE_START_DATE = "2026-11-01T00:00:00Z"
_TOO_MUCH = Decimal(10) ** 12


@route_name("pricesheet")
@requires_token(app_only_allowed=False)
def download_price_sheet(selection: str) -> Response:
    """Selection is what stands in OData's brackets: a market and a view."""
    asked = _SELECTION.fullmatch(selection)
    target_view = _TARGET_VIEWS.get(asked.group(2).lower()) if asked else None
    if target_view is None:
        return fault(400, "800002", f"There is no price sheet for {selection}.")
    return Response(_lines(target_view), content_type="text/csv; charset=utf-8")


def _lines(target_view: str) -> Iterator[str]:
    yield _csv([_COLUMNS])
    catalogue = get_catalogue()
    for product in catalogue.list_products(target_view):
        yield _csv([_row(item) for item in catalogue.list_skus(product)])


def _row(item: Item) -> tuple[str, ...]:
    return (
        item.product_id,
        item.sku_id,
        item.title,
        item.term_duration or "",
        item.currency,
        f"{item.unit_price:.4f}",
        _EFFECTIVE_START_DATE,
    )


def _csv(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


@control.post("/prices")
def change_price() -> Response:
    """One SKU costs something else until the next reset."""
    wanted = request.get_json(force=True, silent=True)
    if not isinstance(wanted, dict):
        raise ControlError("The body must be a JSON object.")
    item = get_catalogue().change_price(
        str(wanted.get("product_id")), str(wanted.get("sku_id")), _price(wanted.get("unit_price"))
    )
    if item is None:
        raise ControlError("There is no such SKU.")
    return jsonify(
        product_id=item.product_id, sku_id=item.sku_id, unit_price=f"{item.unit_price:.4f}"
    )


def _price(value: Any) -> Decimal:
    try:
        price = Decimal(str(value))
    except InvalidOperation as error:
        raise ControlError("unit_price must be a number.") from error
    if not price.is_finite() or not 0 <= price < _TOO_MUCH:
        raise ControlError("unit_price must be an amount, 0 or more.")
    return price.quantize(PRICE_STEP)
