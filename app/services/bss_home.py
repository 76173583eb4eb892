"""Back office home: what wants a person's attention, and what is sold by month."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import ProvisioningSyncStatus, order_number
from app.domain.orders import OrderStatus
from app.models import Account, Asset, AssetTotal, Order, OrderLine
from app.services.alerts import OpenAlert, list_alerts
from app.services.asset_lists import is_expiring
from app.services.asset_months import AssetMonths, asset_months
from app.services.asset_totals import MOST_COUNTED
from app.services.bss_asset_rows import BssAssetRow, newest_assets, next_to_expire
from app.services.visibility import visible_to

_ROWS = 5
_ATTENTION = (ProvisioningSyncStatus.FAILED, ProvisioningSyncStatus.BEING_CHECKED)


@dataclass(frozen=True, kw_only=True)
class WaitingOrder:
    """An order that somebody must approve."""

    id: UUID
    number: str
    account_id: UUID
    account_name: str
    title: str
    placed_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Attention:
    """Counts of all assets, and the newest of those that wait for somebody.

    `expiring_count` stops at 1,000: then `expiring_is_capped`.
    """

    failed: int
    being_checked: int
    in_progress: int
    assets: int
    expiring_count: int
    expiring_is_capped: bool
    orders_waiting: int
    to_mend: tuple[BssAssetRow, ...]
    orders: tuple[WaitingOrder, ...]  # the longest waiting first
    expiring: tuple[BssAssetRow, ...]
    newest: tuple[BssAssetRow, ...]
    alerts: tuple[OpenAlert, ...]
    months: AssetMonths


def get_attention(viewer: Viewer) -> Attention:
    """Eight statements."""
    session = reading(viewer.scope)
    counts: dict[ProvisioningSyncStatus, int] = {
        row.provisioning_sync_status: int(row.assets)
        for row in session.execute(
            sa.select(
                AssetTotal.provisioning_sync_status, sa.func.sum(AssetTotal.assets).label("assets")
            )
            .where(visible_to(viewer, AssetTotal))
            .group_by(AssetTotal.provisioning_sync_status)
        )
    }
    waiting = Asset.provisioning_sync_status.in_(_ATTENTION)
    expiring, orders = _further_counts(session, viewer)
    return Attention(
        failed=counts.get(ProvisioningSyncStatus.FAILED, 0),
        being_checked=counts.get(ProvisioningSyncStatus.BEING_CHECKED, 0),
        in_progress=counts.get(ProvisioningSyncStatus.IN_PROGRESS, 0),
        assets=sum(counts.values()),
        expiring_count=min(expiring, MOST_COUNTED),
        expiring_is_capped=expiring > MOST_COUNTED,
        orders_waiting=orders,
        to_mend=newest_assets(session, viewer, waiting, limit=_ROWS),
        orders=_waiting_orders(session, viewer),
        expiring=next_to_expire(session, viewer, limit=_ROWS),
        newest=newest_assets(session, viewer, limit=_ROWS),
        alerts=tuple(list_alerts(viewer)),
        months=asset_months(viewer),
    )


def _further_counts(session: Session, viewer: Viewer) -> tuple[int, int]:
    """Of what expires soon, at most one more than is counted, and of orders that wait."""
    some = (
        sa.select(Asset.id)
        .where(visible_to(viewer, Asset), is_expiring())
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    expiring = sa.select(sa.func.count()).select_from(some).scalar_subquery()
    orders = sa.select(sa.func.count()).where(*_waits(viewer)).scalar_subquery()
    row = session.execute(sa.select(expiring, orders)).one()
    return row[0], row[1]


def _waits(viewer: Viewer) -> list[sa.ColumnElement[bool]]:
    return [visible_to(viewer, Order), Order.status == OrderStatus.PENDING_APPROVAL]


def _waiting_orders(session: Session, viewer: Viewer) -> tuple[WaitingOrder, ...]:
    first = sa.and_(OrderLine.order_id == Order.id, OrderLine.position == 1)
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            Order.id,
            Order.number,
            Order.account_id,
            Order.placed_at,
            Account.name.label("account_name"),
            OrderLine.title,
        )
        .join(Account, Account.id == Order.account_id)
        .outerjoin(OrderLine, first)
        .where(*_waits(viewer))
        .order_by(Order.number)
        .limit(_ROWS)
    )
    return tuple(
        WaitingOrder(
            id=row.id,
            number=order_number(row.number),
            account_id=row.account_id,
            account_name=row.account_name,
            title=row.title or "",
            placed_at=row.placed_at,
        )
        for row in session.execute(query)
    )
