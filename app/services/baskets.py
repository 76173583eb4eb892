"""A person's baskets: several lines for one account, bought with one order."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import Viewer
from app.domain.assets import AssetKind
from app.domain.errors import ConflictError, InvalidError, NotFoundError
from app.models import Account, Basket, BasketLine, Sku
from app.services.basket_lines import find_basket, is_open, own_basket, recount
from app.services.buying import account_to_buy_for, check_may_order
from app.services.held_lines import Wish, check_quantity, held_line, reservation_wish
from app.services.order_lines import shown_line
from app.services.prices import Pricing, pricing_for
from app.services.visibility import visible_to

MOST_LINES = 20


def add_reservation(
    viewer: Viewer, *, subscription_id: UUID, sku_id: UUID, quantity: int, form_token: UUID
) -> UUID:
    """Put a line into the basket for the plan's account, and return that account's id.

    The same form adds one line, however often it is sent. Raises what reviewing it would raise.
    """
    account_id, wish = reservation_wish(
        viewer, subscription_id=subscription_id, sku_id=sku_id, quantity=quantity
    )
    return add_wish(viewer, account_id, wish, form_token)


def add_software(
    viewer: Viewer, *, account_id: UUID, sku_id: UUID, quantity: int, form_token: UUID
) -> UUID:
    """As `add_reservation`, for a software plan."""
    wish = Wish(kind=AssetKind.SOFTWARE_SUBSCRIPTION, sku_id=sku_id, quantity=quantity)
    return add_wish(viewer, account_id, wish, form_token)


def change_quantities(viewer: Viewer, account_id: UUID, quantities: Mapping[UUID, int]) -> None:
    """Set the quantities of open lines, by their id; ids of other lines are passed over.

    Raises InvalidError whose field is `field_of` the first line that cannot have its quantity.
    """
    check_may_order(viewer)
    with transaction(viewer.scope) as session:
        basket = find_basket(session, viewer, account_id, is_locked=True)
        if basket is None:
            return
        query = sa.select(BasketLine, Sku).join(Sku, Sku.id == BasketLine.sku_id)
        found = query.where(BasketLine.basket_id == basket.id, is_open())
        for line, sku in session.execute(found.order_by(BasketLine.number)):
            quantity = quantities.get(line.id, line.quantity)
            try:
                check_quantity(sku, quantity)
            except InvalidError as error:
                raise InvalidError(error.message, field=field_of(line.id)) from error
            if line.quantity != quantity:
                line.quantity, line.touched_at = quantity, sa.func.now()


def field_of(line_id: UUID) -> str:
    """The name of the form field with the line's quantity."""
    return f"quantity_{line_id.hex}"


def remove_line(viewer: Viewer, line_id: UUID) -> UUID:
    """Take an open line out; returns the account that the basket is for."""
    return _set_removed(viewer, line_id, removed_at=sa.func.now())


def restore_line(viewer: Viewer, line_id: UUID) -> UUID:
    """Undo `remove_line`; a line that was bought stays bought."""
    return _set_removed(viewer, line_id, removed_at=None)


def _set_removed(
    viewer: Viewer, line_id: UUID, *, removed_at: sa.ColumnElement[Any] | None
) -> UUID:
    check_may_order(viewer)
    with transaction(viewer.scope) as session:
        basket = session.scalar(
            sa.select(Basket)
            .join(BasketLine, BasketLine.basket_id == Basket.id)
            .where(BasketLine.id == line_id, own_basket(viewer))
            .with_for_update(of=Basket)
        )
        if basket is None:
            raise NotFoundError
        is_removable = BasketLine.removed_at.is_(None) if removed_at is not None else sa.true()
        session.execute(
            sa.update(BasketLine)
            .where(BasketLine.id == line_id, BasketLine.order_id.is_(None), is_removable)
            .values(removed_at=removed_at, touched_at=sa.func.now())
        )
        recount(session, viewer.user_id)
        return basket.account_id


def add_wish(viewer: Viewer, account_id: UUID, wish: Wish, form_token: UUID) -> UUID:
    """As `add_reservation`, for a line of either kind; the plan is the account's."""
    check_may_order(viewer)
    pricing = pricing_for(account_id)
    with transaction(viewer.scope) as session:
        if _was_added(session, viewer, account_id, form_token):
            return account_id
        account = account_to_buy_for(session, viewer, account_id)
        basket = _basket_for(session, viewer, account)
        _check_has_room(session, basket)
        row = _row(session, viewer, pricing, wish)
        session.execute(
            insert(BasketLine)
            .values(
                **row,
                basket_id=basket.id,
                account_id=basket.account_id,
                tenant_id=basket.tenant_id,
                form_token=form_token,
            )
            .on_conflict_do_nothing(index_elements=["form_token"])
        )
        recount(session, viewer.user_id)
    return account_id


def _was_added(session: Session, viewer: Viewer, account_id: UUID, form_token: UUID) -> bool:
    added = sa.select(BasketLine.account_id).where(
        BasketLine.form_token == form_token, visible_to(viewer, BasketLine)
    )
    found = session.scalar(added)
    if found is not None and found != account_id:
        raise ConflictError("This form belongs to another account's basket. Please start again.")
    return found is not None


def _basket_for(session: Session, viewer: Viewer, account: Account) -> Basket:
    """The one basket, locked; made where there is none yet."""
    session.execute(
        insert(Basket)
        .values(user_id=viewer.user_id, account_id=account.id, tenant_id=account.tenant_id)
        .on_conflict_do_nothing(index_elements=["user_id", "account_id"])
    )
    basket = find_basket(session, viewer, account.id, is_locked=True)
    if basket is None:
        raise NotFoundError
    return basket


def _check_has_room(session: Session, basket: Basket) -> None:
    lines = sa.select(sa.func.count()).where(BasketLine.basket_id == basket.id, is_open())
    if session.scalars(lines).one() >= MOST_LINES:
        raise ConflictError("A basket holds %(most)s lines. Order these first.", most=MOST_LINES)


def _row(session: Session, viewer: Viewer, pricing: Pricing, wish: Wish) -> dict[str, object]:
    line = held_line(session, viewer, pricing, wish)
    seen = shown_line(viewer, line, hides_prices=pricing.hides_prices).price
    return {
        "sku_id": wish.sku_id,
        "subscription_id": wish.subscription_id,
        "quantity": wish.quantity,
        "seen_unit_price": seen and seen.unit_price,
        "seen_discount_percent": line.discount_percent,
    }
