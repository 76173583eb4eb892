"""Orders as they are shown: the list, and one with what it made."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import (
    AssetKind,
    ProvisioningSyncStatus,
    asset_number,
    order_number,
    subscription_number,
    term_label,
)
from app.domain.errors import NotAllowedError, NotFoundError
from app.domain.orders import OrderStatus
from app.domain.pricing import PricedLine
from app.domain.sentences import unpacked
from app.models import Account, Asset, Order, OrderLine, Sku, Subscription, User
from app.services.invoice_lists import LinkedInvoice, invoices_of_order
from app.services.order_lines import shown_line
from app.services.order_sorts import OrderSort, order_keys
from app.services.order_totals import OrderTotal, total_of
from app.services.orders import APPROVAL_DAYS, may_decide
from app.services.pages import Page, PageRequest, each_row, fetch_counted_page
from app.services.prices import Resale
from app.services.visibility import visible_to

_NUMBER = re.compile(r"(?:ord-)?0*([1-9]\d{0,17})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """`account_name` is None for whoever has one account only; `total` where it is hidden.

    The reseller's name is for staff.
    """

    id: UUID
    number: str
    status: OrderStatus
    account_id: UUID
    account_name: str | None
    reseller_name: str | None
    title: str
    quantity: int
    more_lines: int
    placed_at: dt.datetime | None
    placed_by_name: str
    buyer_reference: str
    total: OrderTotal | None


@dataclass(frozen=True, kw_only=True)
class AssetMade:
    id: UUID
    number: str
    name: str
    kind: AssetKind
    sync_status: ProvisioningSyncStatus


@dataclass(frozen=True, kw_only=True)
class ShownLine:
    kind: AssetKind
    title: str
    details: str
    term: str
    quantity: int
    subscription_id: UUID | None
    subscription_number: str | None
    price: PricedLine | None
    resale: Resale | None
    asset: AssetMade | None
    refused_reason: str


@dataclass(frozen=True, kw_only=True)
class OrderDetails:
    """For staff: the reseller's name, and the company of whoever placed it on behalf."""

    id: UUID
    number: str
    status: OrderStatus
    account_id: UUID
    account_name: str
    reseller_name: str | None
    placed_by_name: str
    placed_on_behalf_by: str | None
    quoted_at: dt.datetime
    quote_ends_at: dt.datetime
    placed_at: dt.datetime | None
    executed_at: dt.datetime | None
    approval_ends_at: dt.datetime | None
    decided_by_name: str | None
    decision_reason: str | None
    buyer_reference: str
    lines: list[ShownLine]
    total: OrderTotal | None
    invoices: list[LinkedInvoice]
    may_decide: bool


@dataclass(frozen=True, kw_only=True)
class OrderSearch:
    """What the list shows. `q` looks in number, account, title and reference.

    A reseller's are its own and its customers'.
    """

    q: str = ""
    status: OrderStatus | None = None
    account_id: UUID | None = None
    reseller_id: UUID | None = None
    sort: OrderSort = OrderSort.NUMBER
    descending: bool = True


def list_orders(viewer: Viewer, search: OrderSearch, *, page: PageRequest) -> Page[OrderRow]:
    """Placed orders, in three statements."""
    session = reading(viewer.scope)
    placed = Order.status != OrderStatus.QUOTED
    reseller = orm.aliased(Account)
    query = (
        sa.select(Order, Account.name, Account.hides_prices, reseller.name)
        .join(Account, Account.id == Order.account_id)
        .outerjoin(reseller, reseller.id == Account.reseller_id)
        .where(visible_to(viewer, Order), placed, *_filters(search))
    )
    keys = order_keys(viewer, search.sort, descending=search.descending)
    found = fetch_counted_page(session, query, keys, page)
    lines = _lines_by_order(session, [row[0].id for row in found.items])
    return found.with_items([_row(viewer, row, lines[row[0].id]) for row in found.items])


def export_orders(viewer: Viewer, search: OrderSearch) -> Iterator[OrderRow]:
    """Every row of the list, for a file."""
    if not viewer.may(Permission.EXPORT):
        raise NotAllowedError("Your role does not export lists.")
    return each_row(viewer.scope, lambda page: list_orders(viewer, search, page=page))


def get_order(viewer: Viewer, order_id: UUID) -> OrderDetails:
    session = reading(viewer.scope)
    row = session.execute(_order_query(viewer, order_id)).one_or_none()
    if row is None:
        raise NotFoundError
    order, account_name, hides_prices, reseller_name, buyer = row
    assets = _assets_by_line(session, order.id)
    lines = [
        _shown(viewer, line, assets.get(line[0].id), hides_prices=hides_prices)
        for line in session.execute(_lines_query(order.id))
    ]
    waits = order.status is OrderStatus.PENDING_APPROVAL
    return OrderDetails(
        id=order.id,
        number=order_number(order.number),
        status=order.status,
        account_id=order.account_id,
        account_name=account_name,
        reseller_name=reseller_name if viewer.is_staff else None,
        placed_by_name=order.placed_by_name,
        placed_on_behalf_by=buyer if viewer.is_staff else None,
        quoted_at=order.quoted_at,
        quote_ends_at=order.quote_ends_at,
        placed_at=order.placed_at,
        executed_at=order.executed_at,
        approval_ends_at=_approval_ends_at(order) if waits else None,
        decided_by_name=order.decided_by_name,
        decision_reason=order.decision_reason,
        buyer_reference=order.buyer_reference,
        lines=lines,
        total=total_of([line.price for line in lines if not line.refused_reason], order.currency),
        invoices=invoices_of_order(session, viewer, order.id),
        may_decide=waits and may_decide(viewer),
    )


def _order_query(viewer: Viewer, order_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    reseller, buyer = orm.aliased(Account), orm.aliased(Account)
    is_buyer = sa.and_(buyer.id == User.account_id, buyer.id != Order.account_id)
    return (
        sa.select(Order, Account.name, Account.hides_prices, reseller.name, buyer.name)
        .join(Account, Account.id == Order.account_id)
        .outerjoin(reseller, reseller.id == Account.reseller_id)
        .outerjoin(User, User.id == Order.placed_by_id)
        .outerjoin(buyer, is_buyer)
        .where(Order.id == order_id, visible_to(viewer, Order))
    )


def _filters(search: OrderSearch) -> list[sa.ColumnElement[bool]]:
    wanted = {
        Order.status: search.status,
        Order.account_id: search.account_id,
        Order.tenant_id: search.reseller_id,
    }
    chosen = [column == value for column, value in wanted.items() if value is not None]
    return [*chosen, *_search(search.q)]


def _search(q: str) -> list[sa.ColumnElement[bool]]:
    text = q.replace("\0", "").strip()
    if not text:
        return []
    title = OrderLine.title.icontains(text, autoescape=True)
    places = [
        Account.name.icontains(text, autoescape=True),
        Order.buyer_reference.icontains(text, autoescape=True),
        sa.exists().where(OrderLine.order_id == Order.id, title),
    ]
    if number := _NUMBER.fullmatch(text):
        places.append(Order.number == int(number.group(1)))
    return [sa.or_(*places)]


def _lines_by_order(session: Session, order_ids: list[UUID]) -> dict[UUID, list[OrderLine]]:
    lines: dict[UUID, list[OrderLine]] = {order_id: [] for order_id in order_ids}
    query = sa.select(OrderLine).where(OrderLine.order_id.in_(order_ids))
    for line in session.scalars(query.order_by(OrderLine.position, OrderLine.id)):
        lines[line.order_id].append(line)
    return lines


def _row(viewer: Viewer, row: sa.Row[*tuple[Any, ...]], lines: list[OrderLine]) -> OrderRow:
    order, account_name, hides_prices, reseller_name = row[:4]
    prices = [
        shown_line(viewer, line, hides_prices=hides_prices).price
        for line in lines
        if not line.refused_reason
    ]
    sees_several = viewer.is_staff or viewer.is_reseller
    return OrderRow(
        id=order.id,
        number=order_number(order.number),
        status=order.status,
        account_id=order.account_id,
        account_name=account_name if sees_several else None,
        reseller_name=reseller_name if viewer.is_staff else None,
        title=lines[0].title if lines else "",
        quantity=lines[0].quantity if lines else 0,
        more_lines=max(len(lines) - 1, 0),
        placed_at=order.placed_at,
        placed_by_name=order.placed_by_name,
        buyer_reference=order.buyer_reference,
        total=total_of(prices, order.currency),
    )


def _assets_by_line(session: Session, order_id: UUID) -> dict[UUID, AssetMade]:
    query = sa.select(
        Asset.order_line_id,
        Asset.id,
        Asset.number,
        Asset.name,
        Asset.kind,
        Asset.provisioning_sync_status,
    ).where(Asset.order_id == order_id)
    return {
        row.order_line_id: AssetMade(
            id=row.id,
            number=asset_number(row.number),
            name=row.name,
            kind=row.kind,
            sync_status=row.provisioning_sync_status,
        )
        for row in session.execute(query)
    }


def _lines_query(order_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(OrderLine, Sku.term_duration, Subscription.number)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .outerjoin(Subscription, Subscription.id == OrderLine.subscription_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position, OrderLine.id)
    )


def _shown(
    viewer: Viewer, row: sa.Row[*tuple[Any, ...]], asset: AssetMade | None, *, hides_prices: bool
) -> ShownLine:
    line, term_duration, plan_number = row
    shown = shown_line(viewer, line, hides_prices=hides_prices)
    return ShownLine(
        kind=line.kind,
        title=line.title,
        details=line.details,
        term=term_label(term_duration),
        quantity=line.quantity,
        subscription_id=line.subscription_id,
        subscription_number=None if plan_number is None else subscription_number(plan_number),
        price=shown.price,
        resale=shown.resale,
        asset=asset,
        refused_reason=unpacked(line.refused_sentence, line.refused_reason),
    )


def _approval_ends_at(order: Order) -> dt.datetime | None:
    return order.placed_at and order.placed_at + dt.timedelta(days=APPROVAL_DAYS)
