"""Adding customers, plans and past orders to Microsoft's side, without buying them."""

import datetime as dt
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from sandbox.catalogue.model import get_catalogue
from sandbox.clock import NEVER
from sandbox.customer_book import (
    Customer,
    PlanStatus,
    add_customer,
    add_plan,
    find_customer,
    find_plan,
    list_plans,
)
from sandbox.customer_book import Plan as AzurePlan
from sandbox.order_book import NewLine, NewOrder, Order, OrderStatus, add_order
from sandbox.state import SandboxState


class SeedError(ValueError):
    """What is wrong with the seed, in one sentence."""


@dataclass(frozen=True, kw_only=True)
class PastOrder:
    """An order of one line that was made some time ago."""

    customer_id: str
    reference: str
    catalog_item_id: str
    quantity: int
    created_at: dt.datetime
    status: OrderStatus = OrderStatus.COMPLETED
    plan_id: str | None = None
    subscription_id_missing: bool = False
    seed: str | None = None


def plant(state: SandboxState, wishes: dict[str, Any]) -> dict[str, Any]:
    """Makes what the JSON names, all or nothing; answers with the ids."""
    orders = [*wishes.get("orders", []), *wishes.get("entitlements", [])]
    try:
        with state.storage.transaction():
            return {
                "customers": [_plant_customer(state, wish) for wish in wishes.get("customers", [])],
                "plans": [_plant_plan(state, wish) for wish in wishes.get("plans", [])],
                "orders": [_planted(plant_order(state, _past_order(state, w))) for w in orders],
            }
    except KeyError as error:
        raise SeedError(f"{error.args[0]} is missing.") from error


def _plant_customer(state: SandboxState, wish: dict[str, Any]) -> dict[str, Any]:
    customer = Customer(
        id=str(wish.get("id") or uuid.uuid4()).lower(),
        company=wish["company"],
        domain=wish["domain"],
        country=wish.get("country", "GR"),
        agreed_at=state.clock.now() if wish.get("agreement", True) else None,
    )
    if find_customer(state, customer.id):
        raise SeedError(f"There is a customer {customer.id} already.")
    add_customer(state, customer)
    return {"id": customer.id, "company": customer.company, "domain": customer.domain}


def _plant_plan(state: SandboxState, wish: dict[str, Any]) -> dict[str, Any]:
    status, now = wish.get("status", PlanStatus.ACTIVE), state.clock.now()
    if status not in set(PlanStatus):
        raise SeedError(f"{status} is no status of a plan.")
    plan = AzurePlan(
        id=str(wish.get("id") or uuid.uuid4()).lower(),
        customer_id=_known_customer(state, wish["customer_id"]),
        name=wish.get("name", "Azure plan"),
        status=PlanStatus(status),
        created_at=now,
        registered_at=now if wish.get("registered", True) else None,
    )
    if find_plan(state, plan.customer_id, plan.id):
        raise SeedError(f"There is a plan {plan.id} already.")
    add_plan(state, plan)
    return {"id": plan.id, "customer_id": plan.customer_id, "name": plan.name}


def _past_order(state: SandboxState, wish: dict[str, Any]) -> PastOrder:
    created_at = wish.get("created_at")
    status = wish.get("status", OrderStatus.COMPLETED)
    if status not in set(OrderStatus):
        raise SeedError(f"{status} is no status of an order.")
    try:
        instant = dt.datetime.fromisoformat(created_at) if created_at else state.clock.now()
    except ValueError as error:
        raise SeedError(f"{created_at} is no date.") from error
    return PastOrder(
        customer_id=_known_customer(state, wish["customer_id"]),
        reference=wish["reference"],
        catalog_item_id=wish["catalog_item_id"],
        quantity=wish.get("quantity", 1),
        created_at=instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC),
        status=OrderStatus(status),
        plan_id=wish.get("plan_id"),
        subscription_id_missing=wish.get("subscription_id_missing", False),
    )


def _known_customer(state: SandboxState, customer_id: str) -> str:
    customer = find_customer(state, customer_id)
    if customer is None:
        raise SeedError(f"There is no customer {customer_id}.")
    return customer.id


def plant_order(state: SandboxState, past: PastOrder) -> Order:
    item = get_catalogue().find_item(past.catalog_item_id)
    if item is None:
        raise SeedError(f"There is no catalogue item {past.catalog_item_id}.")
    is_reservation = item.kind == "reservation"
    plan_id = past.plan_id or _first_plan_id(state, past.customer_id)
    line = NewLine(
        reference=past.reference,
        item=item,
        quantity=past.quantity,
        plan_id=plan_id if is_reservation else None,
        scope="shared" if is_reservation else None,
    )
    is_pending = past.status == OrderStatus.PENDING
    return add_order(
        state,
        NewOrder(
            seed=past.seed or secrets.token_hex(),
            customer_id=past.customer_id,
            cart_id=None,
            created_at=past.created_at,
            visible_at=past.created_at,
            completes_at=NEVER if is_pending else past.created_at,
            subscription_from=NEVER
            if is_pending or past.subscription_id_missing
            else past.created_at,
            lines=[line],
            cancelled_at=past.created_at if past.status == OrderStatus.CANCELLED else None,
        ),
    )


def _first_plan_id(state: SandboxState, customer_id: str) -> str | None:
    plans = list_plans(state, customer_id)
    return next((plan.id for plan in plans if plan.status == PlanStatus.ACTIVE), None)


def _planted(order: Order) -> dict[str, Any]:
    line = order.lines[0]
    return {
        "id": order.id,
        "alternate_id": order.alternate_id,
        "customer_id": order.customer_id,
        "reference": line.reference,
        "subscription_id": line.subscription_id,
        "reservation_order_id": line.reservation_order_id,
        "reservation_id": line.reservation_id,
    }
