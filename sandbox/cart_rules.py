"""What Microsoft checks before it sells: when a cart is made, and again at its checkout."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sandbox.answers import RefusedError
from sandbox.catalogue.model import Item, get_catalogue
from sandbox.customer_book import Customer, PlanStatus, Registration, find_plan
from sandbox.order_book import list_lines
from sandbox.state import SandboxState

_CYCLE = "one_time"
_SCOPES = frozenset({"shared", "single"})


@dataclass(frozen=True, kw_only=True)
class CartLine:
    """A line whose shape is right; `body` is how the cart shows it."""

    item: Item
    quantity: int
    subscription_id: str | None
    body: dict[str, Any]


def read_lines(sent: dict[str, Any]) -> list[CartLine]:
    """The lines of a cart as they were sent, or a refusal of what makes no sense at all."""
    lines = sent.get("lineitems")
    if not isinstance(lines, list) or not lines or not all(isinstance(x, dict) for x in lines):
        raise _invalid("A cart needs lineItems.")
    return [_read_line(line, number) for number, line in enumerate(lines)]


def _read_line(sent: dict[str, Any], number: int) -> CartLine:
    item = _item(sent.get("catalogitemid"))
    quantity = sent.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise _invalid("The quantity must be a whole number above zero.")
    if (sent.get("termduration") or None) != item.term_duration:
        raise _invalid("The termDuration is not the one of this item.")
    context = sent.get("provisioningcontext") or {}
    cycle = str(sent.get("billingcycle", _CYCLE)).lower()
    body = {
        "id": number,
        "catalogItemId": item.catalog_item_id,
        "friendlyName": sent.get("friendlyname") or item.title,
        "quantity": quantity,
        "currencyCode": item.currency,
        "billingCycle": cycle,
        "termDuration": item.term_duration,
        "provisioningContext": _context(item, context),
        "orderGroup": "0" if item.kind == "reservation" else "1",
        "error": _line_error(item, quantity, cycle),
    }
    return CartLine(
        item=item,
        quantity=quantity,
        subscription_id=context.get("subscriptionid"),
        body={name: value for name, value in body.items() if value is not None},
    )


def _item(catalog_item_id: Any) -> Item:
    if not catalog_item_id:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "900142", "The catalogItemId is missing.")
    item = get_catalogue().find_item(str(catalog_item_id))
    if item is None:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "800004", "The offer id is not valid: no such catalogItemId."
        )
    return item


def _context(item: Item, sent: dict[str, Any]) -> dict[str, str] | None:
    if item.kind != "reservation":
        return None
    scope = str(sent.get("scope", "")).lower()
    if scope not in _SCOPES:
        raise _invalid("A reservation needs the scope shared or single.")
    if not sent.get("subscriptionid"):
        raise _no_plan("A reservation needs the subscription of an Azure plan.")
    names = {"subscriptionid": "subscriptionId", "duration": "duration"}
    return {shown: str(sent[name]) for name, shown in names.items() if name in sent} | {
        "scope": scope
    }


def _line_error(item: Item, quantity: int, cycle: str) -> dict[str, Any] | None:
    if cycle != _CYCLE:
        return cart_error("billing_plan_not_supported", "Only one_time is offered.")
    if quantity < item.minimum_quantity:
        return cart_error("invalid_input", "The quantity is below the minimum of this item.")
    return None


def cart_error(code: str, description: str) -> dict[str, Any]:
    return {"errorCode": code, "errorDescription": description, "additionalInformation": {}}


def refuse_sale(state: SandboxState, customer: Customer, line: CartLine) -> None:
    """Raises what keeps Microsoft from selling this line to this customer now."""
    if customer.agreed_at is None:
        raise RefusedError(
            HTTPStatus.FORBIDDEN, "13605", "The customer has not accepted the customer agreement."
        )
    if not line.item.is_purchasable:
        raise RefusedError(HTTPStatus.FORBIDDEN, "800028", "This item is no longer sold.")
    if line.item.kind == "reservation":
        _refuse_plan(state, customer, line.subscription_id or "")
    if line.item.out_of_stock:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "800010", "There is no inventory left.")
    if line.quantity > line.item.maximum_quantity:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "800017", "This quantity is not available.")
    _refuse_above_limit(state, customer, line)


def _refuse_plan(state: SandboxState, customer: Customer, subscription_id: str) -> None:
    plan = find_plan(state, customer.id, subscription_id)
    if plan is None or plan.status != PlanStatus.ACTIVE:
        raise _no_plan("The subscription is not an active Azure subscription.")
    registration = plan.registration(state.clock.now())
    if registration == Registration.NOT_REGISTERED:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "800030", "The subscription is not registered for reservations."
        )
    if registration == Registration.REGISTERING:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST,
            "800013",
            "The subscription is not enabled for reservations yet.",
        )


def _refuse_above_limit(state: SandboxState, customer: Customer, line: CartLine) -> None:
    limit = state.settings.current().reservation_limit
    if not limit or line.item.kind != "reservation":
        return
    owned = sum(
        held.quantity
        for _, held in list_lines(state, customer.id)
        if held.is_reservation and not held.is_cancelled
    )
    if owned + line.quantity > limit:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "800018", "The limit of the sandbox is reached.")


def _invalid(description: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "800002", description)


def _no_plan(description: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "800011", description)
