"""Search over everything that a person may see: assets, plans, accounts, orders, invoices."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import AccountKind, Viewer
from app.domain.assets import (
    AssetKind,
    account_number,
    asset_number,
    order_number,
    subscription_number,
)
from app.domain.orders import OrderStatus
from app.models import Account, Asset, Invoice, Order, OrderLine, Purchase, Subscription
from app.services.asset_search import search_filters, sees_customers
from app.services.asset_totals import kept_totals
from app.services.buying import accounts_visible_to
from app.services.visibility import visible_to

SHORTEST = 2
_MOST = 6
_NUMBER = re.compile(r"(acc|ord|sub)-?0*([1-9]\d{0,17})", re.IGNORECASE)


class HitKind(StrEnum):
    ACCOUNT = "account"
    ASSET = "asset"
    SUBSCRIPTION = "subscription"
    ORDER = "order"
    INVOICE = "invoice"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing. `asset_kind` is an asset's; the note tells things of one name apart."""

    kind: HitKind
    id: UUID
    name: str
    note: str
    asset_kind: AssetKind | None = None


def search_everything(viewer: Viewer, q: str) -> list[Hit]:
    """At most six of each kind, the newest first; at most seven statements.

    `q` may be words, a number such as ORD-000045, or any id that Microsoft gave.
    """
    if len(q) < SHORTEST:
        return []
    session = reading(viewer.scope)
    finders = (_accounts, _assets, _plans, _orders, _invoices)
    return [hit for find in finders for hit in find(session, viewer, q)]


def _assets(session: Session, viewer: Viewer, q: str) -> list[Hit]:
    kept = kept_totals(viewer)
    filters = search_filters(session, viewer, q, among=kept.assets)
    found = sa.and_(*filters)
    if viewer.is_staff:
        found = sa.or_(found, Asset.id.in_(_bought_as(q)))
    query = (
        sa.select(Asset.id, Asset.number, Asset.name, Asset.kind, Account.name.label("owner"))
        .join(Account, Account.id == Asset.account_id)
        .where(visible_to(viewer, Asset), found)
        .order_by(Asset.purchased_at.desc(), Asset.id.desc())
        .limit(_MOST)
    )
    return [
        Hit(
            kind=HitKind.ASSET,
            id=row.id,
            name=row.name,
            note=_note(viewer, asset_number(row.number), row.owner),
            asset_kind=row.kind,
        )
        for row in session.execute(query)
    ]


def _bought_as(q: str) -> sa.Select[*tuple[Any, ...]]:
    """By the cart, or by our reference in Microsoft's books: ids that only staff meet."""
    return sa.select(Purchase.asset_id).where(
        sa.or_(Purchase.cart_id == q.strip(), Purchase.own_ref == q.strip())
    )


def _plans(session: Session, viewer: Viewer, q: str) -> list[Hit]:
    places = [
        Subscription.name.icontains(q, autoescape=True),
        Subscription.microsoft_subscription_id == q.lower(),
        *_by_number("sub", Subscription.number, q),
    ]
    query = (
        sa.select(Subscription.id, Subscription.number, Subscription.name, Account.name)
        .join(Account, Account.id == Subscription.account_id)
        .where(visible_to(viewer, Subscription), sa.or_(*places))
        .order_by(Subscription.number.desc())
        .limit(_MOST)
    )
    return [
        Hit(
            kind=HitKind.SUBSCRIPTION,
            id=plan_id,
            name=name,
            note=_note(viewer, subscription_number(number), owner),
        )
        for plan_id, number, name, owner in session.execute(query)
    ]


def _accounts(session: Session, viewer: Viewer, q: str) -> list[Hit]:
    if not sees_customers(viewer):
        return []
    places = [
        *(
            column.icontains(q, autoescape=True)
            for column in (Account.name, Account.legal_name, Account.vat_number)
        ),
        sa.func.lower(Account.microsoft_tenant_id) == q.lower(),
        *_by_number("acc", Account.number, q),
    ]
    is_own = Account.id == viewer.account_id
    query = (
        sa.select(Account.id, Account.number, Account.name, Account.city)
        .where(accounts_visible_to(viewer), sa.not_(is_own), sa.or_(*places))
        .where(Account.kind != AccountKind.DISTRIBUTOR)
        .order_by(Account.name, Account.id)
        .limit(_MOST)
    )
    return [
        Hit(
            kind=HitKind.ACCOUNT,
            id=row.id,
            name=row.name,
            note=" · ".join(each for each in (account_number(row.number), row.city) if each),
        )
        for row in session.execute(query)
    ]


def _orders(session: Session, viewer: Viewer, q: str) -> list[Hit]:
    titled = sa.select(OrderLine.order_id).where(OrderLine.title.icontains(q, autoescape=True))
    places = [
        Order.buyer_reference.icontains(q, autoescape=True),
        Order.id.in_(titled),
        *_by_number("ord", Order.number, q),
    ]
    query = (
        sa.select(Order.id, Order.number, Order.status, Account.name)
        .join(Account, Account.id == Order.account_id)
        .where(visible_to(viewer, Order), Order.status != OrderStatus.QUOTED, sa.or_(*places))
        .order_by(Order.number.desc())
        .limit(_MOST)
    )
    return [
        Hit(
            kind=HitKind.ORDER,
            id=order_id,
            name=order_number(number),
            note=_note(viewer, status.label, owner),
        )
        for order_id, number, status, owner in session.execute(query)
    ]


def _invoices(session: Session, viewer: Viewer, q: str) -> list[Hit]:
    query = (
        sa.select(Invoice.id, Invoice.number, Invoice.order_number, Account.name)
        .join(Account, Account.id == Invoice.account_id)
        .where(
            visible_to(viewer, Invoice),
            Invoice.search_text.contains(q.casefold(), autoescape=True),
        )
        .order_by(Invoice.issued_on.desc(), Invoice.issued_at.desc(), Invoice.id.desc())
        .limit(_MOST)
    )
    return [
        Hit(
            kind=HitKind.INVOICE,
            id=invoice_id,
            name=number,
            note=_note(viewer, order, owner),
        )
        for invoice_id, number, order, owner in session.execute(query)
    ]


def _by_number(
    prefix: str, column: sa.ColumnElement[int] | Any, q: str
) -> list[sa.ColumnElement[bool]]:
    number = _NUMBER.fullmatch(q)
    return [column == int(number[2])] if number and number[1].lower() == prefix else []


def _note(viewer: Viewer, what: str, owner: str) -> str:
    return f"{what} · {owner}" if sees_customers(viewer) and owner else what
