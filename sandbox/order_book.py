"""The ledger: what was bought, by whom, and what became of it."""

import base64
import datetime as dt
import hashlib
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus

from sandbox.answers import RefusedError
from sandbox.catalogue.model import Item
from sandbox.clock import read_stored, stored
from sandbox.state import SandboxState

_TERM_YEARS = {"P1Y": 1, "P3Y": 3}
# How long Microsoft takes software back: a subscription, and what has no term.
_SUBSCRIPTION_WINDOW = dt.timedelta(days=7)
_PERPETUAL_WINDOW = dt.timedelta(days=30)


class OrderStatus(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing bought, with its subscription or its reservation."""

    order_id: str
    number: int
    bought_at: dt.datetime
    reference: str
    catalog_item_id: str
    title: str
    kind: str
    reservation_type: str | None
    term_duration: str | None
    quantity: int
    unit_price: Decimal
    plan_id: str | None
    scope: str | None
    cancelled_at: dt.datetime | None
    subscription_id: str | None
    subscription_from: dt.datetime | None
    nickname: str | None
    auto_renew: bool
    suspended: bool
    version: int
    reservation_order_id: str | None
    reservation_id: str | None

    @property
    def product_id(self) -> str:
        return self.catalog_item_id.split(":")[0]

    @property
    def sku_id(self) -> str:
        return self.catalog_item_id.split(":")[1]

    @property
    def is_reservation(self) -> bool:
        return self.kind == "reservation"

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    def has_subscription(self, now: dt.datetime) -> bool:
        return self.subscription_from is not None and self.subscription_from <= now

    def term_starts_at(self, now: dt.datetime) -> dt.datetime:
        """The start of the running term: the purchase, or the last renewal."""
        start, years = self.bought_at, _TERM_YEARS.get(self.term_duration or "")
        if years is None or not self.auto_renew:
            return start
        while (later := years_after(start, years)) <= now:
            start = later
        return start

    def ends_on(self, now: dt.datetime) -> dt.date | None:
        """A reservation's expiry, a software subscription's last day; None: it never ends."""
        years = _TERM_YEARS.get(self.term_duration or "")
        if years is None:
            return None
        end = years_after(self.term_starts_at(now), years).date()
        return end if self.is_reservation else end - dt.timedelta(days=1)

    def is_expired(self, now: dt.datetime) -> bool:
        end = self.ends_on(now)
        last_day = end and (end - dt.timedelta(days=1) if self.is_reservation else end)
        return last_day is not None and last_day < now.date()

    def cancellable_until(self, now: dt.datetime) -> dt.datetime | None:
        """None for reservations: Partner Center does not take them back."""
        if self.is_reservation:
            return None
        window = _SUBSCRIPTION_WINDOW if self.term_duration else _PERPETUAL_WINDOW
        return self.term_starts_at(now) + window


@dataclass(frozen=True, kw_only=True)
class Order:
    id: str
    alternate_id: str
    customer_id: str
    cart_id: str | None
    created_at: dt.datetime
    visible_at: dt.datetime
    completes_at: dt.datetime
    currency: str
    lines: tuple[Line, ...]

    def status(self, now: dt.datetime) -> OrderStatus:
        # A returned reservation leaves its order completed.
        if all(line.is_cancelled and not line.is_reservation for line in self.lines):
            return OrderStatus.CANCELLED
        return OrderStatus.PENDING if now < self.completes_at else OrderStatus.COMPLETED


@dataclass(frozen=True, kw_only=True)
class NewLine:
    reference: str
    item: Item
    quantity: int
    plan_id: str | None = None
    scope: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewOrder:
    """`seed` makes the ids: the same seed, the same ids."""

    seed: str
    customer_id: str
    cart_id: str | None
    created_at: dt.datetime
    visible_at: dt.datetime
    completes_at: dt.datetime
    subscription_from: dt.datetime
    lines: Sequence[NewLine]
    cancelled_at: dt.datetime | None = None


def add_order(state: SandboxState, new: NewOrder) -> Order:
    order_id = _order_id(new.seed)
    with state.storage.transaction():
        state.storage.insert(
            "orders",
            id=order_id,
            alternate_id=_digest(new.seed, "alternate").hex()[:12],
            customer_id=new.customer_id,
            cart_id=new.cart_id,
            created_at=stored(new.created_at),
            visible_at=stored(new.visible_at),
            completes_at=stored(new.completes_at),
            currency=new.lines[0].item.currency,
        )
        for number in range(len(new.lines)):
            _add_line(state, order_id, new, number)
    return get_order(state, new.customer_id, order_id)


def _add_line(state: SandboxState, order_id: str, new: NewOrder, number: int) -> None:
    line = new.lines[number]
    is_reservation = line.item.kind == "reservation"
    has_subscription = not is_reservation and line.item.term_duration is not None
    seed = f"{new.seed} {number}"
    state.storage.insert(
        "lines",
        order_id=order_id,
        number=number,
        reference=line.reference,
        catalog_item_id=line.item.catalog_item_id,
        title=line.item.title,
        kind=line.item.kind,
        reservation_type=line.item.reservation_type,
        term_duration=line.item.term_duration,
        quantity=line.quantity,
        unit_price=str(line.item.unit_price),
        plan_id=line.plan_id,
        scope=line.scope,
        cancelled_at=new.cancelled_at and stored(new.cancelled_at),
        subscription_id=_guid(seed, "subscription") if has_subscription else None,
        subscription_from=stored(new.subscription_from) if has_subscription else None,
        reservation_order_id=_guid(seed, "reservation order") if is_reservation else None,
        reservation_id=_guid(seed, "reservation") if is_reservation else None,
    )


def list_orders(state: SandboxState, customer_id: str | None = None) -> list[Order]:
    """Oldest first, whether a list of Partner Center shows them yet or not."""
    found = state.storage.rows(
        "SELECT * FROM orders WHERE customer_id = ? OR ? IS NULL ORDER BY created_at, id",
        customer_id,
        customer_id,
    )
    lines: dict[str, list[sqlite3.Row]] = {}
    for row in state.storage.rows(
        "SELECT lines.* FROM lines JOIN orders ON orders.id = lines.order_id"
        " WHERE customer_id = ? OR ? IS NULL ORDER BY order_id, number",
        customer_id,
        customer_id,
    ):
        lines.setdefault(row["order_id"], []).append(row)
    return [_order(row, lines[row["id"]]) for row in found]


def find_order(state: SandboxState, customer_id: str, order_id: str) -> Order | None:
    row = state.storage.row(
        "SELECT * FROM orders WHERE id = ? AND customer_id = ?", order_id, customer_id
    )
    if row is None:
        return None
    lines = state.storage.rows("SELECT * FROM lines WHERE order_id = ? ORDER BY number", order_id)
    return _order(row, lines)


def get_order(state: SandboxState, customer_id: str, order_id: str) -> Order:
    order = find_order(state, customer_id, order_id)
    if order is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, "20003", "The order was not found.")
    return order


def list_lines(state: SandboxState, customer_id: str) -> list[tuple[Order, Line]]:
    return [(order, line) for order in list_orders(state, customer_id) for line in order.lines]


def find_line(
    state: SandboxState, customer_id: str, microsoft_id: str
) -> tuple[Order, Line] | None:
    """The customer's line with this subscription id or reservation order id."""
    row = state.storage.row(
        "SELECT order_id, number FROM lines WHERE subscription_id = ? OR reservation_order_id = ?",
        microsoft_id,
        microsoft_id,
    )
    order = None if row is None else find_order(state, customer_id, row["order_id"])
    return None if row is None or order is None else (order, order.lines[row["number"]])


def cancel_line(state: SandboxState, line: Line, at: dt.datetime) -> None:
    state.storage.run(
        "UPDATE lines SET cancelled_at = ?, version = version + 1"
        " WHERE order_id = ? AND number = ?",
        stored(at),
        line.order_id,
        line.number,
    )


def change_line(
    state: SandboxState, line: Line, *, quantity: int | None, scope: str | None
) -> None:
    """What is not given stays."""
    state.storage.run(
        "UPDATE lines SET quantity = coalesce(?, quantity), scope = coalesce(?, scope),"
        " version = version + 1 WHERE order_id = ? AND number = ?",
        quantity,
        scope,
        line.order_id,
        line.number,
    )


def years_after(instant: dt.datetime, years: int) -> dt.datetime:
    try:
        return instant.replace(year=instant.year + years)
    except ValueError:  # 29 February
        return instant.replace(year=instant.year + years, day=28)


def _order(row: sqlite3.Row, lines: list[sqlite3.Row]) -> Order:
    created_at = read_stored(row["created_at"])
    return Order(
        id=row["id"],
        alternate_id=row["alternate_id"],
        customer_id=row["customer_id"],
        cart_id=row["cart_id"],
        created_at=created_at,
        visible_at=read_stored(row["visible_at"]),
        completes_at=read_stored(row["completes_at"]),
        currency=row["currency"],
        lines=tuple(_line(line, created_at) for line in lines),
    )


def _line(row: sqlite3.Row, bought_at: dt.datetime) -> Line:
    values = dict(row)
    for name in ("cancelled_at", "subscription_from"):
        values[name] = values[name] and read_stored(values[name])
    for name in ("auto_renew", "suspended"):
        values[name] = bool(values[name])
    values["unit_price"] = Decimal(values["unit_price"])
    return Line(**values, bought_at=bought_at)


def _digest(seed: str, purpose: str) -> bytes:
    return hashlib.sha256(f"{seed} {purpose}".encode()).digest()


def _guid(seed: str, purpose: str) -> str:
    return str(uuid.UUID(bytes=_digest(seed, purpose)[:16], version=4))


def _order_id(seed: str) -> str:
    return base64.urlsafe_b64encode(_digest(seed, "order")).decode()[:33]
