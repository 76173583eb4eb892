"""Back office: one asset with everything that is known of it."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import (
    AssetKind,
    AssetOrigin,
    AssetStatus,
    BillingFrequency,
    ProvisioningSyncStatus,
    asset_number,
    cancellation_words,
    order_number,
    subscription_number,
    term_label,
)
from app.domain.errors import NotFoundError
from app.domain.pricing import PricedLine
from app.domain.purchase import PurchaseState
from app.domain.purchase_waits import QUIET
from app.models import (
    Account,
    Asset,
    Order,
    Product,
    Purchase,
    PurchaseEvent,
    Reservation,
    SoftwareSubscription,
    Subscription,
)
from app.services.asset_costs import CostOfAsset, cost_of
from app.services.asset_history import history_of, whole_story
from app.services.asset_lists import EXPIRING_DAYS
from app.services.asset_prices import shown_price
from app.services.invoice_lists import LinkedInvoice, invoices_of_asset, linked_in
from app.services.late_invoices import may_be_invoiced
from app.services.prices import Resale
from app.services.provisioning_advice import Advice, advice_for, is_microsofts
from app.services.provisioning_timeline import TimelineEvent, timeline_of, words_for
from app.services.visibility import visible_to

_POLLS = ProvisioningSyncStatus.IN_PROGRESS, ProvisioningSyncStatus.BEING_CHECKED
_FAST_POLL, _SLOW_POLL = 2, 10  # seconds
_FAST_FOR = dt.timedelta(seconds=30)
_COPIED = (
    "id",
    "name",
    "kind",
    "status",
    "version",
    "purchased_at",
    "provisioned_at",
    "expires_on",
    "expiry_is_estimated",
    "billing_frequency",
    "microsoft_product_id",
    "product_title",
    "product_details",
    "order_id",
    "microsoft_order_id",
    "microsoft_order_alias",
    "microsoft_ordered_at",
    "microsoft_refreshed_at",
    "origin",
    "cancelled_at",
    "notes",
)


@dataclass(frozen=True, kw_only=True)
class SyncStatus:
    """Provisioning as it stands, and when a page should look again."""

    asset_id: UUID
    status: ProvisioningSyncStatus
    is_being_read: bool  # bought, and somebody is just reading Microsoft's side of it
    poll_seconds: int

    @property
    def is_final(self) -> bool:
        return self.status not in _POLLS and not self.is_being_read


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why Microsoft has not sold it (yet), and what to do."""

    code: str | None
    words: str | None
    is_microsofts: bool
    advice: Advice
    at: dt.datetime | None
    next_run_at: dt.datetime | None
    rests_until: dt.datetime | None  # an earlier send may still arrive: nothing is sent before


@dataclass(frozen=True, kw_only=True)
class ReservationFacts:
    reservation_id: str | None
    reservation_order_id: str | None
    reservation_status: str | None
    scope: str
    subscription_id: UUID
    subscription_number: str
    subscription_name: str


@dataclass(frozen=True, kw_only=True)
class SoftwareFacts:
    software_subscription_sku: str
    software_id: str | None
    microsoft_status: str | None


@dataclass(frozen=True, kw_only=True)
class AssetView:
    id: UUID
    number: str
    name: str
    kind: AssetKind
    status: AssetStatus
    sync: SyncStatus
    version: int
    account_id: UUID
    account_name: str
    reseller_id: UUID | None
    reseller_name: str | None
    order_id: UUID | None
    order_number: str | None
    invoices: list[LinkedInvoice]
    product_name: str
    purchased_at: dt.datetime
    provisioned_at: dt.datetime | None
    expires_on: dt.date | None
    expiry_is_estimated: bool
    is_expiring: bool
    today: dt.date
    term: str
    is_perpetual: bool
    billing_frequency: BillingFrequency
    price: PricedLine
    resale: Resale | None
    cost: CostOfAsset | None
    microsoft_product_id: str
    product_title: str
    product_details: str
    microsoft_order_id: str | None
    microsoft_order_alias: str | None
    microsoft_ordered_at: dt.datetime | None
    microsoft_refreshed_at: dt.datetime | None
    origin: AssetOrigin
    cancelled_at: dt.datetime | None
    cancellation_reason: str
    reservation: ReservationFacts | None
    software: SoftwareFacts | None
    custom_fields: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    notes: str
    problem: Problem | None
    timeline: tuple[TimelineEvent, ...]  # of its purchases
    may_edit: bool
    history: tuple[TimelineEvent, ...] = ()  # these and everything else that happened to it
    differs: tuple[tuple[str, str | None, str | None], ...] = ()  # field, ours, Microsoft's
    may_refresh: bool = False
    may_give_up: bool = False
    may_invoice: bool = False  # it was taken over, and nobody invoiced it


def get_asset(viewer: Viewer, asset_id: UUID) -> AssetView:
    session = reading(viewer.scope)
    row = find_row(session, viewer, asset_id)
    timeline = tuple(timeline_of(session, viewer, asset_id))
    history = whole_story(timeline, history_of(session, viewer, asset_id))
    may_provision = viewer.may(Permission.PROVISION)
    is_invoiced = bool(row.invoices)
    return replace(
        view_of(viewer, row, timeline),
        history=history,
        differs=tuple((name, *both) for name, both in row[0].microsoft_differs.items()),
        may_refresh=may_provision and _is_bought(row.Purchase),
        may_give_up=may_provision and _is_refused(row[0], row.Purchase),
        may_invoice=may_be_invoiced(viewer, row[0], is_invoiced=is_invoiced),
    )


def get_sync_status(viewer: Viewer, asset_id: UUID) -> SyncStatus:
    """In one statement: pages ask every few seconds."""
    newest = sa.select(sa.func.max(PurchaseEvent.at)).where(
        PurchaseEvent.purchase_id == Purchase.id
    )
    row = (
        reading(viewer.scope)
        .execute(
            sa.select(
                Asset.provisioning_sync_status, Purchase, newest.scalar_subquery(), sa.func.now()
            )
            .outerjoin(Purchase, _is_live_purchase_of(Asset))
            .where(Asset.id == asset_id, visible_to(viewer, Asset))
        )
        .one_or_none()
    )
    if row is None:
        raise NotFoundError
    return _sync_status(asset_id, *row)


def find_row(session: Session, viewer: Viewer, asset_id: UUID) -> sa.Row[*tuple[Any, ...]]:
    """The asset with its account, product, order, plan and purchase, in one statement."""
    asset: Any = orm.with_polymorphic(Asset, [Reservation, SoftwareSubscription], flat=True)
    reseller = orm.aliased(Account)
    row = session.execute(
        sa.select(
            asset,
            Account,
            reseller.name.label("reseller_name"),
            Product.name.label("product_name"),
            Order.number.label("order_number"),
            Subscription,
            Purchase,
            invoices_of_asset(viewer, asset.id).label("invoices"),
            sa.func.now().label("now"),
        )
        .join(Account, Account.id == asset.account_id)
        .outerjoin(reseller, reseller.id == Account.reseller_id)
        .join(Product, Product.id == asset.product_id)
        .outerjoin(Order, Order.id == asset.order_id)
        .outerjoin(Subscription, Subscription.id == asset.Reservation.subscription_id)
        .outerjoin(Purchase, _is_live_purchase_of(asset))
        .where(asset.id == asset_id, visible_to(viewer, asset))
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def _is_live_purchase_of(asset: Any) -> sa.ColumnElement[bool]:
    return sa.and_(Purchase.asset_id == asset.id, Purchase.state != PurchaseState.ABANDONED)


def view_of(
    viewer: Viewer, row: sa.Row[*tuple[Any, ...]], timeline: tuple[TimelineEvent, ...]
) -> AssetView:
    asset: Asset = row[0]
    account, purchase, today = row.Account, row.Purchase, row.now.date()
    last_at = timeline[0].at if timeline else None
    shown = shown_price(viewer, asset, hides_prices=False)
    if shown.price is None:
        raise TypeError("The price of an asset is hidden from staff.")
    return AssetView(
        **{name: getattr(asset, name) for name in _COPIED},
        number=asset_number(asset.number),
        cancellation_reason=cancellation_words(asset.cancellation_reason),
        sync=_sync_status(asset.id, asset.provisioning_sync_status, purchase, last_at, row.now),
        account_id=account.id,
        account_name=account.name,
        reseller_id=account.reseller_id,
        reseller_name=row.reseller_name,
        order_number=None if row.order_number is None else order_number(row.order_number),
        invoices=linked_in(row.invoices),
        product_name=row.product_name,
        is_expiring=_is_expiring(asset, today),
        today=today,
        term=term_label(asset.term_duration),
        is_perpetual=asset.term_duration is None,
        price=shown.price,
        resale=shown.resale,
        cost=cost_of(asset, shown.price) if viewer.may(Permission.VIEW_COST) else None,
        reservation=_reservation(asset, row.Subscription),
        software=_software(asset),
        custom_fields=tuple((name, str(value)) for name, value in asset.custom_fields.items()),
        tags=tuple(asset.tags),
        problem=_problem(viewer, asset, purchase, timeline, row.now),
        timeline=timeline,
        may_edit=viewer.may(Permission.EDIT_ASSETS),
    )


def _is_bought(purchase: Purchase | None) -> bool:
    bought = {PurchaseState.ORDERED, PurchaseState.SYNCHRONIZED}
    return purchase is not None and purchase.state in bought


def _is_refused(asset: Asset, purchase: Purchase | None) -> bool:
    is_failed = purchase is not None and purchase.state is PurchaseState.FAILED
    return is_failed and asset.status is AssetStatus.ACTIVE


def _is_expiring(asset: Asset, today: dt.date) -> bool:
    last = today + dt.timedelta(days=EXPIRING_DAYS)
    is_active = asset.status is AssetStatus.ACTIVE
    return is_active and asset.expires_on is not None and asset.expires_on <= last


def _reservation(asset: Asset, plan: Subscription) -> ReservationFacts | None:
    if not isinstance(asset, Reservation):
        return None
    return ReservationFacts(
        reservation_id=asset.reservation_id,
        reservation_order_id=asset.reservation_order_id,
        reservation_status=asset.reservation_status,
        scope=asset.scope,
        subscription_id=plan.id,
        subscription_number=subscription_number(plan.number),
        subscription_name=plan.name,
    )


def _software(asset: Asset) -> SoftwareFacts | None:
    if not isinstance(asset, SoftwareSubscription):
        return None
    return SoftwareFacts(
        software_subscription_sku=asset.software_subscription_sku,
        software_id=asset.software_id,
        microsoft_status=asset.microsoft_status,
    )


def _problem(
    viewer: Viewer,
    asset: Asset,
    purchase: Purchase | None,
    timeline: tuple[TimelineEvent, ...],
    now: dt.datetime,
) -> Problem | None:
    if purchase is None or purchase.state is PurchaseState.SYNCHRONIZED:
        return None
    code = purchase.error_code
    if timeline and timeline[0].name not in {"failed", "no_answer"}:
        code = None if _is_under_way(asset) else code  # an older refusal is answered already
    at = next((event.at for event in timeline if code and event.code == code), None)
    return Problem(
        code=code,
        words=words_for(viewer, code, purchase.error_message) if code else None,
        is_microsofts=is_microsofts(code),
        advice=advice_for(code, asset.kind),
        at=at or purchase.checkout_last_sent_at,
        next_run_at=purchase.next_run_at,
        rests_until=_rests_until(purchase, now),
    )


def _is_under_way(asset: Asset) -> bool:
    return asset.provisioning_sync_status is ProvisioningSyncStatus.IN_PROGRESS


def _rests_until(purchase: Purchase, now: dt.datetime) -> dt.datetime | None:
    sent = purchase.checkout_last_sent_at
    if sent is None or not (purchase.checkout_is_open and purchase.cart_is_stale):
        return None
    return sent + QUIET if sent + QUIET > now else None


def _sync_status(
    asset_id: UUID,
    status: ProvisioningSyncStatus,
    purchase: Purchase | None,
    newest_event_at: dt.datetime | None,
    now: dt.datetime,
) -> SyncStatus:
    is_being_read = False
    if purchase is not None and purchase.state is PurchaseState.SYNCHRONIZED:
        due, lease = purchase.next_run_at, purchase.lease_until
        is_being_read = bool((due and due <= now) or (lease and lease > now))
    is_fresh = newest_event_at is not None and now - newest_event_at < _FAST_FOR
    return SyncStatus(
        asset_id=asset_id,
        status=status,
        is_being_read=is_being_read,
        poll_seconds=_FAST_POLL if is_fresh else _SLOW_POLL,
    )


def plans_of(session: Session, account_id: UUID) -> list[Subscription]:
    """The account's Azure plans, the oldest first."""
    query = sa.select(Subscription).where(Subscription.account_id == account_id)
    return list(session.scalars(query.order_by(Subscription.number)))
