"""Buying again what was bought before: the same SKU, quantity and customer at today's price."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import AssetKind
from app.domain.errors import ConflictError, DomainError, InvalidError, NotFoundError
from app.domain.orders import OrderStatus
from app.models import Asset, Order, OrderLine, Reservation, Sku, SoftwareSubscription
from app.services.baskets import add_wish
from app.services.buying import check_may_order
from app.services.held_lines import Wish
from app.services.quotes import quote_wish
from app.services.visibility import visible_to


@dataclass(frozen=True, kw_only=True)
class BoughtBefore:
    """What is to be bought again, and for which account."""

    account_id: UUID
    wishes: Sequence[Wish]


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """Where the buyer goes on: `order_id` to review, or the basket where there are several lines.

    `left_out` says why some of them are not in it.
    """

    account_id: UUID
    order_id: UUID | None
    left_out: list[str]


def get_order_before(viewer: Viewer, order_id: UUID) -> BoughtBefore:
    """Raises NotFoundError for an order out of sight, or that nobody placed."""
    check_may_order(viewer)
    session = reading(viewer.scope)
    order = session.scalar(
        sa.select(Order).where(
            Order.id == order_id, visible_to(viewer, Order), Order.status != OrderStatus.QUOTED
        )
    )
    if order is None:
        raise NotFoundError
    lines = sa.select(OrderLine).where(OrderLine.order_id == order.id)
    wishes = [
        Wish(
            kind=line.kind,
            sku_id=line.sku_id,
            quantity=line.quantity,
            subscription_id=line.subscription_id,
        )
        for line in session.scalars(lines.order_by(OrderLine.position))
    ]
    return BoughtBefore(account_id=order.account_id, wishes=wishes)


def get_asset_before(viewer: Viewer, asset_id: UUID) -> BoughtBefore:
    """Raises NotFoundError for an asset out of sight. No wish where Microsoft's SKU is not ours."""
    check_may_order(viewer)
    row = reading(viewer.scope).execute(_asset_query(viewer, asset_id)).first()
    if row is None:
        raise NotFoundError
    wish = Wish(
        kind=row.kind,
        sku_id=row.sku_id,
        quantity=row.quantity,
        subscription_id=row.subscription_id,
    )
    return BoughtBefore(account_id=row.account_id, wishes=[wish] if row.sku_id else [])


def buy_again(viewer: Viewer, before: BoughtBefore, form_token: UUID) -> NextStep:
    """Hold today's price of one line, or put several into the basket; the same form does it once.

    Raises ConflictError with the reason where none of it is sold any more.
    """
    if len(before.wishes) == 1:
        order_id = quote_wish(viewer, before.account_id, before.wishes[0], form_token)
        return NextStep(account_id=before.account_id, order_id=order_id, left_out=[])
    left_out: list[str] = []
    for position, wish in enumerate(before.wishes):
        try:
            add_wish(viewer, before.account_id, wish, uuid5(form_token, str(position)))
        except (ConflictError, InvalidError) as error:
            left_out.append(error.message)
    if len(left_out) == len(before.wishes):
        raise _nothing(left_out)
    return NextStep(account_id=before.account_id, order_id=None, left_out=left_out)


def _nothing(reasons: list[str]) -> DomainError:
    return ConflictError(reasons[0] if reasons else "Microsoft does not sell this at the moment.")


def _asset_query(viewer: Viewer, asset_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    """With the SKU of its order; an asset that none of our orders made has Microsoft's ids."""
    reservation, software = Reservation.__table__.c, SoftwareSubscription.__table__.c
    same_sku = sa.and_(
        Sku.kind == Asset.kind,
        Sku.microsoft_product_id == Asset.microsoft_product_id,
        Sku.microsoft_sku_id == Asset.microsoft_sku_id,
        sa.or_(Asset.kind == AssetKind.RESERVATION, Sku.segment == software.segment),
    )
    return (
        sa.select(
            Asset.account_id,
            Asset.kind,
            Asset.quantity,
            sa.func.coalesce(OrderLine.sku_id, Sku.id).label("sku_id"),
            reservation.subscription_id,
        )
        .outerjoin(OrderLine, OrderLine.id == Asset.order_line_id)
        .outerjoin(Reservation.__table__, reservation.id == Asset.id)
        .outerjoin(SoftwareSubscription.__table__, software.id == Asset.id)
        .outerjoin(Sku, same_sku)
        .where(Asset.id == asset_id, visible_to(viewer, Asset))
        .order_by(Sku.cost.nulls_last(), Sku.id)
        .limit(1)
    )
