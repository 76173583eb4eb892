"""Orders: reading them, and giving software back."""

import datetime as dt
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from sandbox.customer_book import get_customer
from sandbox.order_book import (
    Line,
    Order,
    OrderStatus,
    cancel_line,
    get_order,
    list_orders,
)
from sandbox.state import SandboxState, current_state
from sandbox.wire import (
    RefusedError,
    answer,
    collection,
    instant,
    link,
    read_json,
    requires_token,
    route_name,
)

bp = Blueprint("orders", __name__)


@bp.get("/v1/customers/<customer_id>/orders")
@route_name("list_orders")
@requires_token()
def show_orders(customer_id: str) -> Response:
    """Late on purpose: an order is missing here for list_lag_seconds."""
    state = current_state()
    now = state.clock.now()
    billing_type = request.args.get("billingType", "onetime").lower()
    orders = list_orders(state, customer_id) if billing_type == "onetime" else []
    country = get_customer(state, customer_id).country
    items = [
        order_body(order, country=country, now=now, with_price=_wants_price())
        for order in orders
        if order.visible_at <= now
    ]
    return answer(collection(items, f"/customers/{customer_id}/orders"))


@bp.get("/v1/customers/<customer_id>/orders/<order_id>")
@route_name("get_order")
@requires_token()
def show_order(customer_id: str, order_id: str) -> Response:
    state = current_state()
    return answer(_current_body(state, customer_id, order_id, with_price=_wants_price()))


@bp.get("/v1/customers/<customer_id>/orders/<order_id>/provisioningstatus")
@route_name("provisioning_status")
@requires_token(app_only_allowed=False)
def show_provisioning_status(customer_id: str, order_id: str) -> Response:
    state = current_state()
    order, now = get_order(state, customer_id, order_id), state.clock.now()
    items = [
        {
            "lineItemNumber": line.number,
            "status": (status := fulfilment(order, line, now)),
            "quantityProvisioningInformation": [{"quantity": line.quantity, "status": status}],
        }
        for line in order.lines
    ]
    return answer(collection(items, f"{_uri(order)}/provisioningstatus"))


@bp.patch("/v1/customers/<customer_id>/orders/<order_id>")
@route_name("cancel_order")
@requires_token()
def cancel_order(customer_id: str, order_id: str) -> Response:
    """Gives software lines back inside their window; reservations only go back through ARM."""
    state = current_state()
    order = get_order(state, customer_id, order_id)
    sent = read_json()
    if str(sent.get("status", "")).lower() != OrderStatus.CANCELLED:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "800002", "Only cancelling is possible.")
    chosen = _lines_to_cancel(order, sent.get("lineitems"))
    for line in chosen:
        refuse_cancelling(state, line)
    for line in chosen:
        if not line.is_cancelled:
            cancel_line(state, line, state.clock.now())
    return answer(_current_body(state, customer_id, order_id))


def refuse_cancelling(state: SandboxState, line: Line) -> None:
    """Raises why a line cannot be given back; one that was given back before may be again."""
    now = state.clock.now()
    until = line.cancellable_until(now)
    if until is None:
        raise RefusedError(
            HTTPStatus.FORBIDDEN, "800019", "A production tenant may cancel software only."
        )
    if not line.is_cancelled and until < now:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "900117", "The cancellation window of this item is over."
        )


def _lines_to_cancel(order: Order, sent: Any) -> list[Line]:
    if not sent:
        return list(order.lines)
    numbers = {line.get("lineitemnumber") for line in sent if isinstance(line, dict)}
    chosen = [line for line in order.lines if line.number in numbers]
    if len(chosen) != len(sent):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "800002", "The order has no such line.")
    return chosen


def fulfilment(order: Order, line: Line, now: dt.datetime) -> str:
    if line.is_cancelled and not line.is_reservation:
        return "Unfulfilled"
    return "Fulfilled" if order.completes_at <= now else "PrefulfillmentPending"


def _current_body(
    state: SandboxState, customer_id: str, order_id: str, *, with_price: bool = False
) -> dict[str, Any]:
    order = get_order(state, customer_id, order_id)
    country, now = get_customer(state, customer_id).country, state.clock.now()
    return order_body(order, country=country, now=now, with_price=with_price)


def order_body(
    order: Order, *, country: str, now: dt.datetime, with_price: bool = False
) -> dict[str, Any]:
    """`country` is the customer's. Reads nothing: a list has hundreds of them."""
    uri = _uri(order)
    links = {"self": link(uri), "provisioningStatus": link(f"{uri}/provisioningstatus")}
    if any((line.cancellable_until(now) or now) > now for line in order.lines):
        links["patchOperation"] = link(uri, "PATCH")
    body: dict[str, Any] = {
        "id": order.id,
        "alternateId": order.alternate_id,
        "referenceCustomerId": order.customer_id,
        "billingCycle": "one_time",
        "currencyCode": order.currency,
        "currencySymbol": "€",
        "lineItems": [
            _line_body(order, line, country=country, now=now, with_price=with_price)
            for line in order.lines
        ],
        "creationDate": instant(order.created_at),
        "status": order.status(now),
        "transactionType": "UserPurchase",
        "links": links,
        "client": {
            "marketplaceCountry": country,
            "deviceFamily": "UniversalStore-PartnerCenter",
            "name": "Partner Center API",
        },
        "attributes": {"objectType": "Order"},
    }
    if with_price:
        body["totalPrice"] = sum((_extended(line) for line in order.lines), Decimal(0))
    return body


def _line_body(
    order: Order, line: Line, *, country: str, now: dt.datetime, with_price: bool
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "lineItemNumber": line.number,
        "offerId": line.catalog_item_id,
        "termDuration": line.term_duration,
        "transactionType": "New",
        "friendlyName": line.reference,
        "quantity": _quantity(line),
        "links": item_links(line.catalog_item_id, country),
    }
    if line.has_subscription(now):
        body["subscriptionId"] = line.subscription_id
        uri = f"/v1/customers/{order.customer_id}/subscriptions/{line.subscription_id}"
        body["links"]["subscription"] = link(uri)
    if with_price:
        body["pricing"] = {
            "listPrice": line.unit_price,
            "discountedPrice": line.unit_price,
            "proratedPrice": line.unit_price,
            "price": line.unit_price,
            "extendedPrice": _extended(line),
        }
    return {name: value for name, value in body.items() if value is not None}


def item_links(catalog_item_id: str, country: str) -> dict[str, Any]:
    product_id, sku_id, availability_id = catalog_item_id.split(":")
    product = f"/products/{product_id}"
    sku = f"{product}/skus/{sku_id}"
    return {
        "product": link(f"{product}?country={country}"),
        "sku": link(f"{sku}?country={country}"),
        "availability": link(f"{sku}/availabilities/{availability_id}?country={country}"),
    }


def _quantity(line: Line) -> int:
    return 0 if line.is_cancelled and not line.is_reservation else line.quantity


def _extended(line: Line) -> Decimal:
    return line.unit_price * _quantity(line)


def _wants_price() -> bool:
    return request.args.get("include_price", "").lower() == "true"


def _uri(order: Order) -> str:
    return f"/customers/{order.customer_id}/orders/{order.id}"
