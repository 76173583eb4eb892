"""What each record of the purchase protocol writes."""

from dataclasses import replace
from functools import singledispatch
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.purchase import PurchaseState, sync_status_of
from app.domain.purchase_commands import (
    Record,
    RecordAbsence,
    RecordCart,
    RecordCartGone,
    RecordCartUpdated,
    RecordFailed,
    RecordOrder,
    RecordSent,
    RecordStillOpen,
    RecordSynchronized,
    RecordTrouble,
    StartNewGeneration,
)
from app.domain.purchase_guards import WaitsFor
from app.domain.purchase_matching import order_differs
from app.domain.purchase_waits import OUR_BRAKES
from app.failpoints import Point, reach
from app.models import Asset, Purchase
from app.queueing import wake_after_commit
from app.services.purchase_params import new_own_ref
from app.services.purchase_rows import Change, Claim, add_event, new_request_id, write
from app.services.spending import HeldBack, spend

_BEFORE_COMMIT: dict[type, Point] = {
    RecordCart: Point.BEFORE_CART_COMMIT,
    RecordOrder: Point.BEFORE_ORDER_ID_COMMIT,
}
_AFTER_COMMIT: dict[type, Point] = {
    RecordCart: Point.AFTER_CART_COMMIT,
    RecordSent: Point.AFTER_SENT_COMMIT,
    RecordSynchronized: Point.AFTER_SYNCHRONIZED,
}


def record(held: Claim, what: Record) -> bool:
    """Write one record in a transaction of its own; False: overtaken, stop."""
    with transaction(SYSTEM_SCOPE) as session:
        if isinstance(what, StartNewGeneration):
            return _start_new_generation(session, held)
        if isinstance(what, RecordSent):
            is_written = _send(session, held, what)
        elif isinstance(what, RecordOrder) and _is_anothers(session, held, what.order.order_id):
            is_written = _refuse_anothers(session, held)
        else:
            is_written = write(session, held, _change(what, held)) is not None
        reach(_BEFORE_COMMIT.get(type(what)))
    reach(_AFTER_COMMIT.get(type(what)))
    return is_written


def _send(session: Session, held: Claim, what: RecordSent) -> bool:
    """*Sent* and what it spends, or what it waits for: in the one transaction before the money."""
    outcome = spend(session, held.purchase_id, epoch=held.epoch, is_bought=what.is_bought)
    if not isinstance(outcome, HeldBack):
        session.expire_all()  # the row is read again under its lock
        sent = _change(what, held)
        counted = replace(sent, values={**(sent.values or {}), **outcome})
        return write(session, held, counted) is not None
    purchase = session.get_one(Purchase, held.purchase_id)
    is_news = outcome.waits_for not in {None, purchase.waits_for}
    session.expire_all()
    waits = Change(
        event="held_back" if is_news else None,
        values={"waits_for": outcome.waits_for},
        again_in=outcome.again_in,
        ends_step=True,
        detail={"waits_for": outcome.waits_for},
    )
    write(session, held, waits)
    return False


def _is_anothers(session: Session, held: Claim, order_id: str) -> bool:
    """One order is never two of our purchases, however alike the two are."""
    known = sa.exists().where(Purchase.order_id == order_id, Purchase.id != held.purchase_id)
    return bool(session.scalar(sa.select(known)))


def _refuse_anothers(session: Session, held: Claim) -> bool:
    state = session.get_one(Purchase, held.purchase_id).state
    is_sent = state is PurchaseState.CHECKOUT_SENT
    session.expire_all()
    trouble = order_differs(PurchaseState.UNKNOWN if is_sent else state)
    write(session, held, _change(trouble, held))
    return False


@singledispatch
def _change(what: object, _held: Claim) -> Change:
    raise TypeError(f"{type(what).__name__} is no record of a purchase.")


@_change.register
def _(what: RecordCart, held: Claim) -> Change:
    return Change(
        event="cart_created",
        state=PurchaseState.CART_READY,
        values={
            "cart_id": what.cart_id,
            "cart_created_at": sa.func.now(),
            "cart_request_id": new_request_id(),
            "error_code": None,
            "error_message": None,
        },
        ms_request_id=str(held.cart_request_id),
        detail={"cart_id": what.cart_id},
    )


@_change.register
def _(_what: RecordCartUpdated, held: Claim) -> Change:
    return Change(
        event="cart_changed",
        values={"cart_is_stale": False, "cart_request_id": new_request_id()},
        ms_request_id=str(held.cart_request_id),
    )


@_change.register
def _(what: RecordCartGone, held: Claim) -> Change:
    gone_at = held.row.cart_gone_at
    return Change(
        event="cart_expired" if gone_at is None else None,
        values={"cart_gone_at": gone_at or sa.func.now()},
        again_in=what.again_in,
        ends_step=True,
    )


@_change.register
def _(_what: RecordSent, held: Claim) -> Change:
    is_ready = held.row.state in {PurchaseState.QUEUED, PurchaseState.CART_READY}
    first = held.row.checkout_first_sent_at
    return Change(
        event="checkout_sent",
        state=PurchaseState.CHECKOUT_SENT if is_ready else None,
        values={
            "checkout_first_sent_at": first or sa.func.now(),
            "checkout_last_sent_at": sa.func.now(),
            "checkout_is_open": True,
            "cart_gone_at": None,  # it is there
            "waits_for": None,
            "absence_proved_at": None,
        },
        ms_request_id=str(held.checkout_request_id),
    )


@_change.register
def _(what: RecordOrder, held: Claim) -> Change:
    order = what.order
    return Change(
        event="ordered",
        state=PurchaseState.ORDERED,
        values={
            "order_id": order.order_id,
            "checkout_is_open": False,
            "error_code": None,
            "error_message": None,
        },
        asset_values={
            "microsoft_order_id": order.order_id,
            "microsoft_order_alias": order.alternate_id,
            "microsoft_ordered_at": order.ordered_at,
        },
        quantity=order.quantity or None,  # none: Microsoft cancelled the line
        ms_request_id=str(held.checkout_request_id),
        detail={"order_id": order.order_id, "alias": order.alternate_id, "status": order.status}
        | ({"quantity": order.quantity} if order.quantity != held.wanted.quantity else {}),
    )


@_change.register
def _(what: RecordSynchronized, held: Claim) -> Change:
    was_done = held.row.state is PurchaseState.SYNCHRONIZED
    values: dict[str, Any] = {"error_code": None, "error_message": None}
    asset_values: dict[str, Any] = {}
    if was_done:
        values["attempts"] = Purchase.attempts + 1
    else:
        values["finished_at"] = sa.func.now()
        asset_values["provisioned_at"] = sa.func.now()
    return Change(
        event="refreshed" if was_done else "synchronized",
        state=PurchaseState.SYNCHRONIZED,
        values=values,
        asset_values=asset_values,
        details=what.details,
        again_in=what.again_in,
        ends_step=True,
    )


@_change.register
def _(what: RecordFailed, held: Claim) -> Change:
    values: dict[str, Any] = {"error_code": what.code, "error_message": what.message}
    if held.row.cart_id is None:
        values["cart_request_id"] = new_request_id()
    if what.answered_checkout:
        values |= {
            "checkout_request_id": new_request_id(),
            "checkout_is_open": held.row.checkout_is_open,
        }
    return Change(
        event="failed",
        state=PurchaseState.FAILED,
        values=values,
        again_in=what.again_in,
        ends_step=True,
        error=(what.code, what.message),
        ms_request_id=str(held.checkout_request_id) if what.answered_checkout else None,
    )


@_change.register
def _(what: RecordTrouble, held: Claim) -> Change:
    is_braked = what.code in OUR_BRAKES  # nobody was asked: hundreds may wait for their turn
    values: dict[str, Any] = {} if is_braked else {"attempts": Purchase.attempts + 1}
    if what.state is not PurchaseState.FAILED:  # a refusal's words are not lost to a later hiccup
        values |= {"error_code": what.code, "error_message": what.message}
    if what.answered_checkout:
        values["checkout_is_open"] = held.row.checkout_is_open
    return Change(
        event=None if is_braked and what.state is held.row.state else "no_answer",
        state=what.state,
        values=values,
        again_in=what.again_in,
        ends_step=True,
        error=(what.code, what.message),
    )


@_change.register
def _(what: RecordStillOpen, _held: Claim) -> Change:
    return Change(
        event=None,  # polls every second would drown the history
        values={"attempts": Purchase.attempts + 1},
        again_in=what.again_in,
        ends_step=True,
    )


@_change.register
def _(what: RecordAbsence, _held: Claim) -> Change:
    return Change(
        event="absence_proved",
        values={
            "absence_proved_at": sa.func.now(),
            "waits_for": WaitsFor.NEW_CART_APPROVAL,
            "attempts": Purchase.attempts + 1,
        },
        again_in=what.again_in,
        ends_step=True,
    )


def _start_new_generation(session: Session, held: Claim) -> bool:
    """The old row is abandoned with its proof in the history; the same wish gets a new cart."""
    gone = Change(event="cart_gone", state=PurchaseState.FAILED)
    old = write(session, held, gone)
    if old is None:
        return False
    ends = Change(event="abandoned", state=PurchaseState.ABANDONED, ends_step=True)
    write(session, held, ends)
    session.flush()
    asset = session.get_one(Asset, held.asset_id)
    asset.provisioning_sync_status = sync_status_of(PurchaseState.QUEUED)
    purchase = Purchase(
        asset_id=old.asset_id,
        account_id=old.account_id,
        tenant_id=old.tenant_id,
        generation=old.generation + 1,
        own_ref=new_own_ref(asset.number),
        params=old.params,
        state=PurchaseState.QUEUED,
        next_run_at=sa.func.now(),
        created_by=held.worker,
        # who agreed to a new cart agreed to what is in it
        approval_of=old.approval_of,
        approval_amount=old.approval_amount,
        first_approver_id=old.first_approver_id,
        first_approver=old.first_approver,
        second_approver=old.second_approver,
        approved_at=old.approved_at,
    )
    session.add(purchase)
    session.flush()
    add_event(session, purchase, Change(event="queued_again"), actor=held.worker)
    wake_after_commit(purchase.id)
    return True
