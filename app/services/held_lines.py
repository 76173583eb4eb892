"""What an order line freezes: today's price, once everything speaks for buying it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import AssetKind
from app.domain.errors import ConflictError, InvalidError, NotFoundError
from app.domain.money import ZERO
from app.domain.sentences import said
from app.models import MarketplaceOptions, Order, OrderLine, Product, Sku
from app.services.buying import check_may_order, check_plan, find_plan, reason_not_published
from app.services.order_lines import buying_of, selling_of
from app.services.prices import PricedSku, Pricing

LARGEST_AMOUNT = Decimal(10) ** 14  # what Numeric(18, 4) holds
_TOO_LARGE = said("Enter a smaller quantity: the total is too large.")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One line as a buyer wants it. `basket_line_id` names where it comes from."""

    kind: AssetKind
    sku_id: UUID
    quantity: int
    subscription_id: UUID | None = None
    basket_line_id: UUID | None = None


def reservation_wish(
    viewer: Viewer, *, subscription_id: UUID, sku_id: UUID, quantity: int
) -> tuple[UUID, Wish]:
    """The account that the Azure plan is of, and the line for it."""
    check_may_order(viewer)
    plan = find_plan(reading(viewer.scope), viewer, subscription_id)
    wish = Wish(
        kind=AssetKind.RESERVATION,
        sku_id=sku_id,
        quantity=quantity,
        subscription_id=subscription_id,
    )
    return plan.account_id, wish


def held_line(session: Session, viewer: Viewer, pricing: Pricing, wish: Wish) -> OrderLine:
    """A line of no order yet. Raises ConflictError where it cannot be bought, InvalidError for
    its quantity.
    """
    sku, product = _sku_on_sale(session, wish)
    if wish.subscription_id is not None:
        check_plan(find_plan(session, viewer, wish.subscription_id), product)
    check_quantity(sku, wish.quantity)
    priced = pricing.price(sku, wish.quantity)
    _check_amounts(priced)
    return OrderLine(
        kind=sku.kind,
        product_id=product.id,
        sku_id=sku.id,
        subscription_id=wish.subscription_id,
        basket_line_id=wish.basket_line_id,
        title=sku.title,
        details=sku.description,
        quantity=wish.quantity,
        currency=pricing.currency,
        cost_currency=priced.cost_currency,
        unit_cost=priced.cost,
        conversion_rate=priced.conversion_rate,
        buying_unit_price=priced.buying.unit_price,
        selling_unit_price=priced.selling.unit_price if priced.selling else None,
        discount_percent=priced.buying.discount_percent,
        vat_rate=priced.buying.vat_rate,
    )


def _sku_on_sale(session: Session, wish: Wish) -> tuple[Sku, Product]:
    query = sa.select(Sku, Product).join(Product).where(Sku.id == wish.sku_id)
    found = session.execute(query.where(Sku.kind == wish.kind)).one_or_none()
    if found is None:
        raise NotFoundError
    sku, product = found
    if not product.is_published:
        raise ConflictError(reason_not_published(product.name))
    return sku, product


def check_quantity(sku: Sku, quantity: int) -> None:
    if quantity < sku.minimum_quantity:
        message = said(
            "Enter a quantity of %(minimum_quantity)s or more.",
            minimum_quantity=sku.minimum_quantity,
        )
        raise InvalidError(message, field="quantity")
    if quantity > sku.maximum_quantity:
        message = said(
            "Microsoft sells at most %(maximum_quantity)s of these at once.",
            maximum_quantity=f"{sku.maximum_quantity:,}",
        )
        raise InvalidError(message, field="quantity")


def _check_amounts(priced: PricedSku) -> None:
    lines = [line for line in (priced.buying, priced.selling) if line is not None]
    if any(max(line.original_total, line.total.gross) >= LARGEST_AMOUNT for line in lines):
        raise InvalidError(_TOO_LARGE, field="quantity")


def hold(session: Session, viewer: Viewer, order: Order, lines: Sequence[OrderLine]) -> None:
    """Put the lines on the quote at their prices, for as long as the marketplace holds a quote.

    Raises InvalidError where they are too much for one order.
    """
    options = session.scalars(sa.select(MarketplaceOptions)).one()
    _check_order(viewer, options, lines)
    order.placed_by_id, order.placed_by_name = viewer.user_id, viewer.name
    order.currency = lines[0].currency
    order.quoted_at = sa.func.now()
    order.quote_ends_at = sa.func.now() + dt.timedelta(hours=options.quote_hours)
    session.execute(sa.delete(OrderLine).where(OrderLine.order_id == order.id))
    for position, line in enumerate(lines, start=1):
        line.order_id, line.position = order.id, position
        line.account_id, line.tenant_id = order.account_id, order.tenant_id
        session.add(line)
    session.flush()


def _check_order(viewer: Viewer, options: MarketplaceOptions, lines: Sequence[OrderLine]) -> None:
    """The limit is the storefront's, in the marketplace's currency; staff are not bound by it."""
    totals = [buying_of(line).total for line in lines]
    sold = [priced.total for priced in map(selling_of, lines) if priced is not None]
    for each in (totals, sold):
        if sum((total.gross for total in each), ZERO) >= LARGEST_AMOUNT:
            raise InvalidError(_TOO_LARGE, field="quantity")
    is_bound = not viewer.is_staff and lines[0].currency == options.currency
    if not is_bound or options.largest_order is None:
        return
    if sum((total.net for total in totals), ZERO) > options.largest_order:
        raise InvalidError(
            "This is more than one order may cost here. Enter a smaller quantity or ask us.",
            field="quantity",
        )
