"""The last look before money: in the very transaction that writes *checkout sent*."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.domain.purchase import PurchaseState
from app.domain.purchase_guards import SpendLimits, Spent, WaitsFor, what_to_wait_for
from app.models import Account, Control, Purchase
from app.services.control import lock_control, may_provision

log = structlog.get_logger()

_HOUR = dt.timedelta(hours=1)
_RECHECK_SECONDS = 15 * 60.0
_SOONEST_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """It may not be sent now. `waits_for` None: provisioning was switched off meanwhile."""

    waits_for: WaitsFor | None
    again_in: float


def amount_of(purchase: Purchase) -> tuple[Decimal, str]:
    """What it costs us, and in which currency."""
    params = purchase.params
    return Decimal(params["cost"]) * params["quantity"], params["cost_currency"]


def limits_of(control: Control, account: Account | None = None) -> SpendLimits:
    """The limits that hold for an account; its own hourly limit stands in for the one for all."""
    own = account.hourly_spend_limit if account else None
    return SpendLimits(
        currency=control.spend_currency,
        four_eyes_above=control.four_eyes_above,
        per_account=control.account_hourly_limit if own is None else own,
        altogether=control.hourly_limit,
    )


def may_start_new_cart(purchase: Purchase, control: Control) -> bool:
    """Whether a second cart needs no more signatures, once absence is proved.

    Two people's word, or a refusal that was definite and an amount too small to ask them.
    """
    amount, currency = amount_of(purchase)
    if purchase.approval_of is WaitsFor.NEW_CART_APPROVAL:
        return is_approved(purchase, amount)
    was_refused = purchase.state is PurchaseState.CART_READY and control.resends_checkout
    return was_refused and not limits_of(control).needs_four_eyes(amount, currency)


def spend(
    session: Session, purchase_id: UUID, *, epoch: int, is_bought: bool
) -> HeldBack | dict[str, Any]:
    """What to write on the purchase so that it counts as spent now, or why it may not be sent.

    The control row is locked first, so that purchases are counted one after the other and a pause
    that returned has stopped them all. A cart that is ordered already (`is_bought`) costs nothing
    more, and one sent within the hour is counted already.
    """
    control = lock_control(session)
    if not session.scalar(sa.select(may_provision(epoch))):
        return HeldBack(waits_for=None, again_in=0.0)
    purchase = session.get_one(Purchase, purchase_id)
    now = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    amount, currency = amount_of(purchase)
    if is_bought or _is_counted(purchase, amount, currency, now):
        return {}
    account = session.get_one(Account, purchase.account_id, populate_existing=True)
    limits = limits_of(control, account)
    spent = _spent(session, purchase, limits.currency, now - _HOUR)
    waits_for = what_to_wait_for(
        amount, currency, limits, spent, is_approved=is_approved(purchase, amount)
    )
    if waits_for is not None:
        return HeldBack(waits_for=waits_for, again_in=_wait(session, waits_for, now))
    return {"spend": amount, "spend_currency": currency, "spent_at": now}


def _is_counted(purchase: Purchase, amount: Decimal, currency: str, now: dt.datetime) -> bool:
    return (
        purchase.spent_at is not None
        and purchase.spent_at > now - _HOUR
        and purchase.spend_currency == currency
        and purchase.spend is not None
        and amount <= purchase.spend
    )


def is_approved(purchase: Purchase, amount: Decimal) -> bool:
    return (
        purchase.approved_at is not None
        and purchase.approval_amount is not None
        and amount <= purchase.approval_amount
    )


def _spent(session: Session, purchase: Purchase, currency: str, since: dt.datetime) -> Spent:
    """What all others sent since then; a refused one counts too, for it may still arrive."""
    of_account = Purchase.account_id == purchase.account_id
    zero = Decimal(0)
    row = session.execute(
        sa.select(
            sa.func.sum(Purchase.spend).filter(of_account),
            sa.func.sum(Purchase.spend),
        ).where(
            Purchase.spent_at > since,
            Purchase.spend_currency == currency,
            Purchase.id != purchase.id,
        )
    ).one()
    return Spent(account=row[0] or zero, altogether=row[1] or zero)


def _wait(session: Session, waits_for: WaitsFor, now: dt.datetime) -> float:
    """Until the oldest of the hour's purchases leaves it; people may be faster."""
    if waits_for.is_approval:
        return _RECHECK_SECONDS
    oldest = session.scalar(
        sa.select(sa.func.min(Purchase.spent_at)).where(Purchase.spent_at > now - _HOUR)
    )
    left = _RECHECK_SECONDS if oldest is None else (oldest + _HOUR - now).total_seconds()
    return min(_RECHECK_SECONDS, max(_SOONEST_SECONDS, left))
