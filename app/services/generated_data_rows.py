"""Rows of generated data: orders, and what each of their lines leaves in six tables."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from app.domain.assets import AssetKind, AssetStatus, BillingFrequency, estimated_end
from app.domain.money import ZERO
from app.domain.orders import OrderStatus
from app.domain.pricing import (
    Adjustment,
    AdjustmentKind,
    UnitPrices,
    price_line,
    unit_prices,
)
from app.domain.purchase import PurchaseState, sync_status_of
from app.models import Sku
from app.services.generated_data_world import CURRENCY, Company, new_id

_MARKUP = Adjustment(AdjustmentKind.MARKUP, Decimal(10))
_VAT_RATE = Decimal(24)
_LONGEST_AGO = 900.0  # days
_LINES = (1, 1, 1, 2, 2, 3, 4)
_QUANTITIES = (1, 1, 1, 2, 2, 3, 4, 5, 8, 10, 25)
_DISCOUNTS = tuple(map(Decimal, ("0", "0", "0", "0", "2.5", "5", "7.5", "10", "12.5")))
FAILED_SHARE, _CANCELLED_SHARE = 0.03, 0.04
_REFUSALS = (
    ("800011", "The subscription is not an active Azure subscription."),
    ("800010", "There is no inventory left."),
    ("13605", "The customer has not accepted the customer agreement."),
)
_ACTOR = "generated"

Rows = dict[str, list[dict[str, Any]]]


class Line(NamedTuple):
    """What is bought by one line, before it is spread over the tables."""

    order_id: UUID
    company: Company
    sku: Sku
    plan: tuple[UUID, str]
    prices: UnitPrices
    quantity: int
    discount: Decimal
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the rows come from. The same seed and the same day give the same rows."""

    chance: random.Random
    companies: list[Company]
    skus: list[Sku]
    now: dt.datetime
    failed_share: float = FAILED_SHARE

    def batches(self, assets: int, size: int) -> Iterator[Rows]:
        """All rows of so many assets, oldest first, in batches of about `size` assets."""
        made = 0
        rows: Rows = {}
        while made < assets:
            count = min(self.chance.choice(_LINES), assets - made)
            # squared: business grew, so there is more of late
            age = _LONGEST_AGO * (1 - made / assets) ** 2
            self._add_order(rows, count, self.now - dt.timedelta(days=age))
            made += count
            if len(rows["assets"]) >= size or made == assets:
                yield rows
                rows = {}

    def _add_order(self, rows: Rows, count: int, at: dt.datetime) -> None:
        chance = self.chance
        company = chance.choice(self.companies)
        order_id = new_id(chance)
        _add(rows, "orders", _order(chance, company, order_id, at))
        for position in range(1, count + 1):
            sku = chance.choice(self.skus)
            line = Line(
                order_id=order_id,
                company=company,
                sku=sku,
                plan=chance.choice(company.plans),
                prices=_unit_prices(sku.cost or ZERO, company.markup),
                quantity=chance.choice(_QUANTITIES),
                discount=chance.choice(_DISCOUNTS),
                at=at,
            )
            self._add_line(rows, line, position)

    def _add_line(self, rows: Rows, line: Line, position: int) -> None:
        chance, sku = self.chance, line.sku
        has_failed = chance.random() < self.failed_share
        state = PurchaseState.FAILED if has_failed else PurchaseState.SYNCHRONIZED
        owner = {"account_id": line.company.account_id, "tenant_id": line.company.tenant_id}
        ids = _Ids(chance, has_failed=has_failed)
        _add(rows, "order_lines", {**owner, **_order_line(ids.line, line, position)})
        _add(rows, "assets", {**owner, **_asset(ids, line, state, self._status(line, has_failed))})
        if sku.kind is AssetKind.RESERVATION:
            _add(rows, "reservations", {**owner, **_reservation(ids, line)})
        else:
            _add(rows, "software_subscriptions", {**owner, **_software(ids, line)})
        refusal = chance.choice(_REFUSALS) if has_failed else (None, None)
        _add(rows, "purchases", {**owner, **_purchase(ids, line, state, refusal)})
        _add(rows, "purchase_events", {**owner, **_event(ids, line, state, refusal)})

    def _status(self, line: Line, has_failed: bool) -> AssetStatus:  # noqa: FBT001
        end = estimated_end(line.at.date(), line.sku.term_duration)
        if has_failed:
            return AssetStatus.ACTIVE
        if end is not None and end <= self.now.date():
            return AssetStatus.EXPIRED
        is_cancelled = self.chance.random() < _CANCELLED_SHARE
        return AssetStatus.CANCELLED if is_cancelled else AssetStatus.ACTIVE


class _Ids:
    """Every id of one line. What Microsoft refused has none of Microsoft's."""

    def __init__(self, chance: random.Random, *, has_failed: bool) -> None:
        self.line, self.asset, self.purchase = new_id(chance), new_id(chance), new_id(chance)
        self.requests = [new_id(chance) for _ in range(3)]
        self.own_ref = f"GEN-{chance.getrandbits(64):016X}"
        self.order = None if has_failed else f"{chance.getrandbits(128):032x}"
        self.alias = None if has_failed else f"{chance.getrandbits(48):012x}"
        self.first = None if has_failed else str(new_id(chance))
        self.second = None if has_failed else str(new_id(chance))


def _add(rows: Rows, table: str, row: dict[str, Any]) -> None:
    rows.setdefault(table, []).append(row)


@cache
def _unit_prices(cost: Decimal, selling_markup: Decimal | None) -> UnitPrices:
    return unit_prices(cost, CURRENCY, adjustment=_MARKUP, selling_markup=selling_markup)


def _order(
    chance: random.Random, company: Company, order_id: UUID, at: dt.datetime
) -> dict[str, Any]:
    return {
        "id": order_id,
        "account_id": company.account_id,
        "tenant_id": company.tenant_id,
        "form_token": new_id(chance),
        "status": OrderStatus.EXECUTED.value,
        "currency": CURRENCY,
        "buyer_reference": f"PO-{chance.randrange(10_000, 99_999)}",
        "placed_by_id": new_id(chance),
        "placed_by_name": "Generated buyer",
        "quoted_at": at,
        "quote_ends_at": at + dt.timedelta(hours=24),
        "placed_at": at,
        "executed_at": at,
    }


def _order_line(line_id: UUID, line: Line, position: int) -> dict[str, Any]:
    sku, prices = line.sku, line.prices
    return {
        "id": line_id,
        "order_id": line.order_id,
        "position": position,
        "kind": sku.kind.value,
        "product_id": sku.product_id,
        "sku_id": sku.id,
        "subscription_id": line.plan[0] if sku.kind is AssetKind.RESERVATION else None,
        "title": sku.title,
        "details": sku.description,
        "quantity": line.quantity,
        "currency": CURRENCY,
        "cost_currency": CURRENCY,
        "unit_cost": prices.cost,
        "buying_unit_price": prices.buying,
        "selling_unit_price": prices.selling,
        "discount_percent": line.discount,
        "vat_rate": _VAT_RATE,
    }


def _asset(ids: _Ids, line: Line, state: PurchaseState, status: AssetStatus) -> dict[str, Any]:
    sku = line.sku
    has_failed = state is PurchaseState.FAILED
    return {
        "id": ids.asset,
        "kind": sku.kind.value,
        "order_id": line.order_id,
        "order_line_id": ids.line,
        "product_id": sku.product_id,
        "name": sku.title,
        "status": status.value,
        "provisioning_sync_status": sync_status_of(state).value,
        "purchased_at": line.at,
        "provisioned_at": None if has_failed else line.at,
        "expires_on": estimated_end(line.at.date(), sku.term_duration),
        "expiry_is_estimated": has_failed,
        "billing_frequency": BillingFrequency.ONE_TIME.value,
        "term_duration": sku.term_duration,
        "microsoft_product_id": sku.microsoft_product_id,
        "microsoft_sku_id": sku.microsoft_sku_id,
        "product_title": sku.title,
        "product_details": sku.description,
        "microsoft_order_id": ids.order,
        "microsoft_order_alias": ids.alias,
        "microsoft_ordered_at": None if has_failed else line.at,
        "microsoft_ids": " ".join(filter(None, (ids.first, ids.second))),
        "custom_fields": "{}",
        "tags": "[]",
        "notes": "",
        "version": 1,
        **_money(line),
    }


def _money(line: Line) -> dict[str, Any]:
    money: dict[str, Any] = {
        "quantity": line.quantity,
        "currency": CURRENCY,
        "cost_currency": CURRENCY,
        "unit_cost": line.prices.cost,
        "discount_percent": line.discount,
        "vat_rate": _VAT_RATE,
    }
    for side, price in (("buying", line.prices.buying), ("selling", line.prices.selling)):
        total = _total(price, line.quantity, line.discount)
        money |= {f"{side}_unit_price": price, f"{side}_net": total[0], f"{side}_vat": total[1]}
    return money


@cache
def _total(
    price: Decimal | None, quantity: int, discount: Decimal
) -> tuple[Decimal | None, Decimal | None]:
    if price is None:
        return None, None
    total = price_line(
        price, quantity, discount_percent=discount, vat_rate=_VAT_RATE, currency=CURRENCY
    ).total
    return total.net, total.vat


def _reservation(ids: _Ids, line: Line) -> dict[str, Any]:
    return {
        "id": ids.asset,
        "subscription_id": line.plan[0],
        "reservation_type": line.sku.reservation_type,
        "region": line.sku.region,
        "arm_region": line.sku.arm_region,
        "scope": "Shared",
        "reservation_id": ids.first,
        "reservation_order_id": ids.second,
        "reservation_status": "Succeeded" if ids.first else None,
    }


def _software(ids: _Ids, line: Line) -> dict[str, Any]:
    return {
        "id": ids.asset,
        "software_subscription_sku": line.sku.title,
        "segment": line.sku.segment,
        "software_id": ids.first if line.sku.term_duration else None,
        "microsoft_status": "active" if ids.first else None,
    }


def _purchase(
    ids: _Ids, line: Line, state: PurchaseState, refusal: tuple[str | None, str | None]
) -> dict[str, Any]:
    return {
        "id": ids.purchase,
        "asset_id": ids.asset,
        "generation": 1,
        "own_ref": ids.own_ref,
        "params": json.dumps(_params(line)),
        "state": state.value,
        "cart_request_id": ids.requests[0],
        "checkout_request_id": ids.requests[1],
        "correlation_id": ids.requests[2],
        "cart_is_stale": False,
        "checkout_is_open": False,
        "order_id": ids.order,
        "fence": 1,
        "epoch": 1,
        "attempts": 0,
        "error_code": refusal[0],
        "error_message": refusal[1],
        "created_at": line.at,
        "created_by": _ACTOR,
        "finished_at": line.at if ids.order else None,
    }


def _params(line: Line) -> dict[str, Any]:
    sku, is_reservation = line.sku, line.sku.kind is AssetKind.RESERVATION
    return {
        "kind": sku.kind.value,
        "customer_id": line.company.microsoft_tenant_id,
        "product_id": sku.microsoft_product_id,
        "sku_id": sku.microsoft_sku_id,
        "quantity": line.quantity,
        "term_duration": sku.term_duration,
        "cost": str(line.prices.cost),
        "cost_currency": CURRENCY,
        "plan_id": line.plan[1] if is_reservation else None,
        "scope": "shared" if is_reservation else None,
        "arm_region": sku.arm_region,
    }


def _event(
    ids: _Ids, line: Line, state: PurchaseState, refusal: tuple[str | None, str | None]
) -> dict[str, Any]:
    return {
        "purchase_id": ids.purchase,
        "at": line.at,
        "event": state.value,
        "state": state.value,
        "actor": _ACTOR,
        "fence": 1,
        "error_code": refusal[0],
        "message": refusal[1],
        "ms_correlation_id": str(ids.requests[2]),
        "detail": "{}",
    }
