"""A basket as its owner reads it: each line at today's price, and what it was when put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import AssetKind, subscription_number, term_label
from app.domain.errors import NotFoundError
from app.domain.pricing import PricedLine, price_line
from app.models import Account, Basket, BasketLine, Product, Sku, Subscription
from app.services.basket_lines import is_open, own_basket
from app.services.buying import (
    accounts_visible_to,
    check_may_order,
    reason_no_reservation,
    reason_not_published,
    reason_not_to_order,
)
from app.services.order_totals import OrderTotal, total_of
from app.services.prices import Pricing, pricing_for, shown_to


@dataclass(frozen=True, kw_only=True)
class BasketChoice:
    """One of the viewer's baskets with something in it."""

    account_id: UUID
    account_name: str
    lines: int


@dataclass(frozen=True, kw_only=True)
class BasketRow:
    """`reason` says why it cannot be bought now. `price_before` is there where it was another."""

    id: UUID
    kind: AssetKind
    product_id: UUID
    title: str
    term: str
    region: str | None
    subscription_number: str | None
    quantity: int
    price: PricedLine | None
    price_before: PricedLine | None
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class RemovedLine:
    id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class BasketView:
    """The basket for one account. `total` is of what can be bought; None where prices are hidden.

    `account_id` is None where the viewer has nothing in any basket, `form_token` where not in this
    one. `reason` says why the account cannot order.
    """

    account_id: UUID | None
    account_name: str
    form_token: UUID | None
    reason: str | None
    rows: list[BasketRow]
    total: OrderTotal | None
    removed: RemovedLine | None
    others: list[BasketChoice]

    @property
    def buyable(self) -> int:
        return 0 if self.reason else sum(1 for row in self.rows if row.reason is None)


_EMPTY = BasketView(
    account_id=None,
    account_name="",
    form_token=None,
    reason=None,
    rows=[],
    total=None,
    removed=None,
    others=[],
)


def get_basket(
    viewer: Viewer, account_id: UUID | None = None, *, removed_id: UUID | None = None
) -> BasketView:
    """The basket for the account, else the one that was added to last; four statements.

    `removed_id` is a line that was taken out just now and may be put back. Raises NotFoundError
    for an account out of sight.
    """
    check_may_order(viewer)
    choices = _choices(viewer)
    wanted = account_id or (choices[0].account_id if choices else None)
    if wanted is None:
        return _EMPTY
    others = [choice for choice in choices if choice.account_id != wanted]
    row = reading(viewer.scope).execute(_account_query(viewer, wanted)).one_or_none()
    if row is None:
        raise NotFoundError
    account, form_token = row
    name, reason = account.name, reason_not_to_order(account)
    pricing = pricing_for(wanted)
    found = reading(viewer.scope).execute(_lines_query(viewer, wanted, removed_id)).all()
    rows = [_row(viewer, pricing, line) for line in found if line.BasketLine.removed_at is None]
    return BasketView(
        account_id=wanted,
        account_name=name,
        form_token=form_token,
        reason=reason,
        rows=rows,
        total=total_of([row.price for row in rows if row.reason is None], pricing.currency),
        removed=_removed(found),
        others=others,
    )


def _choices(viewer: Viewer) -> list[BasketChoice]:
    """The one that was added to last comes first."""
    query = (
        sa.select(Basket.account_id, Account.name, sa.func.count())
        .join(BasketLine, BasketLine.basket_id == Basket.id)
        .join(Account, Account.id == Basket.account_id)
        .where(own_basket(viewer), is_open())
        .group_by(Basket.id, Account.id)
        .order_by(sa.func.max(BasketLine.number).desc(), Basket.id)
    )
    return [
        BasketChoice(account_id=row[0], account_name=row[1], lines=row[2])
        for row in reading(viewer.scope).execute(query)
    ]


def _account_query(viewer: Viewer, account_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    of_account = sa.and_(Basket.account_id == Account.id, own_basket(viewer))
    return (
        sa.select(Account, Basket.form_token)
        .outerjoin(Basket, of_account)
        .where(Account.id == account_id, accounts_visible_to(viewer))
    )


def _lines_query(
    viewer: Viewer, account_id: UUID, removed_id: UUID | None
) -> sa.Select[*tuple[Any, ...]]:
    was_removed = sa.and_(BasketLine.id == removed_id, BasketLine.order_id.is_(None))
    return (
        sa.select(BasketLine, Sku, Product, Subscription)
        .join(Basket, Basket.id == BasketLine.basket_id)
        .join(Sku, Sku.id == BasketLine.sku_id)
        .join(Product, Product.id == Sku.product_id)
        .outerjoin(Subscription, Subscription.id == BasketLine.subscription_id)
        .where(own_basket(viewer), Basket.account_id == account_id, sa.or_(is_open(), was_removed))
        .order_by(BasketLine.number)
    )


def _row(viewer: Viewer, pricing: Pricing, found: Any) -> BasketRow:
    line, sku, product, plan = found
    reason = _reason(pricing, found)
    price = None if reason else _price(viewer, pricing, sku, line.quantity)
    return BasketRow(
        id=line.id,
        kind=sku.kind,
        product_id=product.id,
        title=sku.title,
        term=term_label(sku.term_duration),
        region=sku.region,
        subscription_number=plan and subscription_number(plan.number),
        quantity=line.quantity,
        price=price,
        price_before=price and price_before(line, price),
        reason=reason,
    )


def _reason(pricing: Pricing, found: Any) -> str | None:
    _, sku, product, plan = found
    if plan is not None:
        reason = reason_no_reservation(plan, is_published=product.is_published)
    else:
        reason = None if product.is_published else reason_not_published(product.name)
    return reason or pricing.reason_not_for_sale(sku)


def _price(viewer: Viewer, pricing: Pricing, sku: Sku, quantity: int) -> PricedLine | None:
    priced = pricing.price(sku, quantity)
    shown = shown_to(viewer, priced.buying, priced.selling, hides_prices=pricing.hides_prices)
    return shown.price


def price_before(line: BasketLine, price: PricedLine) -> PricedLine | None:
    """What the same quantity would have cost when it was put in; None where that is the same."""
    if line.seen_unit_price is None:
        return None
    before = price_line(
        line.seen_unit_price,
        price.quantity,
        discount_percent=line.seen_discount_percent,
        vat_rate=price.vat_rate,
        currency=price.currency,
    )
    return before if before.total != price.total else None


def _removed(found: Sequence[Any]) -> RemovedLine | None:
    gone = [row for row in found if row.BasketLine.removed_at is not None]
    return RemovedLine(id=gone[0].BasketLine.id, title=gone[0].Sku.title) if gone else None
