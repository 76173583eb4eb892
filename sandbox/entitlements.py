"""What a customer owns, and the reservations behind it."""

import datetime as dt
import hashlib
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from sandbox.order_book import Line, Order, find_line, list_lines
from sandbox.orders import fulfilment
from sandbox.state import SandboxState, current_state
from sandbox.wire import (
    RefusedError,
    answer,
    collection,
    instant,
    link,
    midnight,
    naive_midnight,
    requires_token,
    route_name,
)

bp = Blueprint("entitlements", __name__)

_RESERVATION = "reservedinstance"
_SOFTWARE = "software"
_OLD_RESERVATION = "virtualmachinereservedinstance"
_STEPS = ("Creating", "PendingBilling", "ConfirmedBilling", "Created")


@bp.get("/v1/customers/<customer_id>/entitlements")
@route_name("entitlements")
@requires_token(app_only_allowed=False)
def show_entitlements(customer_id: str) -> Response:
    state = current_state()
    now = state.clock.now()
    wanted = request.args.get("entitlementType", "").lower().replace("_", "")
    shows_expiry = request.args.get("showExpiry", "").lower() == "true"
    items = [
        _body(order, line, now, shows_expiry=shows_expiry)
        for order, line in list_lines(state, customer_id)
        if order.completes_at <= now and _is_wanted(line, wanted)
    ]
    return answer(collection(items, f"/customers/{customer_id}/entitlements"))


@bp.get(
    "/v1/customers/<customer_id>/artifacts/reservedinstance"
    "/groups/<group>/lineitems/<item>/resource/<resource_id>"
)
@route_name("artifact")
@requires_token(app_only_allowed=False)
def show_artifact(customer_id: str, group: str, item: str, resource_id: str) -> Response:
    state = current_state()
    found = find_line(state, customer_id, resource_id)
    is_there = found is not None and found[0].completes_at <= state.clock.now()
    if found is None or not is_there or _address(found[1]) != (group, item):
        raise RefusedError(HTTPStatus.NOT_FOUND, "800037", "The reservation was not found.")
    return answer(_artifact(state, *found))


def _is_wanted(line: Line, wanted: str) -> bool:
    if wanted == _OLD_RESERVATION:
        return line.is_reservation and (line.reservation_type or "").lower() == "virtualmachines"
    return wanted in ("", _RESERVATION if line.is_reservation else _SOFTWARE)


def _address(line: Line) -> tuple[str, str]:
    """Group and line item of an artifact's address: opaque to everybody else."""
    digest = hashlib.sha256(f"{line.order_id} {line.number}".encode()).hexdigest()
    return digest[:16], digest[16:32]


def _body(order: Order, line: Line, now: dt.datetime, *, shows_expiry: bool) -> dict[str, Any]:
    """Reads nothing: a list has hundreds of them."""
    status = fulfilment(order, line, now)
    body: dict[str, Any] = {
        "includedEntitlements": [],
        "referenceOrder": {
            "id": order.id,
            "lineItemId": str(line.number),
            "alternateId": order.alternate_id,
        },
        "productId": line.product_id,
        "skuId": line.sku_id,
        "quantity": 0 if status == "Unfulfilled" else line.quantity,
        "quantityDetails": [{"quantity": line.quantity, "status": status}],
        "entitledArtifacts": [_artifact_link(order, line)] if line.is_reservation else [],
        "entitlementType": _RESERVATION if line.is_reservation else _SOFTWARE,
        "fulfillmentState": status,
    }
    expires_on = line.ends_on(now)
    if expires_on and shows_expiry:
        body["expiryDate"] = midnight(expires_on)
    return body


def _artifact_link(order: Order, line: Line) -> dict[str, Any]:
    group, item = _address(line)
    # Microsoft's own links come with and without the version: so do these.
    prefix = "/v1" if int(group, 16) % 2 else ""
    return {
        "artifactType": _RESERVATION,
        "resourceId": line.reservation_order_id,
        "dynamicAttributes": {"reservationType": (line.reservation_type or "").lower()},
        "link": link(
            f"{prefix}/customers/{order.customer_id}/artifacts/{_RESERVATION}"
            f"/groups/{group}/lineitems/{item}/resource/{line.reservation_order_id}"
        ),
    }


def _artifact(state: SandboxState, order: Order, line: Line) -> dict[str, Any]:
    ends_on = line.ends_on(state.clock.now())
    is_shared = line.scope != "single"
    reservation: dict[str, Any] = {
        "reservationId": line.reservation_id,
        "displayName": f"RI_{line.reference}",
        "scopeType": "Shared" if is_shared else "Single",
        "quantity": line.quantity,
        "effectiveDateTime": instant(order.completes_at),
        "expiryDateTime": ends_on and naive_midnight(ends_on),
        "provisioningState": provisioning_state(state, order, line),
    }
    if not is_shared:
        reservation["appliedScopes"] = [f"/subscriptions/{line.plan_id}"]
    name = state.settings.current().reservation_list_name
    return {"type": _RESERVATION, name: [reservation]}


def provisioning_state(state: SandboxState, order: Order, line: Line) -> str:
    """A reservation's way from Creating to Succeeded, and its end."""
    now = state.clock.now()
    if line.is_cancelled:
        return "Cancelled"
    if line.is_expired(now):
        return "Expired"
    step = dt.timedelta(seconds=state.settings.current().provisioning_step_seconds)
    done = (now - order.completes_at) // step if step else len(_STEPS)
    return _STEPS[done] if done < len(_STEPS) else "Succeeded"
