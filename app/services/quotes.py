"""Reviewing before buying: a quote holds its prices for a day and buys nothing."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import Viewer
from app.domain.assets import AssetKind
from app.domain.errors import ConflictError, InvalidError, NotFoundError
from app.domain.orders import OrderStatus
from app.domain.sentences import said
from app.models import Account, MarketplaceOptions, Order, OrderLine, Product, Sku
from app.services.buying import (
    account_to_buy_for,
    check_may_order,
    check_plan,
    find_plan,
    reason_not_published,
)
from app.services.prices import PricedSku, Pricing, pricing_for
from app.services.visibility import visible_to

_LARGEST_AMOUNT = Decimal(10) ** 14  # what Numeric(18, 4) holds


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """What the form says."""

    kind: AssetKind
    account_id: UUID
    sku_id: UUID
    quantity: int
    form_token: UUID
    subscription_id: UUID | None = None


def quote_reservation(
    viewer: Viewer, *, subscription_id: UUID, sku_id: UUID, quantity: int, form_token: UUID
) -> UUID:
    """The order that holds the price; the same one for the same form, however often it is sent.

    While nobody placed it, it says what was typed last; afterwards it stays as it was placed.
    """
    check_may_order(viewer)
    plan = find_plan(reading(viewer.scope), viewer, subscription_id)
    wish = _Wish(
        kind=AssetKind.RESERVATION,
        account_id=plan.account_id,
        sku_id=sku_id,
        quantity=quantity,
        form_token=form_token,
        subscription_id=subscription_id,
    )
    return _quote(viewer, wish)


def quote_software(
    viewer: Viewer, *, account_id: UUID, sku_id: UUID, quantity: int, form_token: UUID
) -> UUID:
    """As `quote_reservation`, for a software plan."""
    check_may_order(viewer)
    wish = _Wish(
        kind=AssetKind.SOFTWARE_SUBSCRIPTION,
        account_id=account_id,
        sku_id=sku_id,
        quantity=quantity,
        form_token=form_token,
    )
    return _quote(viewer, wish)


def _quote(viewer: Viewer, wish: _Wish) -> UUID:
    pricing = pricing_for(wish.account_id)
    with transaction(viewer.scope) as session:
        order = _order_of_form(session, viewer, wish)
        if order and order.status is not OrderStatus.QUOTED:
            return order.id
        account = account_to_buy_for(session, viewer, wish.account_id)
        held = _held_line(session, viewer, pricing, wish)
        order = order or _new_order(session, viewer, account, wish)
        if order.status is OrderStatus.QUOTED:
            _hold(session, viewer, order, held)
        return order.id


def _order_of_form(session: Session, viewer: Viewer, wish: _Wish) -> Order | None:
    """The order that this form made before, locked."""
    order = session.scalar(
        sa.select(Order)
        .where(Order.form_token == wish.form_token, visible_to(viewer, Order))
        .with_for_update()
    )
    if order and order.account_id != wish.account_id:
        raise ConflictError("This form belongs to another account's order. Please start again.")
    return order


def _new_order(session: Session, viewer: Viewer, account: Account, wish: _Wish) -> Order:
    """One row for each form: whoever comes second waits, then finds the first one's."""
    row = {
        "form_token": wish.form_token,
        "account_id": account.id,
        "tenant_id": account.tenant_id,
        "status": OrderStatus.QUOTED,
        "currency": account.currency,
        "placed_by_id": viewer.user_id,
        "placed_by_name": viewer.name,
        "quote_ends_at": sa.func.now(),
    }
    session.execute(insert(Order).values(row).on_conflict_do_nothing(index_elements=["form_token"]))
    order = _order_of_form(session, viewer, wish)
    if order is None:
        raise ConflictError("This form was used before. Please start again.")
    return order


def _held_line(session: Session, viewer: Viewer, pricing: Pricing, wish: _Wish) -> dict[str, Any]:
    """What the order line freezes, once everything speaks for buying it."""
    sku, product = _sku_on_sale(session, wish)
    if wish.subscription_id is not None:
        check_plan(find_plan(session, viewer, wish.subscription_id), product)
    _check_quantity(sku, wish.quantity)
    priced = pricing.price(sku, wish.quantity)
    _check_amounts(priced)
    _check_largest_order(session, viewer, priced)
    return {
        "kind": sku.kind,
        "product_id": product.id,
        "sku_id": sku.id,
        "subscription_id": wish.subscription_id,
        "title": sku.title,
        "details": sku.description,
        "quantity": wish.quantity,
        "currency": pricing.currency,
        "cost_currency": priced.cost_currency,
        "unit_cost": priced.cost,
        "conversion_rate": priced.conversion_rate,
        "buying_unit_price": priced.buying.unit_price,
        "selling_unit_price": priced.selling.unit_price if priced.selling else None,
        "discount_percent": priced.buying.discount_percent,
        "vat_rate": priced.buying.vat_rate,
    }


def _sku_on_sale(session: Session, wish: _Wish) -> tuple[Sku, Product]:
    query = sa.select(Sku, Product).join(Product).where(Sku.id == wish.sku_id)
    found = session.execute(query.where(Sku.kind == wish.kind)).one_or_none()
    if found is None:
        raise NotFoundError
    sku, product = found
    if not product.is_published:
        raise ConflictError(reason_not_published(product.name))
    return sku, product


def _check_quantity(sku: Sku, quantity: int) -> None:
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
    if any(max(line.original_total, line.total.gross) >= _LARGEST_AMOUNT for line in lines):
        raise InvalidError("Enter a smaller quantity: the total is too large.", field="quantity")


def _check_largest_order(session: Session, viewer: Viewer, priced: PricedSku) -> None:
    """The limit is the storefront's, in the marketplace's currency; staff are not bound by it."""
    options = session.scalars(sa.select(MarketplaceOptions)).one()
    is_bound = not viewer.is_staff and priced.buying.currency == options.currency
    if not is_bound or options.largest_order is None:
        return
    if priced.buying.total.net > options.largest_order:
        raise InvalidError(
            "This is more than one order may cost here. Enter a smaller quantity or ask us.",
            field="quantity",
        )


def _hold(session: Session, viewer: Viewer, order: Order, held: dict[str, Any]) -> None:
    """Put today's price on the order, for as long as the marketplace holds a quote."""
    hours = session.scalars(sa.select(MarketplaceOptions.quote_hours)).one()
    order.placed_by_id, order.placed_by_name = viewer.user_id, viewer.name
    order.currency = held["currency"]
    order.quoted_at = sa.func.now()
    order.quote_ends_at = sa.func.now() + dt.timedelta(hours=hours)
    line = session.scalar(sa.select(OrderLine).where(OrderLine.order_id == order.id))
    if line is None:
        line = OrderLine(
            order_id=order.id, account_id=order.account_id, tenant_id=order.tenant_id, position=1
        )
        session.add(line)
    for name, value in held.items():
        setattr(line, name, value)
