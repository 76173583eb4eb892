"""What an account has at a glance: the storefront's home and its billing pages."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import (
    AssetKind,
    AssetStatus,
    ProvisioningSyncStatus,
    SubscriptionStatus,
    order_number,
)
from app.domain.orders import OrderStatus
from app.models import Account, Asset, Invoice, Order, OrderLine, Subscription
from app.services.asset_lists import is_expiring
from app.services.asset_months import AssetMonths, asset_months
from app.services.asset_search import sees_customers
from app.services.asset_totals import MOST_COUNTED, CurrencySum, KeptTotals, kept_totals
from app.services.invoice_states import is_to_pay
from app.services.visibility import visible_to

_MOST = 5


@dataclass(frozen=True, kw_only=True)
class AssetNotice:
    """An asset to look at. `customer_name` is None for whoever has one account."""

    id: UUID
    kind: AssetKind
    name: str
    customer_name: str | None
    sync_status: ProvisioningSyncStatus
    expires_on: dt.date | None
    today: dt.date


@dataclass(frozen=True, kw_only=True)
class RecentOrder:
    id: UUID
    number: str
    status: OrderStatus
    title: str
    customer_name: str | None
    placed_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class AssetCounts:
    """How many assets of one kind there are."""

    kind: AssetKind
    active: int
    expired: int
    cancelled: int


@dataclass(frozen=True, kw_only=True)
class Expiring:
    """Active assets of a kind that end within 30 days; `first_on` is the first day of them.

    `is_capped`: there are more than `assets`, nobody counted them.
    """

    assets: int
    is_capped: bool
    first_on: dt.date | None
    today: dt.date


@dataclass(frozen=True, kw_only=True)
class HomeOverview:
    counts: list[AssetCounts]
    attention: list[AssetNotice]
    expiring: list[AssetNotice]
    orders: list[RecentOrder]


@dataclass(frozen=True, kw_only=True)
class BillingOverview:
    """`spend` is what the active assets cost; None where prices are hidden."""

    counts: list[AssetCounts]
    spend: list[CurrencySum] | None
    not_synchronized: int
    orders: int
    orders_pending: int
    subscriptions: int
    subscriptions_active: int
    invoices: int
    invoices_to_pay: int
    recent_orders: list[RecentOrder]
    expiring: list[AssetNotice]
    months: AssetMonths


def get_home(viewer: Viewer) -> HomeOverview:
    """Four statements."""
    is_odd = Asset.provisioning_sync_status != ProvisioningSyncStatus.SYNCHRONIZED
    attention = _notices(
        viewer,
        [Asset.status == AssetStatus.ACTIVE, is_odd],
        [Asset.purchased_at.desc(), Asset.id.desc()],
    )
    return HomeOverview(
        counts=_counts(kept_totals(viewer)),
        attention=attention,
        expiring=_expiring(viewer),
        orders=_recent_orders(viewer),
    )


def get_billing(viewer: Viewer) -> BillingOverview:
    """Five statements, whatever number of assets there is."""
    kept = kept_totals(viewer)
    active = kept.only(status=AssetStatus.ACTIVE)
    orders = sa.and_(visible_to(viewer, Order), Order.status != OrderStatus.QUOTED)
    plans = visible_to(viewer, Subscription)
    row = (
        reading(viewer.scope)
        .execute(
            sa.select(
                _count(Order, orders),
                _count(Order, orders, Order.status == OrderStatus.PENDING_APPROVAL),
                _count(Subscription, plans),
                _count(Subscription, plans, Subscription.status == SubscriptionStatus.ACTIVE),
                _count(Invoice, visible_to(viewer, Invoice)),
                _count(Invoice, visible_to(viewer, Invoice), is_to_pay()),
            )
        )
        .one()
    )
    synchronized = active.only(sync_status=ProvisioningSyncStatus.SYNCHRONIZED)
    return BillingOverview(
        counts=_counts(kept),
        spend=active.sums,
        not_synchronized=active.assets - synchronized.assets,
        orders=row[0],
        orders_pending=row[1],
        subscriptions=row[2],
        subscriptions_active=row[3],
        invoices=row[4],
        invoices_to_pay=row[5],
        recent_orders=_recent_orders(viewer),
        expiring=_expiring(viewer),
        months=asset_months(viewer),
    )


def count_assets(viewer: Viewer) -> list[AssetCounts]:
    """By kind, one statement."""
    return _counts(kept_totals(viewer))


def count_expiring(viewer: Viewer, kind: AssetKind) -> Expiring:
    """One statement, which looks at no more of them than are counted."""
    first = (
        sa.select(Asset.expires_on)
        .where(visible_to(viewer, Asset), Asset.kind == kind, is_expiring())
        .order_by(Asset.expires_key, Asset.id)
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    query = sa.select(sa.func.count(), sa.func.min(first.c.expires_on), sa.func.current_date())
    row = reading(viewer.scope).execute(query.select_from(first)).one()
    return Expiring(
        assets=min(row[0], MOST_COUNTED),
        is_capped=row[0] > MOST_COUNTED,
        first_on=row[1],
        today=row[2],
    )


def _counts(kept: KeptTotals) -> list[AssetCounts]:
    return [
        AssetCounts(
            kind=kind,
            active=kept.only(kind=kind, status=AssetStatus.ACTIVE).assets,
            expired=kept.only(kind=kind, status=AssetStatus.EXPIRED).assets,
            cancelled=kept.only(kind=kind, status=AssetStatus.CANCELLED).assets,
        )
        for kind in AssetKind
    ]


def _count(model: type[Any], *filters: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(model).where(*filters).scalar_subquery()


def _expiring(viewer: Viewer) -> list[AssetNotice]:
    return _notices(viewer, [is_expiring()], [Asset.expires_key, Asset.id])


def _notices(
    viewer: Viewer, filters: Sequence[sa.ColumnElement[bool]], order: Sequence[Any]
) -> list[AssetNotice]:
    query = (
        sa.select(
            Asset.id,
            Asset.kind,
            Asset.name,
            Asset.provisioning_sync_status,
            Asset.expires_on,
            Account.name.label("customer_name"),
            sa.func.current_date().label("today"),
        )
        .join(Account, Account.id == Asset.account_id)
        .where(visible_to(viewer, Asset), *filters)
        .order_by(*order)
        .limit(_MOST)
    )
    return [
        AssetNotice(
            id=row.id,
            kind=row.kind,
            name=row.name,
            customer_name=row.customer_name if sees_customers(viewer) else None,
            sync_status=row.provisioning_sync_status,
            expires_on=row.expires_on,
            today=row.today,
        )
        for row in reading(viewer.scope).execute(query)
    ]


def _recent_orders(viewer: Viewer) -> list[RecentOrder]:
    title = (
        sa.select(OrderLine.title)
        .where(OrderLine.order_id == Order.id)
        .order_by(OrderLine.position)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Order.id,
            Order.number,
            Order.status,
            Order.placed_at,
            title.label("title"),
            Account.name.label("customer_name"),
        )
        .join(Account, Account.id == Order.account_id)
        .where(visible_to(viewer, Order), Order.status != OrderStatus.QUOTED)
        .order_by(Order.number.desc())
        .limit(_MOST)
    )
    return [
        RecentOrder(
            id=row.id,
            number=order_number(row.number),
            status=row.status,
            title=row.title or "",
            customer_name=row.customer_name if sees_customers(viewer) else None,
            placed_at=row.placed_at,
        )
        for row in reading(viewer.scope).execute(query)
    ]
