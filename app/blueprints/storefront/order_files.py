"""The lists of orders and Azure plans as files."""

from collections.abc import Iterable

from flask import Response

from app.services.order_history import OrderRow
from app.services.subscriptions import PlanRow
from app.web.csv_file import csv_file
from app.web.layout import vat_words
from app.web.viewer import shows_vat


def order_file(orders: Iterable[OrderRow], *, is_reseller: bool) -> Response:
    heads = [
        "Order",
        *(["Customer"] if is_reseller else []),
        "What",
        "Quantity",
        "Reference",
        "Status",
        "Placed (UTC)",
        "Placed by",
        f"Total ({vat_words()})",
        "Currency",
    ]
    return csv_file("orders", heads, [_order(row, is_reseller=is_reseller) for row in orders])


def plan_file(plans: Iterable[PlanRow], *, is_reseller: bool) -> Response:
    heads = [
        "Azure plan",
        "Name",
        *(["Customer"] if is_reseller else []),
        "Status",
        "Provisioning Sync Status",
        "Active reservations",
        "Subscription ID at Microsoft",
    ]
    return csv_file("azure-plans", heads, [_plan(row, is_reseller=is_reseller) for row in plans])


def _order(row: OrderRow, *, is_reseller: bool) -> list[object]:
    total = row.total
    return [
        row.number,
        *([row.account_name] if is_reseller else []),
        row.title,
        row.quantity,
        row.buyer_reference,
        row.status.label,
        f"{row.placed_at:%Y-%m-%dT%H:%M:%SZ}" if row.placed_at else None,
        row.placed_by_name,
        total and f"{total.shown(with_vat=shows_vat()):.2f}",
        total and total.currency,
    ]


def _plan(row: PlanRow, *, is_reseller: bool) -> list[object]:
    return [
        row.number,
        row.name,
        *([row.account_name] if is_reseller else []),
        row.status.label,
        row.sync_status.label,
        row.active_reservations,
        row.microsoft_subscription_id,
    ]
