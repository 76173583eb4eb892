"""The lists of orders and Azure plans as files."""

from collections.abc import Iterable

from flask import Response

from app.domain.money import round_money
from app.services.order_history import OrderRow
from app.services.subscriptions import PlanRow
from app.web.layout import vat_words
from app.web.list_file import Column, FileFormat, Kind, ListFile, list_file
from app.web.viewer import shows_vat


def order_file(orders: Iterable[OrderRow], chosen: FileFormat, owner_head: str) -> Response:
    """`owner_head` heads the column of accounts, which there is none of where it is empty."""
    columns = [
        Column("Order"),
        *([Column(owner_head)] if owner_head else []),
        Column("What"),
        Column("Quantity", Kind.NUMBER),
        Column("Reference"),
        Column("Status"),
        Column("Placed (UTC)", Kind.INSTANT),
        Column("Placed by"),
        Column("Total", Kind.MONEY, vat_words()),
        Column("Currency"),
    ]
    rows = (_order(row) for row in orders)
    return list_file(ListFile(name="orders", columns=columns, rows=rows), chosen)


def plan_file(plans: Iterable[PlanRow], chosen: FileFormat, owner_head: str) -> Response:
    """As `order_file`."""
    columns = [
        Column("Azure plan"),
        Column("Name"),
        *([Column(owner_head)] if owner_head else []),
        Column("Status"),
        Column("Provisioning Sync Status"),
        Column("Active reservations", Kind.NUMBER),
        Column("Subscription ID at Microsoft"),
    ]
    rows = (_plan(row) for row in plans)
    return list_file(ListFile(name="azure-plans", columns=columns, rows=rows), chosen)


def _order(row: OrderRow) -> list[object]:
    total = row.total
    return [
        row.number,
        *([] if row.account_name is None else [row.account_name]),
        row.title,
        row.quantity,
        row.buyer_reference,
        row.status.label,
        row.placed_at,
        row.placed_by_name,
        total and round_money(total.shown(with_vat=shows_vat()), total.currency),
        total and total.currency,
    ]


def _plan(row: PlanRow) -> list[object]:
    return [
        row.number,
        row.name,
        *([] if row.account_name is None else [row.account_name]),
        row.status.label,
        row.sync_status.label,
        row.active_reservations,
        row.microsoft_subscription_id,
    ]
