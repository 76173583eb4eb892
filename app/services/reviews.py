"""What a buyer reads before placing an order."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm

from app.database import reading
from app.domain.access import AccountKind, Viewer
from app.domain.assets import (
    AssetKind,
    estimated_end,
    order_number,
    subscription_number,
    term_label,
)
from app.domain.errors import NotFoundError
from app.domain.orders import OrderStatus
from app.domain.pricing import PricedLine
from app.models import Account, Order, OrderLine, Product, Sku, Subscription
from app.services.buying import reason_at_microsoft
from app.services.order_lines import shown_line
from app.services.prices import Resale
from app.services.visibility import visible_to


@dataclass(frozen=True, kw_only=True)
class Review:
    """What is about to be bought, for whom, and what is to be paid once.

    `price` is None where the reseller hides prices from the viewer; `runs_until` is for a purchase
    today. The reseller's name is for staff, who skip its approval.
    """

    order_id: UUID
    number: str
    form_token: UUID
    status: OrderStatus
    account_id: UUID
    account_name: str
    reseller_name: str | None
    kind: AssetKind
    sku_id: UUID
    product_id: UUID
    segment: str
    product_name: str
    title: str
    details: str
    term: str
    runs_until: dt.date | None
    region: str | None
    subscription_id: UUID | None
    subscription_number: str | None
    subscription_name: str | None
    quantity: int
    price: PricedLine | None
    resale: Resale | None
    quote_ends_at: dt.datetime
    is_over: bool
    needs_approval: bool
    skips_approval: bool
    buyer_reference: str
    reason: str | None  # why Microsoft would refuse; None where it would not, or was ordered

    @property
    def is_placed(self) -> bool:
        return self.status is not OrderStatus.QUOTED


def get_review(viewer: Viewer, order_id: UUID) -> Review:
    """The quote as its buyer reads it before placing it."""
    row = reading(viewer.scope).execute(_query(viewer, order_id)).one_or_none()
    if row is None:
        raise NotFoundError
    order, line = row[0], row[1]
    shown = shown_line(viewer, line, hides_prices=row.hides_prices)
    return Review(
        order_id=order.id,
        number=order_number(order.number),
        form_token=order.form_token,
        status=order.status,
        account_id=order.account_id,
        account_name=row.account_name,
        reseller_name=row.reseller_name if viewer.is_staff else None,
        kind=line.kind,
        sku_id=line.sku_id,
        product_id=line.product_id,
        segment=row.segment,
        product_name=row.product_name,
        title=line.title,
        details=line.details,
        term=term_label(row.term_duration),
        runs_until=estimated_end(row.today, row.term_duration),
        region=row.region,
        subscription_id=line.subscription_id,
        subscription_number=_plan_number(row.plan_number),
        subscription_name=row.plan_name,
        quantity=line.quantity,
        price=shown.price,
        resale=shown.resale,
        quote_ends_at=order.quote_ends_at,
        is_over=row.is_over,
        needs_approval=row.needs_approval and viewer.account_kind is AccountKind.END_CUSTOMER,
        skips_approval=row.needs_approval and viewer.is_staff,
        buyer_reference=order.buyer_reference,
        reason=reason_at_microsoft(row.Account) if order.status is OrderStatus.QUOTED else None,
    )


def _plan_number(number: int | None) -> str | None:
    return None if number is None else subscription_number(number)


def _query(viewer: Viewer, order_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    reseller = orm.aliased(Account)
    return (
        sa.select(
            Order,
            OrderLine,
            Account,
            Account.name.label("account_name"),
            reseller.name.label("reseller_name"),
            Account.hides_prices,
            Account.needs_approval,
            Product.name.label("product_name"),
            Sku.segment,
            Sku.term_duration,
            sa.func.current_date().label("today"),
            Sku.region,
            Subscription.number.label("plan_number"),
            Subscription.name.label("plan_name"),
            (Order.quote_ends_at < sa.func.now()).label("is_over"),
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Account, Account.id == Order.account_id)
        .outerjoin(reseller, reseller.id == Account.reseller_id)
        .join(Product, Product.id == OrderLine.product_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .outerjoin(Subscription, Subscription.id == OrderLine.subscription_id)
        .where(Order.id == order_id, visible_to(viewer, Order))
    )
