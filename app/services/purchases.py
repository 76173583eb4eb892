"""Purchases: begin one, make one step of one, see its history."""

import datetime as dt
from dataclasses import dataclass
from typing import cast, get_args
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.domain.purchase import PurchaseState
from app.domain.purchase_asking import trouble
from app.domain.purchase_commands import (
    Answer,
    Call,
    CartGone,
    CheckOut,
    Command,
    CreateCart,
    Record,
)
from app.domain.purchase_protocol import purchase_step
from app.failpoints import Point, reach
from app.integrations.microsoft.call_budget import CallBudget
from app.models import Account, Asset, Purchase, Reservation, Subscription
from app.queueing import wake_after_commit
from app.services.pace import Pace
from app.services.ports import PartnerCenter
from app.services.purchase_calls import ask
from app.services.purchase_params import new_own_ref, params_of
from app.services.purchase_records import record
from app.services.purchase_rows import Change, Claim, add_event, claim, renew_lease
from app.services.purchase_turns import its_turn_comes_later

log = structlog.get_logger()

_AFTER_CALL: dict[type, Point] = {
    CreateCart: Point.AFTER_CART_RESPONSE,
    CheckOut: Point.AFTER_CHECKOUT_RESPONSE,
}


@dataclass(frozen=True, kw_only=True)
class PurchaseDriver:
    """Who works on purchases: a name for the history, the client, how long a lease lasts.

    `pace` is for readings that have time: refresh and reconciliation. `budget` counts all calls.
    """

    partner_center: PartnerCenter
    worker: str
    epoch: int
    lease: dt.timedelta
    pace: Pace
    budget: CallBudget


def start_purchase(session: Session, asset: Asset, *, actor: str) -> Purchase:
    """Queue what the new asset wants from Microsoft, inside the caller's transaction.

    The asset and its order are flushed already. Wakes the worker after the commit.
    """
    purchase = Purchase(
        asset_id=asset.id,
        account_id=asset.account_id,
        tenant_id=asset.tenant_id,
        own_ref=new_own_ref(asset.number),
        params=current_params(session, asset),
        state=PurchaseState.QUEUED,
        next_run_at=sa.func.now(),
        woken_at=sa.func.now(),
        created_by=actor,
    )
    session.add(purchase)
    session.flush()
    add_event(session, purchase, Change(event="queued"), actor=actor)
    wake_after_commit(purchase.id)
    return purchase


def current_params(session: Session, asset: Asset) -> dict[str, object]:
    """What the asset asks of Microsoft as it stands now."""
    account = session.get_one(Account, asset.account_id)
    plan = None
    if isinstance(asset, Reservation):
        plan = session.get_one(Subscription, asset.subscription_id)
    return params_of(asset, account, plan)


def step(purchase_id: UUID, *, driver: PurchaseDriver) -> bool:
    """One step of a purchase, as far as it goes now. Harmless twice; False: nothing was due."""
    reach(Point.BEFORE_CLAIM)
    held = claim(purchase_id, worker=driver.worker, epoch=driver.epoch, lease=driver.lease)
    if held is None:
        return False
    reach(Point.AFTER_CLAIM)
    bound = log.bind(
        purchase_id=str(purchase_id),
        correlation_id=str(held.correlation_id),
        fence=held.fence,
    )
    bound.info("purchase.claimed", state=held.row.state)
    later = its_turn_comes_later(held, driver.budget)
    if later is not None:
        record(held, trouble(held.row, later))
    elif not _drive(held, driver.partner_center):
        bound.warning("purchase.overtaken")
    return True


def _drive(held: Claim, partner_center: PartnerCenter) -> bool:
    """Feed the protocol until it has said everything. False: another worker took over."""
    core = purchase_step(held.row)
    answer: Answer | bool | None = None
    while True:
        try:
            command: Command = core.send(cast("Answer | bool", answer))
        except StopIteration:
            return True
        if isinstance(command, get_args(Call)):
            if not renew_lease(held):
                return False
            answer = ask(held, cast("Call", command), partner_center)
            reach(_AFTER_CALL.get(type(command)))
            reach(Point.AFTER_CART_GONE if isinstance(answer, CartGone) else None)
        else:
            answer = record(held, cast("Record", command))
            if not answer:
                return False
