"""What stands in baskets, for those who order it: inside the caller's transaction.

Locks are taken on the basket first, then on the order that it becomes.
"""

import datetime as dt
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import seeing_all, transaction
from app.domain.access import SYSTEM_SCOPE, Viewer
from app.models import Basket, BasketLine, Order, OrderLine, Sku, User
from app.services.held_lines import Wish
from app.services.visibility import visible_to

OLD_DAYS = 90


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


def forget_old_lines() -> int:
    """Delete what nobody bought, changed or took out for 90 days; how many lines left baskets.

    What an order, or a quote, was made from stays stored, out of the basket.
    """
    is_old = BasketLine.touched_at < sa.func.now() - dt.timedelta(days=OLD_DAYS)
    with transaction(SYSTEM_SCOPE) as session:
        old = sa.select(BasketLine.id, Basket.user_id, is_open().label("is_open"))
        found = session.execute(
            old.join(Basket, Basket.id == BasketLine.basket_id)
            .where(is_old, BasketLine.order_id.is_(None), sa.or_(is_open(), sa.not_(_is_ordered())))
            .with_for_update(of=Basket)
        ).all()
        ids = [row.id for row in found]
        session.execute(
            sa.update(BasketLine)
            .where(BasketLine.id.in_(ids), is_open())
            .values(removed_at=sa.func.now())
        )
        session.execute(sa.delete(BasketLine).where(BasketLine.id.in_(ids), sa.not_(_is_ordered())))
        for user_id in {row.user_id for row in found}:
            recount(session, user_id)
    return sum(row.is_open for row in found)


def _is_ordered() -> sa.ColumnElement[bool]:
    return sa.exists().where(OrderLine.basket_line_id == BasketLine.id)
