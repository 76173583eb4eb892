"""The catalogue over HTTP: for a country, and the same for one customer."""

from typing import Any

from flask import Flask, Response

from sandbox.catalogue import price_sheets
from sandbox.catalogue.asked import (
    asks_for_azure_plan,
    page_links,
    page_of,
    product_named,
    shelf_of,
    sku_named,
    target_segment,
    target_view,
)
from sandbox.catalogue.bodies import (
    availability_body,
    inventory_body,
    product_body,
    sku_body,
)
from sandbox.catalogue.model import get_catalogue
from sandbox.wire import (
    RefusedError,
    answer,
    collection,
    fault,
    read_json,
    requires_token,
    route_name,
)

# Small enough that a client which does not follow links.next loses products and SKUs.
PRODUCTS_PER_PAGE = 50
SKUS_PER_PAGE = 75


def register(app: Flask) -> None:
    """Add the catalogue, the inventory check and the price sheets."""
    get_catalogue()
    views = (
        ("/products", list_products),
        ("/products/<product_id>", show_product),
        ("/products/<product_id>/skus", list_skus),
        ("/products/<product_id>/skus/<sku_id>", show_sku),
        ("/products/<product_id>/skus/<sku_id>/availabilities", list_availabilities),
        (
            "/products/<product_id>/skus/<sku_id>/availabilities/<availability_id>",
            show_availability,
        ),
    )
    for path, view in views:
        app.add_url_rule(f"/v1{path}", view.__name__, view)
        app.add_url_rule(f"/v1/customers/<customer_id>{path}", f"customer_{view.__name__}", view)
    app.add_url_rule(
        "/v1/extensions/product/checkinventory",
        "check_inventory",
        check_inventory,
        methods=["POST"],
    )
    app.add_url_rule(
        "/v1.0/sales/pricesheets(<selection>)/$value",
        "download_price_sheet",
        price_sheets.download_price_sheet,
    )


@route_name("catalog")
@requires_token()
def list_products(customer_id: str | None = None) -> Response:
    shelf = shelf_of(customer_id)
    products = [
        product
        for product in get_catalogue().list_products(target_view(), target_segment())
        if asks_for_azure_plan() or not product.is_reservation
    ]
    page, next_token = page_of(products, PRODUCTS_PER_PAGE)
    bodies = [product_body(product, shelf) for product in page]
    uri, links = page_links(shelf, "/products", next_token)
    return answer(collection(bodies, uri, **links))


@route_name("catalog")
@requires_token()
def show_product(product_id: str, customer_id: str | None = None) -> Response:
    shelf = shelf_of(customer_id)
    return answer(product_body(product_named(product_id), shelf))


@route_name("catalog")
@requires_token()
def list_skus(product_id: str, customer_id: str | None = None) -> Response:
    shelf = shelf_of(customer_id)
    product = product_named(product_id)
    items = get_catalogue().list_skus(product, target_segment())
    if product.is_reservation and not asks_for_azure_plan():
        items = []
    page, next_token = page_of(items, SKUS_PER_PAGE)
    uri, links = page_links(shelf, f"/products/{product.id}/skus", next_token)
    return answer(collection([sku_body(item, shelf) for item in page], uri, **links))


@route_name("catalog")
@requires_token()
def show_sku(product_id: str, sku_id: str, customer_id: str | None = None) -> Response:
    shelf = shelf_of(customer_id)
    return answer(sku_body(sku_named(product_named(product_id), sku_id), shelf))


@route_name("catalog")
@requires_token()
def list_availabilities(product_id: str, sku_id: str, customer_id: str | None = None) -> Response:
    shelf = shelf_of(customer_id)
    product = product_named(product_id)
    item = sku_named(product, sku_id)
    segment = target_segment()
    is_offered = segment is None or item.segment == segment.casefold()
    if product.is_reservation and not asks_for_azure_plan():
        is_offered = False
    bodies = [availability_body(product, item, shelf)] if is_offered else []
    uri, links = page_links(
        shelf, f"/products/{product.id}/skus/{item.sku_id}/availabilities", None
    )
    return answer(collection(bodies, uri, **links))


@route_name("catalog")
@requires_token()
def show_availability(
    product_id: str, sku_id: str, availability_id: str, customer_id: str | None = None
) -> Response:
    shelf = shelf_of(customer_id)
    product = product_named(product_id)
    item = sku_named(product, sku_id)
    if item.availability_id != availability_id.upper():
        return fault(404, "400019", f"Availability {availability_id} was not found.")
    return answer(availability_body(product, item, shelf))


@route_name("inventory")
@requires_token()
def check_inventory() -> Response:
    """A bare array, without the SKUs that the catalogue does not know."""
    shelf_of(None)
    wanted = read_json()
    targets = wanted.get("targetitems") if isinstance(wanted, dict) else None
    if not isinstance(targets, list) or not targets:
        return fault(400, "800002", "TargetItems is missing or empty.")
    return answer([body for target in targets if (body := _inventory_of(target))])


def _inventory_of(target: Any) -> dict[str, Any] | None:
    if not isinstance(target, dict):
        raise RefusedError(400, "800002", "A target item is not a JSON object.")
    item = get_catalogue().find_sku(str(target.get("productid")), str(target.get("skuid")))
    return inventory_body(item) if item else None
