"""What a request asks of the catalogue; what it may not ask is refused."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from flask import request

from sandbox.catalogue.bodies import Shelf
from sandbox.catalogue.items import SEGMENTS, Item, Product
from sandbox.catalogue.model import get_catalogue
from sandbox.wire import RefusedError, link

T = TypeVar("T")

HOME_COUNTRY = "GR"
TARGET_VIEWS = (
    "AzureReservations",
    "AzureReservationsVM",
    "AzureReservationsSQL",
    "AzureReservationsCosmosDb",
    "Software",
    "SoftwareSubscriptions",
    "SoftwarePerpetual",
)
_CONTINUATION = "continuationToken"
_OUR_OWN = {"country", _CONTINUATION.casefold()}  # links carry these anew


def parameter(name: str) -> str | None:
    """A query parameter, whatever the case of its name; empty counts as absent."""
    for key, value in request.args.items():
        if key.casefold() == name.casefold():
            return value or None
    return None


def shelf_of(customer_id: str | None) -> Shelf:
    """A customer's catalogue needs no country; the open one cannot do without."""
    if customer_id is not None:
        return Shelf(HOME_COUNTRY, customer_id)
    country = parameter("country") or ""
    if not re.fullmatch(r"[A-Za-z]{2}", country):
        raise RefusedError(400, "800002", "The country is missing or is not a code of two letters.")
    return Shelf(country.upper())


def target_view() -> str:
    view = parameter("targetView") or ""
    if view.casefold() not in {name.casefold() for name in TARGET_VIEWS}:
        raise RefusedError(403, "400036", f"The target view '{view}' is not allowed.")
    return view


def target_segment() -> str | None:
    segment = parameter("targetSegment")
    if segment is not None and segment.casefold() not in SEGMENTS:
        raise RefusedError(403, "400030", f"The segment '{segment}' is not allowed.")
    return segment


def asks_for_azure_plan() -> bool:
    """Without this scope Partner Center shows reservations of the old offer, and here are none."""
    return (parameter("reservationScope") or "").casefold() == "azureplan"


def product_named(product_id: str) -> Product:
    product = get_catalogue().find_product(product_id)
    if product is None:
        raise RefusedError(404, "400013", f"Product {product_id} was not found.")
    return product


def sku_named(product: Product, sku_id: str) -> Item:
    item = get_catalogue().find_sku(product.id, sku_id)
    if item is None:
        raise RefusedError(404, "400018", f"SKU {sku_id} of product {product.id} was not found.")
    return item


def page_of(entries: Sequence[T], size: int) -> tuple[Sequence[T], str | None]:
    """The page that the continuation token asks for, and the token of the next one."""
    token = parameter(_CONTINUATION) or "0"
    if not re.fullmatch(r"[0-9]{1,9}", token):
        raise RefusedError(400, "800002", "The continuation token is not one of ours.")
    end = int(token) + size
    return entries[int(token) : end], str(end) if end < len(entries) else None


def page_links(shelf: Shelf, path: str, next_token: str | None) -> tuple[str, dict[str, Any]]:
    """Where the page itself is, and the link to the next one where there is one."""
    asked = {name: text for name, text in request.args.items() if name.casefold() not in _OUR_OWN}
    here = parameter(_CONTINUATION)
    uri = shelf.uri(path, asked | ({_CONTINUATION: here} if here else {}))
    if next_token is None:
        return uri, {}
    return uri, {"next": link(shelf.uri(path, asked | {_CONTINUATION: next_token}))}
