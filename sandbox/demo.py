"""The demo world at Microsoft's side: made once, the same on every machine."""

import datetime as dt
import json
import secrets
import uuid
from typing import Any

from sandbox.catalogue.model import get_catalogue
from sandbox.clock import read_stored, stored
from sandbox.customer_book import (
    NAMESPACE,
    Customer,
    Plan,
    PlanStatus,
    add_customer,
    add_plan,
    list_customers,
    list_plans,
)
from sandbox.demo_orders import (
    AEGEAN,
    FABRIKAM,
    HELIOS,
    KALAMATA,
    NORTHWIND,
    ORDERS,
    THISTLE,
    Bought,
)
from sandbox.order_book import OrderStatus, years_after
from sandbox.seeding import PastOrder, plant_order
from sandbox.state import SandboxState
from sandbox.state_files import write_whole
from sandbox.tokens import find_refresh_token, is_expired, new_refresh_token

_LOADED_AT = "demo_loaded_at"
_AGE_OF_CUSTOMERS = dt.timedelta(days=1500)

_COMPANIES = {
    NORTHWIND: "Northwind Cloud",
    AEGEAN: "Aegean Foods S.A.",
    HELIOS: "Helios Clinics Ltd",
    FABRIKAM: "Fabrikam Cloud",
    THISTLE: "Thistle & Vane LLP",
    KALAMATA: "Kalamata Estates",
}
_FIRST_PLAN = "Azure plan"
_FURTHER_PLANS = (
    (AEGEAN, "Azure plan (old)", PlanStatus.SUSPENDED),
    (KALAMATA, "Azure plan (harvest)", PlanStatus.ACTIVE),
)


def load(state: SandboxState) -> None:
    """Makes the world at the first start; later starts find it as it was left."""
    with state.storage.transaction():
        if state.storage.remembered(_LOADED_AT) is not None:
            return
        now = state.clock.now()
        state.storage.remember(_LOADED_AT, stored(now))
        state.storage.remember("tenant_id", _demo_id("partner"))
        state.storage.remember("client_id", _demo_id("application of the partner"))
        state.storage.remember("client_secret", secrets.token_urlsafe(24))
        state.storage.remember("token_key", secrets.token_urlsafe(32))
        for domain, company in _COMPANIES.items():
            _add_company(state, domain, company, now - _AGE_OF_CUSTOMERS)
        load_orders(state)


def load_orders(state: SandboxState) -> None:
    """The demo's own orders, with the ids and dates that they had from the start."""
    loaded_at = read_stored(state.storage.remembered(_LOADED_AT))
    for bought in ORDERS:
        _add_order(state, bought, loaded_at)


def restore_plans(state: SandboxState) -> None:
    """The demo's plans as they were, should somebody have suspended or renamed one."""
    for plan in _plans(read_stored(state.storage.remembered(_LOADED_AT)) - _AGE_OF_CUSTOMERS):
        state.storage.run(
            "UPDATE plans SET name = ?, status = ?, registered_at = ? WHERE id = ?",
            plan.name,
            plan.status,
            stored(plan.created_at),
            plan.id,
        )


def write_access(state: SandboxState) -> None:
    """Tells whoever may read the state folder how to sign in, and who the customers are."""
    content = json.dumps(_access(state), indent=2, ensure_ascii=False)
    write_whole(state.folder / "sandbox.json", content.encode(), mode=0o600)


def _access(state: SandboxState) -> dict[str, Any]:
    return {
        "tenant_id": state.storage.remembered("tenant_id"),
        "client_id": state.storage.remembered("client_id"),
        "client_secret": state.storage.remembered("client_secret"),
        "refresh_token": _refresh_token(state),
        "customers": [
            {
                "name": customer.company,
                "domain": customer.domain,
                "tenant_id": customer.id,
                "plans": [
                    {"id": plan.id, "name": plan.name, "status": plan.status}
                    for plan in list_plans(state, customer.id)
                ],
            }
            for customer in list_customers(state)
        ],
    }


def _refresh_token(state: SandboxState) -> str:
    """The one written before, as long as it works."""
    kept = state.storage.remembered("refresh_token", "")
    token = find_refresh_token(state, kept)
    if token is not None and not is_expired(state, token):
        return str(kept)
    fresh = new_refresh_token(state, state.storage.remembered("tenant_id"))
    state.storage.remember("refresh_token", fresh)
    return fresh


def _demo_id(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, name))


def _add_company(state: SandboxState, domain: str, company: str, since: dt.datetime) -> None:
    customer_id = _demo_id(domain)
    add_customer(
        state,
        Customer(id=customer_id, company=company, domain=domain, country="GR", agreed_at=since),
    )
    for plan in _plans(since):
        if plan.customer_id == customer_id:
            add_plan(state, plan)


def _plans(since: dt.datetime) -> list[Plan]:
    wanted = [(domain, _FIRST_PLAN, PlanStatus.ACTIVE) for domain in _COMPANIES]
    return [
        Plan(
            id=_demo_id(f"{name} of {domain}"),
            customer_id=_demo_id(domain),
            name=name,
            status=status,
            created_at=since,
            registered_at=since,
        )
        for domain, name, status in (*wanted, *_FURTHER_PLANS)
    ]


def _add_order(state: SandboxState, bought: Bought, loaded_at: dt.datetime) -> None:
    item = get_catalogue().find_titled(bought.title)
    if item is None:
        raise LookupError(f"The catalogue has no {bought.title}.")
    if bought.ends_in_days is None:
        created_at = loaded_at - dt.timedelta(days=bought.days_ago or 0)
    else:
        # A reservation ends with its term, software on the day before.
        extra = bought.ends_in_days + (item.kind == "software")
        created_at = years_after(loaded_at, -1) + dt.timedelta(days=extra)
    plant_order(
        state,
        PastOrder(
            customer_id=_demo_id(bought.domain),
            reference=bought.reference,
            catalog_item_id=item.catalog_item_id,
            quantity=bought.quantity,
            created_at=created_at,
            status=OrderStatus.CANCELLED if bought.is_cancelled else OrderStatus.COMPLETED,
            seed=f"demo {bought.reference}",
        ),
    )
