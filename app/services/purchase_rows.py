"""A purchase's row: claim it with a fence, write what happened, every write fenced.

Lock order is asset, then purchase, everywhere.
"""

import datetime as dt
import random
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import AssetStatus
from app.domain.mail import MailKind
from app.domain.purchase import PurchaseState, check_move, sync_status_of
from app.domain.purchase_commands import ClaimedPurchase, Details, Wanted
from app.failpoints import Point, reach
from app.models import Asset, Control, Purchase, PurchaseEvent
from app.services.asset_prices import price_again
from app.services.control import may_provision
from app.services.invoices import invoice_held_order
from app.services.microsoft_side import take_microsoft_side
from app.services.notices import tell
from app.services.provider_gate import is_paused
from app.services.purchase_params import wanted_from
from app.services.spending import may_start_new_cart

_MAY_BUY = (PurchaseState.QUEUED, PurchaseState.CART_READY)


@dataclass(frozen=True)
class Claim:
    """Ours until the lease ends or another takes it; `fence` goes with every write."""

    purchase_id: UUID
    asset_id: UUID
    fence: int
    worker: str
    lease: dt.timedelta
    epoch: int
    cart_request_id: UUID
    checkout_request_id: UUID
    correlation_id: UUID
    row: ClaimedPurchase

    @property
    def wanted(self) -> Wanted:
        return self.row.wanted


def claim(purchase_id: UUID, *, worker: str, epoch: int, lease: dt.timedelta) -> Claim | None:
    """Take the purchase if it is due and nobody holds it; None otherwise.

    Workers of an epoch below the control row's get nothing; nor does anybody while provisioning is
    off, in a restored database, or while Microsoft wants to be left alone.
    """
    with transaction(SYSTEM_SCOPE) as session:
        purchase = session.scalar(_claim_statement(purchase_id, worker, epoch, lease))
        if purchase is None:
            return None
        reach(Point.BEFORE_CLAIM_COMMIT)
        row = _as_claimed(session, purchase)
        return Claim(
            purchase_id=purchase.id,
            asset_id=purchase.asset_id,
            fence=purchase.fence,
            worker=worker,
            lease=lease,
            epoch=epoch,
            cart_request_id=purchase.cart_request_id,
            checkout_request_id=purchase.checkout_request_id,
            correlation_id=purchase.correlation_id,
            row=row,
        )


def _claim_statement(purchase_id: UUID, worker: str, epoch: int, lease: dt.timedelta) -> Executable:
    now = sa.func.now()
    asset_is_active = sa.exists().where(
        Asset.id == Purchase.asset_id, Asset.status == AssetStatus.ACTIVE
    )
    return (
        sa.update(Purchase)
        .where(
            Purchase.id == purchase_id,
            Purchase.next_run_at <= now,
            sa.or_(Purchase.lease_until.is_(None), Purchase.lease_until < now),
            sa.or_(Purchase.state.not_in(_MAY_BUY), asset_is_active),
            may_provision(epoch),
            ~is_paused(),
        )
        .values(
            fence=Purchase.fence + 1,
            lease_until=now + lease,
            worker=worker,
            epoch=epoch,
            woken_at=None,
        )
        .returning(Purchase)
        .execution_options(synchronize_session=False)
    )


def _as_claimed(session: Session, purchase: Purchase) -> ClaimedPurchase:
    control, now = session.execute(sa.select(Control, sa.func.now())).one()
    return ClaimedPurchase(
        wanted=wanted_from(purchase.params, purchase.own_ref),
        state=purchase.state,
        cart_id=purchase.cart_id,
        cart_is_stale=purchase.cart_is_stale,
        cart_gone_at=purchase.cart_gone_at,
        checkout_first_sent_at=purchase.checkout_first_sent_at,
        checkout_last_sent_at=purchase.checkout_last_sent_at,
        checkout_is_open=purchase.checkout_is_open,
        order_id=purchase.order_id,
        attempts=purchase.attempts,
        now=now,
        jitter=random.random(),  # noqa: S311  # spreads retries, guards nothing
        resends_checkout=control.resends_checkout,
        may_start_new_cart=may_start_new_cart(purchase, control),
    )


def renew_lease(held: Claim) -> bool:
    """Before each call to Microsoft; False: another worker holds it now."""
    with transaction(SYSTEM_SCOPE) as session:
        renewed = session.scalar(
            sa.update(Purchase)
            .where(Purchase.id == held.purchase_id, Purchase.fence == held.fence)
            .values(lease_until=sa.func.now() + held.lease)
            .returning(Purchase.id)
            .execution_options(synchronize_session=False)
        )
        return renewed is not None


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one recorded step does to the row, its asset and its history."""

    event: str | None  # None: not worth a line in the history
    state: PurchaseState | None = None  # None: stays
    values: dict[str, Any] | None = None
    asset_values: dict[str, Any] | None = None
    details: Details | None = None
    quantity: int | None = None  # what was bought: an older send may have bought more than asked
    again_in: float | None = None  # seconds until the next run; with `ends_step`
    ends_step: bool = False  # gives the lease back
    error: tuple[str, str] | None = None
    detail: dict[str, Any] | None = None
    ms_request_id: str | None = None


def write(session: Session, held: Claim, change: Change) -> Purchase | None:
    """Apply a change under the fence; None: overtaken, nothing written."""
    asset = session.scalar(sa.select(Asset).where(Asset.id == held.asset_id).with_for_update())
    purchase = session.scalar(
        sa.select(Purchase)
        .where(Purchase.id == held.purchase_id, Purchase.fence == held.fence)
        .with_for_update()
    )
    if asset is None or purchase is None:
        return None
    move(purchase, asset, change.state or purchase.state)
    for name, value in (change.values or {}).items():
        setattr(purchase, name, value)
    for name, value in (change.asset_values or {}).items():
        setattr(asset, name, value)
    if change.quantity is not None and change.quantity != asset.quantity:
        asset.quantity = change.quantity
        price_again(asset)
    if change.details:
        take_microsoft_side(session, asset, change.details, actor=held.worker)
    if change.ends_step:
        purchase.lease_until = None
        purchase.next_run_at = in_seconds(session, change.again_in)
    if change.event:
        add_event(session, purchase, change, actor=held.worker)
    if change.event == "failed":
        tell(session, MailKind.PROVISIONING_FAILED, purchase, purchase.id, occasion=held.fence)
    if change.state is PurchaseState.SYNCHRONIZED:
        invoice_held_order(session, asset.order_id)
    return purchase


def move(purchase: Purchase, asset: Asset, state: PurchaseState) -> None:
    """The one place where a purchase changes state; its asset shows it from then on."""
    check_move(purchase.state, state)
    if state is not purchase.state:
        purchase.attempts = 0
        purchase.waits_for = None
    purchase.state = state
    shown = sync_status_of(state)
    if asset.provisioning_sync_status is not shown:
        asset.provisioning_sync_status = shown


def in_seconds(session: Session, seconds: float | None) -> dt.datetime | None:
    if seconds is None:
        return None
    now = session.scalar(sa.select(sa.func.now()))
    return cast("dt.datetime", now) + dt.timedelta(seconds=seconds)


def add_event(session: Session, purchase: Purchase, change: Change, *, actor: str) -> None:
    code, message = change.error or (None, None)
    session.add(
        PurchaseEvent(
            purchase_id=purchase.id,
            account_id=purchase.account_id,
            tenant_id=purchase.tenant_id,
            event=change.event,
            state=purchase.state,
            actor=actor,
            fence=purchase.fence,
            error_code=code,
            message=message,
            ms_request_id=change.ms_request_id,
            ms_correlation_id=str(purchase.correlation_id),
            detail=change.detail or {},
        )
    )


def new_request_id() -> UUID:
    """After a definite answer the next call of the kind needs an id of its own."""
    return uuid4()
