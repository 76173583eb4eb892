"""What stands in baskets, for those who order it: inside the caller's transaction.

Locks are taken on the basket first, then on the order that it becomes.
"""

from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import seeing_all
from app.domain.access import Viewer
from app.models import Basket, BasketLine, Order, OrderLine, Sku, User
from app.services.held_lines import Wish
from app.services.visibility import visible_to


def is_open() -> sa.ColumnElement[bool]:
    """Neither removed nor bought."""
    return sa.and_(BasketLine.removed_at.is_(None), BasketLine.order_id.is_(None))


def own_basket(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Nobody looks into the basket of another, not even in the same account."""
    return sa.and_(Basket.user_id == viewer.user_id, visible_to(viewer, Basket))


def find_basket(
    session: Session, viewer: Viewer, account_id: UUID, *, is_locked: bool = False
) -> Basket | None:
    query = sa.select(Basket).where(own_basket(viewer), Basket.account_id == account_id)
    return session.scalar(query.with_for_update() if is_locked else query)


def open_wishes(session: Session, basket: Basket) -> list[Wish]:
    query = (
        sa.select(BasketLine, Sku.kind)
        .join(Sku, Sku.id == BasketLine.sku_id)
        .where(BasketLine.basket_id == basket.id, is_open())
        .order_by(BasketLine.number)
    )
    return [
        Wish(
            kind=kind,
            sku_id=line.sku_id,
            quantity=line.quantity,
            subscription_id=line.subscription_id,
            basket_line_id=line.id,
        )
        for line, kind in session.execute(query)
    ]


def lock_basket_of(session: Session, order_id: UUID) -> None:
    """Lock the basket that the order comes from, if it comes from one."""
    basket_id = sa.select(Order.basket_id).where(Order.id == order_id).scalar_subquery()
    session.execute(sa.select(Basket.id).where(Basket.id == basket_id).with_for_update())


def leave_basket(session: Session, order: Order) -> None:
    """Take what the placed order buys out of its basket; what was refused stays there.

    The basket's next review is another order: its token changes.
    """
    if order.basket_id is None:
        return
    session.flush()
    taken = sa.select(OrderLine.basket_line_id).where(
        OrderLine.order_id == order.id, OrderLine.refused_reason == ""
    )
    with seeing_all(session):
        session.execute(
            sa.update(BasketLine).where(BasketLine.id.in_(taken)).values(order_id=order.id)
        )
        basket = session.get_one(Basket, order.basket_id)
        if basket.form_token == order.form_token:
            basket.form_token = uuid4()
        recount(session, basket.user_id)


def recount(session: Session, user_id: UUID) -> None:
    """Keep how many open lines the person has: every page shows it."""
    session.flush()
    lines = (
        sa.select(sa.func.count())
        .select_from(BasketLine)
        .join(Basket, Basket.id == BasketLine.basket_id)
        .where(Basket.user_id == user_id, is_open())
        .scalar_subquery()
    )
    session.execute(sa.update(User).where(User.id == user_id).values(basket_lines=lines))
