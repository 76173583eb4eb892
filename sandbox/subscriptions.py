"""Subscriptions: software with a term, and the Azure plans themselves."""

import base64
import datetime as dt
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from sandbox.customer_book import Plan, PlanStatus, get_customer, list_plans
from sandbox.order_book import Line, Order, cancel_line, find_line, find_order, list_lines
from sandbox.orders import item_links, refuse_cancelling
from sandbox.state import SandboxState, current_state
from sandbox.wire import (
    RefusedError,
    answer,
    collection,
    instant,
    link,
    midnight,
    read_json,
    requires_token,
    route_name,
    second,
)

bp = Blueprint("subscriptions", __name__)

_NO_END = dt.date(9999, 12, 14)
_PLAN_OFFER = "DZH318Z0BPS6:0001:DZH318Z0BMJX"


@bp.get("/v1/customers/<customer_id>/subscriptions")
@route_name("subscriptions")
@requires_token()
def show_subscriptions(customer_id: str) -> Response:
    """All of a customer's, Azure plans included, or those of one order."""
    state = current_state()
    order_id = request.args.get("order_id")
    plans = [] if order_id else list_plans(state, customer_id)
    items = [_plan_body(plan) for plan in plans] + [
        _body(state, order, line) for order, line in _bought(state, customer_id, order_id)
    ]
    return answer(collection(items, f"/customers/{customer_id}/subscriptions"))


@bp.get("/v1/customers/<customer_id>/subscriptions/<subscription_id>")
@route_name("subscriptions")
@requires_token()
def show_subscription(customer_id: str, subscription_id: str) -> Response:
    return answer(_found(current_state(), customer_id, subscription_id))


@bp.patch("/v1/customers/<customer_id>/subscriptions/<subscription_id>")
@route_name("subscriptions")
@requires_token()
def change_subscription(customer_id: str, subscription_id: str) -> Response:
    """Takes the whole resource: what is left out is reset, and a stale etag is refused."""
    state = current_state()
    sent = read_json()
    before = _found(state, customer_id, subscription_id)
    _refuse_stale(sent, before["attributes"]["etag"])
    plan = _plan(state, customer_id, subscription_id)
    if plan is not None:
        _change_plan(state, plan, sent)
    else:
        _change_software(state, customer_id, subscription_id, sent)
    return answer(_found(state, customer_id, subscription_id))


def _bought(
    state: SandboxState, customer_id: str, order_id: str | None
) -> list[tuple[Order, Line]]:
    """Subscriptions that Microsoft has made already; they may come after their order."""
    now = state.clock.now()
    if order_id:
        order = find_order(state, customer_id, order_id)
        lines = [(order, line) for line in order.lines] if order else []
    else:
        lines = list_lines(state, customer_id)
    return [(order, line) for order, line in lines if line.has_subscription(now)]


def _plan(state: SandboxState, customer_id: str, subscription_id: str) -> Plan | None:
    plans = list_plans(state, customer_id)
    return next((plan for plan in plans if plan.id == subscription_id), None)


def _line(state: SandboxState, customer_id: str, subscription_id: str) -> tuple[Order, Line]:
    found = find_line(state, customer_id, subscription_id)
    if found is None or not found[1].has_subscription(state.clock.now()):
        raise RefusedError(HTTPStatus.NOT_FOUND, "1000", "The subscription was not found.")
    return found


def _found(state: SandboxState, customer_id: str, subscription_id: str) -> dict[str, Any]:
    plan = _plan(state, customer_id, subscription_id)
    if plan is not None:
        return _plan_body(plan)
    return _body(state, *_line(state, customer_id, subscription_id))


def _refuse_stale(sent: dict[str, Any], current: str) -> None:
    attributes = sent.get("attributes") or {}
    given = request.headers.get("If-Match") or attributes.get("etag") or ""
    if given.strip('"') != current:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "2055", "The etag is no longer valid.")


def _change_plan(state: SandboxState, plan: Plan, sent: dict[str, Any]) -> None:
    status = str(sent.get("status", plan.status)).lower()
    if status not in set(PlanStatus):
        raise _not_allowed("A plan is active, suspended or deleted.")
    state.storage.run(
        "UPDATE plans SET name = ?, status = ?, version = version + 1 WHERE id = ?",
        sent.get("friendlyname") or plan.name,
        status,
        plan.id,
    )


def _change_software(
    state: SandboxState, customer_id: str, subscription_id: str, sent: dict[str, Any]
) -> None:
    _, line = _line(state, customer_id, subscription_id)
    if line.is_cancelled:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "800091", "The subscription is deleted.")
    if sent.get("quantity", line.quantity) != line.quantity:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "800090", "Quantities cannot be changed.")
    status = str(sent.get("status", "active")).lower()
    if status not in ("active", "suspended", "deleted", "expired"):
        raise _not_allowed("This status cannot be set.")
    if status == "deleted":
        refuse_cancelling(state, line)
        cancel_line(state, line, state.clock.now())
        return
    state.storage.run(
        "UPDATE lines SET nickname = ?, auto_renew = ?, suspended = ?, version = version + 1"
        " WHERE subscription_id = ?",
        sent.get("friendlyname") or line.title,
        bool(sent.get("autorenewenabled", False)),
        status == "suspended",
        subscription_id,
    )


def _not_allowed(description: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "2001", description)


def _etag(version: int) -> str:
    return base64.b64encode(f'{{"v":{version}}}'.encode()).decode()


def _status(line: Line, now: dt.datetime) -> str:
    if line.is_cancelled:
        return "deleted"
    if line.is_expired(now):
        return "expired"
    return "suspended" if line.suspended else "active"


def _body(state: SandboxState, order: Order, line: Line) -> dict[str, Any]:
    now = state.clock.now()
    end = midnight(line.ends_on(now) or _NO_END)
    until = line.cancellable_until(now)
    allowed_until = second(until) if until and until > now and not line.is_cancelled else None
    country = get_customer(state, order.customer_id).country
    uri = f"/customers/{order.customer_id}/subscriptions/{line.subscription_id}"
    return {
        "id": line.subscription_id,
        "offerId": line.catalog_item_id,
        "offerName": line.title,
        "friendlyName": line.nickname or line.reference,
        "productType": {"id": "Software", "displayName": "Software"},
        "quantity": line.quantity,
        "unitType": "Licenses",
        "hasPurchasableAddons": False,
        "creationDate": instant(order.created_at),
        "effectiveStartDate": midnight(line.term_starts_at(now)),
        "commitmentEndDate": end,
        "cancellationAllowedUntilDate": allowed_until,
        "billingCycleEndDate": end,
        "status": _status(line, now),
        "autoRenewEnabled": line.auto_renew,
        "isTrial": False,
        "billingType": "license",
        "billingCycle": "one_time",
        "termDuration": line.term_duration,
        "renewalTermDuration": "",
        "refundOptions": [{"type": "Partial", "expiresAt": allowed_until}] if allowed_until else [],
        "isMicrosoftProduct": True,
        "publisherName": "Microsoft Corporation",
        "attentionNeeded": False,
        "actionTaken": False,
        "contractType": "subscription",
        "orderId": order.id,
        "links": {"self": link(uri)} | item_links(line.catalog_item_id, country),
        "attributes": {"etag": _etag(line.version), "objectType": "Subscription"},
    }


def _plan_body(plan: Plan) -> dict[str, Any]:
    uri = f"/customers/{plan.customer_id}/subscriptions/{plan.id}"
    return {
        "id": plan.id,
        "offerId": _PLAN_OFFER,
        "offerName": "Azure plan",
        "friendlyName": plan.name,
        "productType": {"id": "Azure", "displayName": "Azure"},
        "quantity": 1,
        "unitType": "None",
        "hasPurchasableAddons": False,
        "creationDate": instant(plan.created_at),
        "effectiveStartDate": midnight(plan.created_at),
        "commitmentEndDate": midnight(_NO_END),
        "status": plan.status,
        "autoRenewEnabled": False,
        "isTrial": False,
        "billingType": "usage",
        "billingCycle": "monthly",
        "isMicrosoftProduct": True,
        "publisherName": "Microsoft Corporation",
        "contractType": "subscription",
        "links": {"self": link(uri)},
        "attributes": {"etag": _etag(plan.version), "objectType": "Subscription"},
    }
