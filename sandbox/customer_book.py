"""Customers and their Azure plans, as Microsoft knows them."""

import datetime as dt
import sqlite3
import uuid
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from flask import request

from sandbox.answers import RefusedError
from sandbox.clock import read_stored, stored
from sandbox.state import SandboxState, current_state

# So that a demo customer has the same id on every machine.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "sandbox.entrepot.example")


class PlanStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


class Registration(StrEnum):
    NOT_REGISTERED = "NotRegistered"
    REGISTERING = "Registering"
    REGISTERED = "Registered"


@dataclass(frozen=True, kw_only=True)
class Customer:
    id: str
    company: str
    domain: str
    country: str
    agreed_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An Azure plan: a subscription that Azure subscriptions and reservations hang under."""

    id: str
    customer_id: str
    name: str
    status: PlanStatus
    created_at: dt.datetime
    registered_at: dt.datetime | None
    version: int = 1

    @property
    def azure_subscription_id(self) -> str:
        return str(uuid.uuid5(NAMESPACE, f"azure subscription of {self.id}"))

    def registration(self, now: dt.datetime) -> Registration:
        if self.registered_at is None:
            return Registration.NOT_REGISTERED
        return Registration.REGISTERED if self.registered_at <= now else Registration.REGISTERING


def add_customer(state: SandboxState, customer: Customer) -> None:
    state.storage.insert(
        "customers",
        id=customer.id,
        company=customer.company,
        domain=customer.domain,
        country=customer.country,
        agreed_at=customer.agreed_at and stored(customer.agreed_at),
    )


def add_plan(state: SandboxState, plan: Plan) -> None:
    state.storage.insert(
        "plans",
        id=plan.id,
        customer_id=plan.customer_id,
        name=plan.name,
        status=plan.status,
        created_at=stored(plan.created_at),
        registered_at=plan.registered_at and stored(plan.registered_at),
    )


def list_customers(state: SandboxState) -> list[Customer]:
    return [_customer(row) for row in state.storage.rows("SELECT * FROM customers ORDER BY rowid")]


def find_customer(state: SandboxState, customer_id: str) -> Customer | None:
    row = state.storage.row("SELECT * FROM customers WHERE id = ?", customer_id.lower())
    return None if row is None else _customer(row)


def get_customer(state: SandboxState, customer_id: str) -> Customer:
    customer = find_customer(state, customer_id)
    if customer is None:
        raise RefusedError(
            HTTPStatus.FORBIDDEN, "20002", "There is no relationship with this customer."
        )
    return customer


def list_plans(state: SandboxState, customer_id: str) -> list[Plan]:
    found = state.storage.rows(
        "SELECT * FROM plans WHERE customer_id = ? ORDER BY rowid", customer_id
    )
    return [_plan(row) for row in found]


def find_plan(state: SandboxState, customer_id: str, subscription_id: str) -> Plan | None:
    """The customer's plan by its own id, or by that of the Azure subscription under it."""
    wanted = subscription_id.lower()
    plans = list_plans(state, customer_id)
    return next((plan for plan in plans if wanted in (plan.id, plan.azure_subscription_id)), None)


def customer_in_path() -> str | None:
    """The customer a call is about: every such path begins the same."""
    parts = request.path.split("/")
    is_about_customer = parts[1:3] == ["v1", "customers"] and parts[3:4] not in ([], [""])
    return parts[3].lower() if is_about_customer else None


def refuse_unknown_customer() -> None:
    customer_id = customer_in_path()
    if customer_id is not None:
        get_customer(current_state(), customer_id)


def _customer(row: sqlite3.Row) -> Customer:
    agreed_at = row["agreed_at"]
    return Customer(
        id=row["id"],
        company=row["company"],
        domain=row["domain"],
        country=row["country"],
        agreed_at=agreed_at and read_stored(agreed_at),
    )


def _plan(row: sqlite3.Row) -> Plan:
    registered_at = row["registered_at"]
    return Plan(
        id=row["id"],
        customer_id=row["customer_id"],
        name=row["name"],
        status=PlanStatus(row["status"]),
        created_at=read_stored(row["created_at"]),
        registered_at=registered_at and read_stored(registered_at),
        version=row["version"],
    )
