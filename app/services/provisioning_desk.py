"""The provisioning desk: what waits, runs, failed or is being checked, and who works on it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetKind, AssetStatus, asset_number
from app.domain.purchase import PurchaseState
from app.domain.purchase_guards import WaitsFor
from app.models import Account, Asset, Control, ControlEvent, Heartbeat, Provider, Purchase
from app.services.alerts import OpenAlert, list_alerts
from app.services.heartbeats import START
from app.services.provisioning_advice import Advice, advice_for, is_microsofts
from app.services.provisioning_switch import Provisioning, get_provisioning
from app.services.provisioning_timeline import words_for
from app.services.spending import amount_of
from app.services.visibility import visible_to

_MOST_GROUPS, _MOST_WAITING, _MOST_EVENTS = 20, 50, 8
_ALIVE = dt.timedelta(seconds=60)
_GONE = dt.timedelta(minutes=15)
_RUNNING = (PurchaseState.CART_READY, PurchaseState.CHECKOUT_SENT, PurchaseState.ORDERED)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Of purchases; `oldest_at` is when the oldest that is not final was made."""

    queued: int
    running: int
    waiting: int
    checked: int
    failed: int
    oldest_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class FailedGroup:
    """Purchases that failed for one reason. `asked` of them are about to be tried again."""

    code: str | None
    is_microsofts: bool
    words: str | None
    advice: Advice
    count: int
    asked: int


@dataclass(frozen=True, kw_only=True)
class WaitingPurchase:
    """Held back before money. `cost` is None for those who may not know it."""

    asset_id: UUID
    asset_name: str
    asset_number: str
    account_id: UUID
    account_name: str
    waits_for: WaitsFor
    net: Decimal
    currency: str
    cost: Decimal | None
    cost_currency: str
    first_approver: str | None
    may_approve: bool
    may_decline: bool


@dataclass(frozen=True, kw_only=True)
class Process:
    name: str
    kind: str
    at: dt.datetime
    is_alive: bool
    is_degraded: bool
    is_of_old_epoch: bool


@dataclass(frozen=True, kw_only=True)
class SwitchEvent:
    at: dt.datetime
    event: str
    actor: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ProvisioningDesk:
    provisioning: Provisioning
    alerts: tuple[OpenAlert, ...]
    counts: Counts
    groups: tuple[FailedGroup, ...]
    waiting: tuple[WaitingPurchase, ...]
    processes: tuple[Process, ...]
    events: tuple[SwitchEvent, ...]
    paused_until: dt.datetime | None  # Microsoft is left alone until then
    provider_reason: str


def get_desk(viewer: Viewer) -> ProvisioningDesk:
    """Ten statements, whatever there is."""
    session = reading(viewer.scope)
    until, reason = session.execute(
        sa.select(
            sa.case((Provider.pause_until > sa.func.now(), Provider.pause_until)), Provider.reason
        )
    ).one()
    return ProvisioningDesk(
        provisioning=get_provisioning(viewer),
        alerts=tuple(list_alerts(viewer)),
        counts=_counts(session, viewer),
        groups=_groups(session, viewer),
        waiting=_waiting(session, viewer),
        processes=_processes(session),
        events=_events(session),
        paused_until=until,
        provider_reason=reason,
    )


def _counts(session: Session, viewer: Viewer) -> Counts:
    def count(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count().filter(*conditions)

    waits = Purchase.waits_for.is_not(None)
    unfinished = (PurchaseState.QUEUED, *_RUNNING, PurchaseState.UNKNOWN)
    row = session.execute(
        sa.select(
            count(Purchase.state == PurchaseState.QUEUED),
            count(Purchase.state.in_(_RUNNING), ~waits),
            count(waits),
            count(Purchase.state == PurchaseState.UNKNOWN, ~waits),
            count(Purchase.state == PurchaseState.FAILED),
            sa.func.min(Purchase.created_at).filter(Purchase.state.in_(unfinished)),
        ).where(
            visible_to(viewer, Purchase),
            Purchase.state.in_((*unfinished, PurchaseState.FAILED)),
        )
    ).one()
    return Counts(
        queued=row[0],
        running=row[1],
        waiting=row[2],
        checked=row[3],
        failed=row[4],
        oldest_at=row[5],
    )


def _groups(session: Session, viewer: Viewer) -> tuple[FailedGroup, ...]:
    total = sa.func.count()
    rows = session.execute(
        sa.select(
            Purchase.error_code,
            sa.func.max(Purchase.error_message),
            total,
            total.filter(Purchase.retry_asked_by_id.is_not(None)),
        )
        .join(Asset, Asset.id == Purchase.asset_id)
        .where(
            visible_to(viewer, Purchase),
            Purchase.state == PurchaseState.FAILED,
            Asset.status == AssetStatus.ACTIVE,
        )
        .group_by(Purchase.error_code)
        .order_by(total.desc(), Purchase.error_code)
        .limit(_MOST_GROUPS)
    )
    return tuple(
        FailedGroup(
            code=code,
            is_microsofts=is_microsofts(code),
            words=words_for(viewer, code, message),
            advice=advice_for(code, AssetKind.RESERVATION),
            count=count,
            asked=asked,
        )
        for code, message, count, asked in rows
    )


def _waiting(session: Session, viewer: Viewer) -> tuple[WaitingPurchase, ...]:
    rows = session.execute(
        sa.select(Purchase, Asset, Account.name)
        .join(Asset, Asset.id == Purchase.asset_id)
        .join(Account, Account.id == Purchase.account_id)
        .where(visible_to(viewer, Purchase), Purchase.waits_for.is_not(None))
        .order_by(Purchase.created_at, Purchase.id)
        .limit(_MOST_WAITING)
    )
    return tuple(_waiting_row(viewer, *row) for row in rows)


def _waiting_row(
    viewer: Viewer, purchase: Purchase, asset: Asset, account_name: str
) -> WaitingPurchase:
    waits_for = purchase.waits_for or WaitsFor.APPROVAL
    amount, currency = amount_of(purchase)
    is_asked = purchase.approval_of is waits_for and purchase.approved_at is None
    first = purchase.first_approver_id if is_asked else None
    may = waits_for.is_approval and viewer.may(Permission.PROVISION)
    return WaitingPurchase(
        asset_id=asset.id,
        asset_name=asset.name,
        asset_number=asset_number(asset.number),
        account_id=purchase.account_id,
        account_name=account_name,
        waits_for=waits_for,
        net=asset.buying_net,
        currency=asset.currency,
        cost=amount if viewer.may(Permission.VIEW_COST) else None,
        cost_currency=currency,
        first_approver=purchase.first_approver if first else None,
        may_approve=may and first != viewer.user_id,
        may_decline=may and waits_for is WaitsFor.APPROVAL,
    )


def _processes(session: Session) -> tuple[Process, ...]:
    """Those that were heard within a quarter of an hour, the silent ones too."""
    now: Any = sa.func.now()
    min_epoch = sa.select(Control.min_epoch).scalar_subquery()
    rows = session.execute(
        sa.select(Heartbeat, Heartbeat.at > now - _ALIVE, Heartbeat.epoch < min_epoch)
        .where(Heartbeat.at > now - _GONE, Heartbeat.kind != START)
        .order_by(Heartbeat.kind, Heartbeat.at.desc(), Heartbeat.name)
        .limit(_MOST_WAITING)
    )
    return tuple(
        Process(
            name=row.name,
            kind=row.kind,
            at=row.at,
            is_alive=is_alive,
            is_degraded=row.is_degraded,
            is_of_old_epoch=is_old,
        )
        for row, is_alive, is_old in rows
    )


def _events(session: Session) -> tuple[SwitchEvent, ...]:
    rows = session.scalars(
        sa.select(ControlEvent).order_by(ControlEvent.id.desc()).limit(_MOST_EVENTS)
    )
    return tuple(
        SwitchEvent(at=row.at, event=row.event, actor=row.actor, reason=row.reason) for row in rows
    )
