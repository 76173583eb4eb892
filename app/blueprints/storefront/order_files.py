"""The lists of orders and Azure plans as files."""

from collections.abc import Iterable

from flask import Response

from app.domain.money import round_money
from app.services.order_history import OrderRow
from app.services.subscriptions import PlanRow
from app.web.layout import vat_words
from app.web.list_file import Column, FileFormat, Kind, ListFile, list_file
from app.web.viewer import shows_vat


def order_file(orders: Iterable[OrderRow], chosen: FileFormat, *, is_reseller: bool) -> Response:
    columns = [
        Column("Order"),
        *([Column("Customer")] if is_reseller else []),
        Column("What"),
        Column("Quantity", Kind.NUMBER),
        Column("Reference"),
        Column("Status"),
        Column("Placed (UTC)", Kind.INSTANT),
        Column("Placed by"),
        Column("Total", Kind.MONEY, vat_words()),
        Column("Currency"),
    ]
    rows = (_order(row, is_reseller=is_reseller) for row in orders)
    return list_file(ListFile(name="orders", columns=columns, rows=rows), chosen)


def plan_file(plans: Iterable[PlanRow], chosen: FileFormat, *, is_reseller: bool) -> Response:
    columns = [
        Column("Azure plan"),
        Column("Name"),
        *([Column("Customer")] if is_reseller else []),
        Column("Status"),
        Column("Provisioning Sync Status"),
        Column("Active reservations", Kind.NUMBER),
        Column("Subscription ID at Microsoft"),
    ]
    rows = (_plan(row, is_reseller=is_reseller) for row in plans)
    return list_file(ListFile(name="azure-plans", columns=columns, rows=rows), chosen)


def _order(row: OrderRow, *, is_reseller: bool) -> list[object]:
    total = row.total
    return [
        row.number,
        *([row.account_name] if is_reseller else []),
        row.title,
        row.quantity,
        row.buyer_reference,
        row.status.label,
        row.placed_at,
        row.placed_by_name,
        total and round_money(total.shown(with_vat=shows_vat()), total.currency),
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
