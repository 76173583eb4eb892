"""The control surface for tests: no part of Microsoft's contract, loopback only, no token."""

import ipaddress
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import demo
from sandbox.catalogue.model import reset_prices
from sandbox.fault_plan import Fault, FaultError
from sandbox.order_book import Line, Order, cancel_line, change_line, list_orders
from sandbox.seeding import SeedError, plant
from sandbox.settings import SettingsError
from sandbox.state import SandboxState, current_state

bp = Blueprint("control", __name__, url_prefix="/__sandbox__")

_EMPTIED = ("carts", "answers", "lines", "orders")
_SCOPES = ("shared", "single")


class ControlError(ValueError):
    """What is wrong with a call of the control surface, in one sentence."""


@bp.before_app_request
def refuse_strangers() -> None:
    is_control = request.path.startswith(f"{bp.url_prefix}/")
    if is_control and not ipaddress.ip_address(request.remote_addr or "::").is_loopback:
        abort(HTTPStatus.NOT_FOUND)


@bp.errorhandler(ControlError)
@bp.errorhandler(FaultError)
@bp.errorhandler(SeedError)
@bp.errorhandler(SettingsError)
def show_error(error: ValueError) -> ResponseReturnValue:
    return jsonify(error=str(error)), HTTPStatus.BAD_REQUEST


@bp.post("/reset")
def reset() -> ResponseReturnValue:
    state = current_state()
    with state.storage.transaction():
        state.late_effects.forget()
        state.faults.reset()
        state.clock.reset()
        state.settings.reset()
        for table in _EMPTIED:
            state.storage.run(f"DELETE FROM {table}")  # noqa: S608  # names of our own
        reset_prices()
        demo.restore_plans(state)
        demo.load_orders(state)
    return {"reset": True}


@bp.post("/seed")
def seed() -> ResponseReturnValue:
    return plant(current_state(), _sent())


@bp.get("/ledger")
def ledger() -> ResponseReturnValue:
    state = current_state()
    orders = list_orders(state)
    return {"orders": [_entry(state, order, line) for order in orders for line in order.lines]}


@bp.post("/cancellations")
def cancel() -> ResponseReturnValue:
    """All lines of an order, whatever its window says: as a return through Azure, or support."""
    state = current_state()
    lines = _lines_of(_sent().get("order_id"))
    for line in lines:
        cancel_line(state, line, state.clock.now())
    return {"cancelled": len(lines)}


@bp.post("/changes")
def change() -> ResponseReturnValue:
    """All lines of an order: some of it given back, or another scope, as people do in Azure."""
    sent = _sent()
    quantity, scope = sent.get("quantity"), sent.get("scope")
    if quantity is not None and (not isinstance(quantity, int) or quantity < 1):
        raise ControlError("quantity must be a whole number, 1 or more.")
    if scope is not None and scope not in _SCOPES:
        raise ControlError(f"scope must be one of {', '.join(_SCOPES)}.")
    lines = _lines_of(sent.get("order_id"))
    for line in lines:
        change_line(current_state(), line, quantity=quantity, scope=scope)
    return {"changed": len(lines)}


def _lines_of(order_id: Any) -> list[Line]:
    orders = list_orders(current_state())
    lines = [line for order in orders if order.id == order_id for line in order.lines]
    if not lines:
        raise ControlError(f"There is no order {order_id}.")
    return lines


@bp.get("/requests")
def requests() -> ResponseReturnValue:
    return jsonify(current_state().requests.since(request.args.get("since", 0, type=int)))


@bp.get("/faults")
def planned_faults() -> ResponseReturnValue:
    return jsonify(current_state().faults.planned())


@bp.delete("/faults")
def forget_faults() -> ResponseReturnValue:
    current_state().faults.reset()
    return jsonify([])


@bp.post("/faults")
def plan_fault() -> ResponseReturnValue:
    sent = _sent()
    times = sent.get("times", 1)
    if not isinstance(times, int):
        raise ControlError("times must be a whole number.")
    customer_id = sent.get("customer_id")
    fault = Fault(
        route=str(sent.get("route")),
        kind=str(sent.get("kind")),
        customer_id=customer_id and str(customer_id).lower(),
    )
    state = current_state()
    state.faults.add(fault, times=times)
    return jsonify(state.faults.planned())


@bp.get("/clock")
def read_clock() -> ResponseReturnValue:
    return {"now": current_state().clock.now().isoformat()}


@bp.post("/clock")
def move_clock() -> ResponseReturnValue:
    seconds = _sent().get("advance_seconds")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise ControlError("advance_seconds must be a number, 0 or more.")
    current_state().clock.advance(seconds)
    return read_clock()


@bp.get("/settings")
def read_settings() -> ResponseReturnValue:
    return jsonify(current_state().settings.current())


@bp.post("/settings")
def change_settings() -> ResponseReturnValue:
    return jsonify(current_state().settings.change(_sent()))


def _sent() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise ControlError("The body must be a JSON object.")
    return body


def _entry(state: SandboxState, order: Order, line: Line) -> dict[str, Any]:
    status = "cancelled" if line.is_cancelled else order.status(state.clock.now())
    return {
        "order_id": order.id,
        "alternate_id": order.alternate_id,
        "customer_id": order.customer_id,
        "reference": line.reference,
        "catalog_item_id": line.catalog_item_id,
        "term_duration": line.term_duration,
        "quantity": line.quantity,
        "currency": order.currency,
        "price": float(line.unit_price),
        "cart_id": order.cart_id,
        "created_at": order.created_at.isoformat(),
        "status": status,
    }
