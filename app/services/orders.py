"""Placing an order, and the reseller's yes or no to one that waits for it."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import asked_again_if_unsure, transaction
from app.domain.access import SYSTEM_SCOPE, AccountKind, Permission, Viewer
from app.domain.assets import order_number
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.mail import MailKind
from app.domain.orders import OrderStatus
from app.domain.sentences import said
from app.failpoints import Point, reach
from app.models import Account, Asset, Order
from app.services.audit import NOTHING, audit
from app.services.audit_subjects import of_order
from app.services.basket_lines import leave_basket, lock_basket_of
from app.services.buying import account_to_buy_for, check_may_order
from app.services.notices import tell
from app.services.order_execution import check_still_buyable, execute_order
from app.services.visibility import visible_to

APPROVAL_DAYS = 7
_LONGEST_REFERENCE = 100
_LONGEST_REASON = 500

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class PlacedOrder:
    """`asset_ids` is empty while the order waits for approval."""

    order_id: UUID
    number: str
    status: OrderStatus
    asset_ids: list[UUID]


@asked_again_if_unsure
def place_order(
    viewer: Viewer,
    order_id: UUID,
    *,
    buyer_reference: str = "",
    held_until: dt.datetime | None = None,
) -> PlacedOrder:
    """Buy what the quote says, once: whoever repeats it gets the first result again.

    An end customer whose reseller wants to approve first leaves the order pending. Raises
    ConflictError where the held prices ran out or the account or plan may not buy any more, and
    where the quote was changed since the buyer read it: `held_until` is what the review page said.
    """
    check_may_order(viewer)
    reference = _within("buyer_reference", buyer_reference, _LONGEST_REFERENCE)
    with transaction(viewer.scope) as session:
        lock_basket_of(session, order_id)
        order = _locked(session, viewer, order_id)
        if order.status is OrderStatus.QUOTED:
            account = account_to_buy_for(session, viewer, order.account_id)
            _check_is_as_read(order, held_until)
            _check_prices_are_held(session, order)
            order.placed_by_id, order.placed_by_name = viewer.user_id, viewer.name
            order.placed_at = sa.func.now()
            order.buyer_reference = reference
            _execute_or_wait(session, viewer, order, account)
            leave_basket(session, order)
            change = (NOTHING, {"status": order.status})
            audit(session, viewer, AuditEvent.ORDER_PLACED, of_order(order), change=change)
            log.info("order.placed", order_id=str(order.id), status=order.status)
        placed = _placed(session, order)
        reach(Point.BEFORE_ORDER_COMMIT)
    reach(Point.AFTER_ORDER_COMMIT)
    return placed


@asked_again_if_unsure
def approve_order(viewer: Viewer, order_id: UUID) -> PlacedOrder:
    """Execute an order that waits for approval; an executed one is left as it is."""
    _check_may_decide(viewer)
    with transaction(viewer.scope) as session:
        order = _locked(session, viewer, order_id)
        if order.status is not OrderStatus.EXECUTED:
            _check_waits(session, order)
            account_to_buy_for(session, viewer, order.account_id)
            order.decided_by_name = viewer.name
            execute_order(session, viewer, order)
            audit(session, viewer, AuditEvent.ORDER_APPROVED, of_order(order))
            log.info("order.approved", order_id=str(order.id))
        return _placed(session, order)


@asked_again_if_unsure
def decline_order(viewer: Viewer, order_id: UUID, reason: str) -> None:
    """Refuse an order that waits for approval. The reason is shown to the buyer."""
    _check_may_decide(viewer)
    reason = _within("reason", reason, _LONGEST_REASON)
    if not reason:
        raise InvalidError("Say why, the buyer will read it.", field="reason")
    with transaction(viewer.scope) as session:
        order = _locked(session, viewer, order_id)
        if order.status is OrderStatus.DECLINED:
            return
        _check_waits(session, order)
        order.status = OrderStatus.DECLINED
        order.decided_by_name = viewer.name
        order.decision_reason = reason
        tell(session, MailKind.ORDER_DECLINED, order, order.id)
        audit(session, viewer, AuditEvent.ORDER_DECLINED, of_order(order), reason=reason)
        log.info("order.declined", order_id=str(order.id))


def expire_unapproved_orders() -> int:
    """Expire the orders that nobody approved in time; how many there were."""
    with transaction(SYSTEM_SCOPE) as session:
        expired = session.scalars(
            sa.update(Order)
            .where(Order.status == OrderStatus.PENDING_APPROVAL, _is_overdue())
            .values(status=OrderStatus.EXPIRED)
            .returning(Order.id)
            .execution_options(synchronize_session=False)
        ).all()
    return len(expired)


def may_decide(viewer: Viewer) -> bool:
    """A reseller's administrators about its customers' orders, and the distributor's."""
    if viewer.is_staff:
        return viewer.may(Permission.ADMINISTER)
    return viewer.may(Permission.APPROVE_ORDERS)


def _check_may_decide(viewer: Viewer) -> None:
    if not may_decide(viewer):
        raise NotAllowedError("Your role does not approve orders.")


def _within(field: str, text: str, longest: int) -> str:
    text = text.replace("\0", "").strip()
    if len(text) > longest:
        raise InvalidError("Use at most %(longest)s characters.", longest=longest, field=field)
    return text


def _locked(session: Session, viewer: Viewer, order_id: UUID) -> Order:
    query = sa.select(Order).where(Order.id == order_id, visible_to(viewer, Order))
    order = session.scalar(query.with_for_update())
    if order is None:
        raise NotFoundError
    return order


def _check_is_as_read(order: Order, held_until: dt.datetime | None) -> None:
    """Every new quote of the same form is held from then on: the instant tells them apart."""
    if held_until is not None and held_until != order.quote_ends_at:
        raise ConflictError("This order was changed in another window. Check it as it is now.")


def _check_prices_are_held(session: Session, order: Order) -> None:
    if session.scalars(sa.select(sa.func.clock_timestamp())).one() >= order.quote_ends_at:
        until = f"{order.quote_ends_at:%d %B %Y, %H:%M} UTC"
        raise ConflictError(
            "The prices were held until %(until)s. Please review the order again.", until=until
        )


def _execute_or_wait(session: Session, viewer: Viewer, order: Order, account: Account) -> None:
    if account.needs_approval and viewer.account_kind is AccountKind.END_CUSTOMER:
        check_still_buyable(session, viewer, order)
        order.status = OrderStatus.PENDING_APPROVAL
        tell(session, MailKind.APPROVAL_WANTED, order, order.id)
    else:
        execute_order(session, viewer, order)


def _check_waits(session: Session, order: Order) -> None:
    overdue = sa.select(_is_overdue()).where(Order.id == order.id)
    if order.status is not OrderStatus.PENDING_APPROVAL:
        raise ConflictError(
            "This order does not wait for approval: %(status)s.", status=said(order.status.label)
        )
    if session.scalars(overdue).one():
        raise ConflictError(
            "This order waited longer than %(approval_days)s days and has expired."
            " Please order again.",
            approval_days=APPROVAL_DAYS,
        )


def _is_overdue() -> sa.ColumnElement[bool]:
    return Order.placed_at < sa.func.now() - dt.timedelta(days=APPROVAL_DAYS)


def _placed(session: Session, order: Order) -> PlacedOrder:
    assets = sa.select(Asset.id).where(Asset.order_id == order.id).order_by(Asset.number)
    return PlacedOrder(
        order_id=order.id,
        number=order_number(order.number),
        status=order.status,
        asset_ids=list(session.scalars(assets)),
    )
