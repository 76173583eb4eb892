"""Carts and their checkout: where a purchase is made, once per cart."""

import datetime as dt
import itertools
import json
import secrets
import sqlite3
import uuid
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response

from sandbox.cart_rules import CartLine, cart_error, read_lines, refuse_sale
from sandbox.clock import read_stored, stored
from sandbox.customer_book import Customer, get_customer
from sandbox.order_book import NewLine, NewOrder, Order, add_order
from sandbox.orders import order_body
from sandbox.pipeline import spoils
from sandbox.state import SandboxState, current_state
from sandbox.wire import (
    RefusedError,
    answer,
    instant,
    link,
    read_json,
    requires_token,
    route_name,
)

bp = Blueprint("carts", __name__)

_LIFE = dt.timedelta(days=7)
_LAST_USER = str(uuid.UUID(int=0))


@dataclass(frozen=True, kw_only=True)
class Cart:
    """`lines` as the cart shows them; `result` is the first checkout's answer."""

    id: str
    customer_id: str
    created_at: dt.datetime
    modified_at: dt.datetime
    lines: list[dict[str, Any]]
    result: dict[str, Any] | None

    @property
    def is_ordered(self) -> bool:
        return self.result is not None


@bp.post("/v1/customers/<customer_id>/carts")
@route_name("create_cart")
@requires_token()
def create_cart(customer_id: str) -> Response:
    state = current_state()
    now = state.clock.now()
    cart = Cart(
        id=str(uuid.uuid4()),
        customer_id=customer_id,
        created_at=now,
        modified_at=now,
        lines=_checked_lines(state, customer_id),
        result=None,
    )
    state.storage.insert(
        "carts",
        id=cart.id,
        customer_id=customer_id,
        created_at=stored(now),
        modified_at=stored(now),
        lines=json.dumps(cart.lines),
    )
    return answer(_body(cart), HTTPStatus.CREATED)


@bp.get("/v1/customers/<customer_id>/carts/<cart_id>")
@route_name("get_cart")
@requires_token()
def read_cart(customer_id: str, cart_id: str) -> Response:
    return answer(_body(_get_cart(current_state(), customer_id, cart_id)))


@bp.put("/v1/customers/<customer_id>/carts/<cart_id>")
@route_name("update_cart")
@requires_token()
def update_cart(customer_id: str, cart_id: str) -> Response:
    state = current_state()
    cart = _get_cart(state, customer_id, cart_id)
    if cart.is_ordered:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "800065", "The cart was submitted already and cannot change."
        )
    lines, now = _checked_lines(state, customer_id), state.clock.now()
    state.storage.run(
        "UPDATE carts SET lines = ?, modified_at = ? WHERE id = ?",
        json.dumps(lines),
        stored(now),
        cart_id,
    )
    return answer(_body(replace(cart, lines=lines, modified_at=now)))


@bp.post("/v1/customers/<customer_id>/carts/<cart_id>/checkout")
@route_name("checkout")
@requires_token()
def checkout(customer_id: str, cart_id: str) -> Response:
    """Buys what is in the cart; asked again, repeats the first answer (never so in mode C)."""
    state = current_state()
    cart = _get_cart(state, customer_id, cart_id)
    if cart.result is not None and state.settings.current().mode != "C":
        return answer(cart.result, HTTPStatus.CREATED)
    if any("error" in line for line in cart.lines):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "800009", "There are errors in the cart items.")
    if spoils("order_errors"):
        error = RefusedError(HTTPStatus.OK, "800017", "This quantity is not available.")
        return answer(_result([], {"0": error}), HTTPStatus.CREATED)
    result = _buy(state, get_customer(state, customer_id), cart)
    state.storage.run("UPDATE carts SET result = ? WHERE id = ?", json.dumps(result), cart_id)
    return answer(result, HTTPStatus.CREATED)


def _checked_lines(state: SandboxState, customer_id: str) -> list[dict[str, Any]]:
    """The lines sent, as the cart will show them, or a refusal."""
    lines = read_lines(read_json())
    customer = get_customer(state, customer_id)
    for line in lines:
        refuse_sale(state, customer, line)
    shown = [line.body for line in lines]
    if spoils("cart_line_error"):
        shown[0] = shown[0] | {"error": cart_error("quota_not_available", "Ordered by a test.")}
    return shown


def _get_cart(state: SandboxState, customer_id: str, cart_id: str) -> Cart:
    row = state.storage.row(
        "SELECT * FROM carts WHERE id = ? AND customer_id = ?", cart_id, customer_id
    )
    cart = None if row is None else _cart(row)
    if cart is None or (not cart.is_ordered and cart.created_at + _LIFE <= state.clock.now()):
        raise RefusedError(HTTPStatus.NOT_FOUND, "800008", "The cart was not found.")
    return cart


def _buy(state: SandboxState, customer: Customer, cart: Cart) -> dict[str, Any]:
    """One order per group of lines; a group may fail alone, but not all of them."""
    orders: list[Order] = []
    errors: dict[str, RefusedError] = {}
    # What was sent is what is checked: prices and plans may have changed since.
    lines = read_lines({"lineitems": [_as_sent(line) for line in cart.lines]})
    by_group = sorted(lines, key=_group)
    for group, members in itertools.groupby(by_group, key=_group):
        chosen = list(members)
        try:
            for line in chosen:
                refuse_sale(state, customer, line)
        except RefusedError as refusal:
            errors[group] = refusal
        else:
            orders.append(_place(state, cart, chosen))
    if not orders:
        raise next(iter(errors.values()))
    country, now = customer.country, state.clock.now()
    return _result([order_body(order, country=country, now=now) for order in orders], errors)


def _group(line: CartLine) -> str:
    return str(line.body["orderGroup"])


def _as_sent(line: dict[str, Any]) -> dict[str, Any]:
    context = line.get("provisioningContext", {})
    return {name.lower(): value for name, value in line.items()} | {
        "provisioningcontext": {name.lower(): value for name, value in context.items()}
    }


def _place(state: SandboxState, cart: Cart, lines: list[CartLine]) -> Order:
    settings, now = state.settings.current(), state.clock.now()
    completes_at = now + dt.timedelta(seconds=settings.order_pending_seconds)
    return add_order(
        state,
        NewOrder(
            seed=secrets.token_hex(),
            customer_id=cart.customer_id,
            cart_id=cart.id,
            created_at=now,
            visible_at=now + dt.timedelta(seconds=settings.list_lag_seconds),
            completes_at=completes_at,
            subscription_from=completes_at
            + dt.timedelta(seconds=settings.subscription_id_delay_seconds),
            lines=[
                NewLine(
                    reference=line.body["friendlyName"],
                    item=line.item,
                    quantity=line.quantity,
                    plan_id=line.subscription_id,
                    scope=line.body.get("provisioningContext", {}).get("scope"),
                )
                for line in lines
            ],
        ),
    )


def _result(orders: list[dict[str, Any]], errors: dict[str, RefusedError]) -> dict[str, Any]:
    return {
        "orders": orders,
        "orderErrors": [
            {"orderGroupId": group, "code": int(error.code), "description": error.description}
            for group, error in errors.items()
        ],
        "attributes": {"objectType": "CartCheckoutResult"},
    }


def _cart(row: sqlite3.Row) -> Cart:
    return Cart(
        id=row["id"],
        customer_id=row["customer_id"],
        created_at=read_stored(row["created_at"]),
        modified_at=read_stored(row["modified_at"]),
        lines=json.loads(row["lines"]),
        result=row["result"] and json.loads(row["result"]),
    )


def _body(cart: Cart) -> dict[str, Any]:
    return {
        "id": cart.id,
        "creationTimestamp": instant(cart.created_at),
        "lastModifiedTimestamp": instant(cart.modified_at),
        "expirationTimestamp": instant(cart.created_at + _LIFE),
        "lastModifiedUser": _LAST_USER,
        "status": "Ordered" if cart.is_ordered else "Active",
        "lineItems": cart.lines,
        "links": {"self": link(f"/customers/{cart.customer_id}/carts/{cart.id}")},
        "attributes": {"objectType": "Cart"},
    }
