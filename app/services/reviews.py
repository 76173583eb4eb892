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
from app.models import (
    Account,
    Basket,
    BasketLine,
    Order,
    OrderLine,
    Product,
    Sku,
    Subscription,
)
from app.services.basket_lines import is_open
from app.services.basket_view import price_before
from app.services.buying import reason_at_microsoft
from app.services.order_lines import shown_line
from app.services.order_totals import OrderTotal, total_of
from app.services.prices import Resale
from app.services.visibility import visible_to


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """One thing that is about to be bought.

    `price` is None where the reseller hides prices from the viewer; `price_before` is there where
    it cost something else when it was put into the basket. `runs_until` is for a purchase today.
    """

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
    price_before: PricedLine | None
    resale: Resale | None


@dataclass(frozen=True, kw_only=True)
class Review:
    """What is about to be bought, for whom, and what is to be paid once.

    `total` is None where the reseller hides prices from the viewer. The reseller's name is for
    staff, who skip its approval. `left_out` names what stays in the basket it comes from.
    """

    order_id: UUID
    number: str
    form_token: UUID
    status: OrderStatus
    account_id: UUID
    account_name: str
    reseller_name: str | None
    lines: list[ReviewLine]
    total: OrderTotal | None
    is_basket: bool
    left_out: list[str]
    quote_ends_at: dt.datetime
    is_over: bool
    needs_approval: bool
    skips_approval: bool
    buyer_reference: str
    reason: str | None  # why Microsoft would refuse; None where it would not, or was ordered

    @property
    def is_placed(self) -> bool:
        return self.status is not OrderStatus.QUOTED

    @property
    def line(self) -> ReviewLine:
        """The only one, where there is one."""
        return self.lines[0]


def get_review(viewer: Viewer, order_id: UUID) -> Review:
    """The quote as its buyer reads it before placing it. Two statements, three of a basket."""
    session = reading(viewer.scope)
    row = session.execute(_query(viewer, order_id)).one_or_none()
    if row is None:
        raise NotFoundError
    order = row[0]
    lines = [
        _line(viewer, found, hides_prices=row.hides_prices)
        for found in session.execute(_lines_query(viewer, order_id))
    ]
    return Review(
        order_id=order.id,
        number=order_number(order.number),
        form_token=order.form_token,
        status=order.status,
        account_id=order.account_id,
        account_name=row.account_name,
        reseller_name=row.reseller_name if viewer.is_staff else None,
        lines=lines,
        total=total_of([line.price for line in lines], order.currency),
        is_basket=order.basket_id is not None,
        left_out=_left_out(viewer, order),
        quote_ends_at=order.quote_ends_at,
        is_over=row.is_over,
        needs_approval=row.needs_approval and viewer.account_kind is AccountKind.END_CUSTOMER,
        skips_approval=row.needs_approval and viewer.is_staff,
        buyer_reference=order.buyer_reference,
        reason=reason_at_microsoft(row.Account) if order.status is OrderStatus.QUOTED else None,
    )


def _line(viewer: Viewer, found: Any, *, hides_prices: bool) -> ReviewLine:
    line = found.OrderLine
    shown = shown_line(viewer, line, hides_prices=hides_prices)
    in_basket = found.BasketLine
    return ReviewLine(
        kind=line.kind,
        sku_id=line.sku_id,
        product_id=line.product_id,
        segment=found.segment,
        product_name=found.product_name,
        title=line.title,
        details=line.details,
        term=term_label(found.term_duration),
        runs_until=estimated_end(found.today, found.term_duration),
        region=found.region,
        subscription_id=line.subscription_id,
        subscription_number=_plan_number(found.plan_number),
        subscription_name=found.plan_name,
        quantity=line.quantity,
        price=shown.price,
        price_before=shown.price and in_basket and price_before(in_basket, shown.price),
        resale=shown.resale,
    )


def _plan_number(number: int | None) -> str | None:
    return None if number is None else subscription_number(number)


def _left_out(viewer: Viewer, order: Order) -> list[str]:
    """What the buyer's own basket holds beside the order, while nobody placed it."""
    if order.basket_id is None or order.status is not OrderStatus.QUOTED:
        return []
    is_ordered = sa.exists().where(
        OrderLine.order_id == order.id, OrderLine.basket_line_id == BasketLine.id
    )
    query = (
        sa.select(Sku.title)
        .join(BasketLine, BasketLine.sku_id == Sku.id)
        .join(Basket, Basket.id == BasketLine.basket_id)
        .where(
            Basket.id == order.basket_id,
            Basket.user_id == viewer.user_id,
            is_open(),
            ~is_ordered,
        )
        .order_by(BasketLine.number)
    )
    return list(reading(viewer.scope).scalars(query))


def _query(viewer: Viewer, order_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    reseller = orm.aliased(Account)
    return (
        sa.select(
            Order,
            Account,
            Account.name.label("account_name"),
            reseller.name.label("reseller_name"),
            Account.hides_prices,
            Account.needs_approval,
            (Order.quote_ends_at < sa.func.now()).label("is_over"),
        )
        .join(Account, Account.id == Order.account_id)
        .outerjoin(reseller, reseller.id == Account.reseller_id)
        .where(Order.id == order_id, visible_to(viewer, Order))
    )


def _lines_query(viewer: Viewer, order_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    """With the basket's line where the basket is the viewer's: others saw other prices in it."""
    is_own = sa.exists().where(Basket.id == BasketLine.basket_id, Basket.user_id == viewer.user_id)
    return (
        sa.select(
            OrderLine,
            BasketLine,
            Product.name.label("product_name"),
            Sku.segment,
            Sku.term_duration,
            sa.func.current_date().label("today"),
            Sku.region,
            Subscription.number.label("plan_number"),
            Subscription.name.label("plan_name"),
        )
        .join(Product, Product.id == OrderLine.product_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .outerjoin(Subscription, Subscription.id == OrderLine.subscription_id)
        .outerjoin(BasketLine, sa.and_(BasketLine.id == OrderLine.basket_line_id, is_own))
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)
    )
