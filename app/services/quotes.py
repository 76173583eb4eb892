"""Reviewing before buying: a quote holds its prices for a day and buys nothing."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import Viewer
from app.domain.assets import AssetKind
from app.domain.errors import ConflictError
from app.domain.orders import OrderStatus
from app.domain.sentences import said
from app.models import Account, Basket, Order, OrderLine
from app.services.basket_lines import find_basket, open_wishes
from app.services.buying import account_to_buy_for, check_may_order
from app.services.held_lines import Wish, held_line, hold, reservation_wish
from app.services.prices import Pricing, pricing_for
from app.services.visibility import visible_to


def quote_reservation(
    viewer: Viewer, *, subscription_id: UUID, sku_id: UUID, quantity: int, form_token: UUID
) -> UUID:
    """The order that holds the price; the same one for the same form, however often it is sent.

    While nobody placed it, it says what was typed last; afterwards it stays as it was placed.
    """
    account_id, wish = reservation_wish(
        viewer, subscription_id=subscription_id, sku_id=sku_id, quantity=quantity
    )
    return quote_wish(viewer, account_id, wish, form_token)


def quote_software(
    viewer: Viewer, *, account_id: UUID, sku_id: UUID, quantity: int, form_token: UUID
) -> UUID:
    """As `quote_reservation`, for a software plan."""
    wish = Wish(kind=AssetKind.SOFTWARE_SUBSCRIPTION, sku_id=sku_id, quantity=quantity)
    return quote_wish(viewer, account_id, wish, form_token)


def quote_basket(viewer: Viewer, *, account_id: UUID, form_token: UUID) -> UUID:
    """As `quote_reservation`, for the viewer's basket for the account: the token is the basket's.

    A line that cannot be bought is left out and stays in the basket. Raises ConflictError where
    no line can, and where the basket became an order meanwhile, which is not this one.
    """
    check_may_order(viewer)
    pricing = pricing_for(account_id)
    with transaction(viewer.scope) as session:
        basket = find_basket(session, viewer, account_id, is_locked=True)
        order = _order_of_form(session, viewer, account_id, form_token)
        if order and order.status is not OrderStatus.QUOTED:
            return order.id
        account = account_to_buy_for(session, viewer, account_id)
        if basket is None or basket.form_token != form_token:
            raise ConflictError("This basket was ordered in another window. Check it as it is now.")
        lines = _lines_to_hold(session, viewer, pricing, basket)
        order = order or _new_order(session, viewer, account, form_token)
        order.basket_id = basket.id
        hold(session, viewer, order, lines)
        return order.id


def _lines_to_hold(
    session: Session, viewer: Viewer, pricing: Pricing, basket: Basket
) -> list[OrderLine]:
    lines, reason = [], said("The basket is empty.")
    for wish in open_wishes(session, basket):
        try:
            lines.append(held_line(session, viewer, pricing, wish))
        except ConflictError as error:
            reason = error.message
    if not lines:
        raise ConflictError(reason)
    return lines


def quote_wish(viewer: Viewer, account_id: UUID, wish: Wish, form_token: UUID) -> UUID:
    """As `quote_reservation`, for a line of either kind; the plan is the account's."""
    check_may_order(viewer)
    pricing = pricing_for(account_id)
    with transaction(viewer.scope) as session:
        order = _order_of_form(session, viewer, account_id, form_token)
        if order and order.status is not OrderStatus.QUOTED:
            return order.id
        account = account_to_buy_for(session, viewer, account_id)
        line = held_line(session, viewer, pricing, wish)
        order = order or _new_order(session, viewer, account, form_token)
        if order.status is OrderStatus.QUOTED:
            hold(session, viewer, order, [line])
        return order.id


def _order_of_form(
    session: Session, viewer: Viewer, account_id: UUID, form_token: UUID
) -> Order | None:
    """The order that this form made before, locked."""
    order = session.scalar(
        sa.select(Order)
        .where(Order.form_token == form_token, visible_to(viewer, Order))
        .with_for_update()
    )
    if order and order.account_id != account_id:
        raise ConflictError("This form belongs to another account's order. Please start again.")
    return order


def _new_order(session: Session, viewer: Viewer, account: Account, form_token: UUID) -> Order:
    """One row for each form: whoever comes second waits, then finds the first one's."""
    row = {
        "form_token": form_token,
        "account_id": account.id,
        "tenant_id": account.tenant_id,
        "status": OrderStatus.QUOTED,
        "currency": account.currency,
        "placed_by_id": viewer.user_id,
        "placed_by_name": viewer.name,
        "quote_ends_at": sa.func.now(),
    }
    session.execute(insert(Order).values(row).on_conflict_do_nothing(index_elements=["form_token"]))
    order = _order_of_form(session, viewer, account.id, form_token)
    if order is None:
        raise ConflictError("This form was used before. Please start again.")
    return order
