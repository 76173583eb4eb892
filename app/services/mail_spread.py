"""From notices to mails: who is concerned, and what each of them may know."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, AccountKind, Permission
from app.domain.assets import AssetStatus, ProvisioningSyncStatus, asset_number
from app.domain.errors import NotFoundError
from app.domain.mail import MailKind
from app.domain.orders import OrderStatus
from app.models import Account, Asset, Mail, MarketplaceOptions, Notice, Order, Purchase, User
from app.services import order_history
from app.services.held_mails import hold, may_have_been_told
from app.services.mail_invoices import invoice_mails
from app.services.mail_recipients import (
    Recipient,
    administrators_of,
    mail_to,
    recipients,
    roles_with,
)

log = structlog.get_logger()

_AT_ONCE = 500
_NAMED = 20  # in one mail; of the rest it gives the number
_FAILURES_EVERY = dt.timedelta(minutes=5)  # the first is told at once, the next together

_Notices = Sequence[Any]  # rows of id, kind and about_id
_Facts = dict[str, Any]


def spread_notices() -> int:
    """Put the mails of what is to be told into the outbox; how many there were.

    Any number of dispatchers is harmless: a notice is spread by one of them.
    """
    notices = _open_notices(reading(SYSTEM_SCOPE))
    if not notices:
        return 0
    by_kind: dict[tuple[MailKind, bool], list[Any]] = defaultdict(list)
    for notice in notices:
        by_kind[notice.kind, notice.is_held].append(notice)
    mails = [
        hold(mail) if is_held else mail
        for (kind, is_held), some in by_kind.items()
        for mail in _MAKERS[kind](some)
    ]
    with transaction(SYSTEM_SCOPE) as session:
        if not _take(session, notices):
            return 0  # another dispatcher was quicker
        session.add_all(mails)
    log.info("mail.spread", notices=len(notices), mails=len(mails))
    return len(mails)


def _open_notices(session: Session) -> _Notices:
    told_just_now = sa.exists().where(
        Mail.kind == MailKind.PROVISIONING_FAILED,
        Mail.created_at > sa.func.now() - _FAILURES_EVERY,
    )
    return session.execute(
        sa.select(Notice.id, Notice.kind, Notice.about_id, may_have_been_told())
        .where(
            Notice.spread_at.is_(None),
            sa.or_(Notice.kind != MailKind.PROVISIONING_FAILED, sa.not_(told_just_now)),
        )
        .order_by(Notice.number)
        .limit(_AT_ONCE)
    ).all()


def _take(session: Session, notices: _Notices) -> bool:
    ids = [notice.id for notice in notices]
    open_ones = sa.select(Notice.id).where(Notice.id.in_(ids), Notice.spread_at.is_(None))
    if len(session.scalars(open_ones.order_by(Notice.id).with_for_update()).all()) != len(ids):
        return False
    session.execute(
        sa.update(Notice)
        .where(Notice.id.in_(ids))
        .values(spread_at=sa.func.now())
        .execution_options(synchronize_session=False)
    )
    return True


def _confirmations(notices: _Notices) -> list[Mail]:
    return _to_buyers(notices, OrderStatus.EXECUTED)


def _refusals(notices: _Notices) -> list[Mail]:
    return _to_buyers(notices, OrderStatus.DECLINED)


def _to_buyers(notices: _Notices, status: OrderStatus) -> list[Mail]:
    """To whoever placed the order."""
    mails = []
    for notice in notices:
        session = reading(SYSTEM_SCOPE)
        placer = sa.select(Order.placed_by_id).where(Order.id == notice.about_id)
        found = recipients(session, User.id == placer.scalar_subquery())
        mails += _about_order(notice, found, status)
    return mails


def _approvals(notices: _Notices) -> list[Mail]:
    """To the administrators of the reseller, as long as the order waits."""
    mails = []
    for notice in notices:
        session = reading(SYSTEM_SCOPE)
        reseller = session.scalars(
            sa.select(Order.tenant_id).where(Order.id == notice.about_id)
        ).all()
        found = recipients(session, administrators_of(reseller))
        mails += _about_order(notice, found, OrderStatus.PENDING_APPROVAL)
    return mails


def _about_order(notice: Any, found: list[Recipient], status: OrderStatus) -> list[Mail]:
    """Each recipient reads the order with their own eyes: prices are those that they may see."""
    mails = []
    for recipient in found:
        try:
            order = order_history.get_order(recipient.viewer, notice.about_id)
        except NotFoundError:
            continue  # moved to another reseller meanwhile
        if order.status is status:
            facts = _order_facts(order, is_staff=recipient.viewer.is_staff)
            mails.append(mail_to(recipient, notice.kind, facts))
    return mails


def _order_facts(order: order_history.OrderDetails, *, is_staff: bool) -> _Facts:
    total = order.total
    return {
        "marketplace": _marketplace(),
        "path": f"{'/bss/sales' if is_staff else ''}/orders/{order.id}/",
        "number": order.number,
        "account": order.account_name,
        "placed_by": order.placed_by_name,
        "reference": order.buyer_reference,
        "lines": [
            {
                "title": line.title,
                "quantity": line.quantity,
                "net": str(line.price.total.net) if line.price else None,
            }
            for line in order.lines
            if not line.refused_reason
        ],
        "currency": total.currency if total else None,
        "net": str(total.net) if total else None,
        "vat": [[str(line.rate), str(line.vat)] for line in total.vat_lines] if total else [],
        "gross": str(total.gross) if total else None,
        "decided_by": order.decided_by_name,
        "reason": order.decision_reason,
        "ends_at": order.approval_ends_at.isoformat() if order.approval_ends_at else None,
    }


def _failures(notices: _Notices) -> list[Mail]:
    """To the staff who can cure it, about what is still failed."""
    session = reading(SYSTEM_SCOPE)
    rows = session.execute(_failed([notice.about_id for notice in notices])).all()
    if not rows:
        return []
    facts = _failure_facts(rows)
    found = recipients(
        session,
        Account.kind == AccountKind.DISTRIBUTOR,
        User.role.in_(roles_with(Permission.PROVISION)),
    )
    return [mail_to(each, MailKind.PROVISIONING_FAILED, facts) for each in found]


def _failed(purchase_ids: list[UUID]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Asset.id,
            Asset.number,
            Asset.name,
            Account.name.label("account"),
            Purchase.error_code,
            Purchase.error_message,
        )
        .join(Asset, Asset.id == Purchase.asset_id)
        .join(Account, Account.id == Asset.account_id)
        .where(
            Purchase.id.in_(purchase_ids),
            Asset.provisioning_sync_status == ProvisioningSyncStatus.FAILED,
        )
        .order_by(Asset.number)
    )


def _failure_facts(rows: Sequence[Any]) -> _Facts:
    return {
        "marketplace": _marketplace(),
        "assets": [
            {
                "id": str(row.id),
                "number": asset_number(row.number),
                "name": row.name,
                "account": row.account,
                "words": " ".join(filter(None, (row.error_code, row.error_message))),
            }
            for row in rows[:_NAMED]
        ],
        "count": len(rows),
    }


def _expiries(notices: _Notices) -> list[Mail]:
    """To the administrators of each account, and to its reseller's: one mail for each account."""
    session = reading(SYSTEM_SCOPE)
    rows = session.execute(
        sa.select(
            Asset.id,
            Asset.kind,
            Asset.number,
            Asset.name,
            Asset.expires_on,
            Asset.account_id,
            Asset.tenant_id,
            Account.name.label("account"),
        )
        .join(Account, Account.id == Asset.account_id)
        .where(
            Asset.id.in_([notice.about_id for notice in notices]),
            Asset.status == AssetStatus.EXPIRED,
        )
        .order_by(Asset.account_id, Asset.number)
    ).all()
    by_account: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        by_account[row.account_id].append(row)
    mails = []
    for some in by_account.values():
        owners = {some[0].account_id, some[0].tenant_id}
        facts = _expiry_facts(some)
        mails += [
            mail_to(each, MailKind.EXPIRED, facts)
            for each in recipients(session, administrators_of(owners))
        ]
    return mails


def _expiry_facts(rows: Sequence[Any]) -> _Facts:
    return {
        "marketplace": _marketplace(),
        "account": rows[0].account,
        "assets": [
            {
                "id": str(row.id),
                "kind": row.kind.value,
                "number": asset_number(row.number),
                "name": row.name,
                "expired_on": row.expires_on.isoformat() if row.expires_on else None,
            }
            for row in rows[:_NAMED]
        ],
        "count": len(rows),
    }


def _marketplace() -> str:
    return reading(SYSTEM_SCOPE).scalars(sa.select(MarketplaceOptions.name)).one()


_MAKERS: dict[MailKind, Callable[[_Notices], list[Mail]]] = {
    MailKind.ORDER_CONFIRMATION: _confirmations,
    MailKind.APPROVAL_WANTED: _approvals,
    MailKind.ORDER_DECLINED: _refusals,
    MailKind.PROVISIONING_FAILED: _failures,
    MailKind.EXPIRED: _expiries,
    MailKind.INVOICE: invoice_mails,
    MailKind.CREDIT_NOTE: invoice_mails,
}
