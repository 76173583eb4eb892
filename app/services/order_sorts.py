"""By what a list of orders is sorted."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from app.domain.access import Viewer
from app.domain.money import MINOR_UNITS
from app.models import Account, Order, OrderLine
from app.services.asset_prices import sees_selling_price
from app.services.pages import Keys


class OrderSort(StrEnum):
    """The values of `sort=`. The total is the net one, whatever its currency, as with assets."""

    NUMBER = "number"
    ACCOUNT = "account"
    TITLE = "title"
    STATUS = "status"
    PLACED = "placed"
    TOTAL = "total"


def order_keys(viewer: Viewer, sort: OrderSort, *, descending: bool) -> Keys:
    """For a query of orders that is joined with their accounts."""
    columns: dict[OrderSort, Sequence[sa.ColumnElement[Any]]] = {
        OrderSort.NUMBER: (),
        OrderSort.ACCOUNT: (Account.name.expression,),
        OrderSort.TITLE: (_title(),),
        OrderSort.STATUS: (Order.status.expression,),
        OrderSort.PLACED: (sa.func.coalesce(Order.placed_at, Order.quoted_at),),
        OrderSort.TOTAL: (_total(viewer),),
    }
    return Keys(columns=(*columns[sort], Order.number.expression), descending=descending)


def _title() -> sa.ColumnElement[str]:
    """Of the first line, which stands for the order in the list."""
    first = (
        sa.select(OrderLine.title)
        .where(OrderLine.order_id == Order.id)
        .order_by(OrderLine.position, OrderLine.id)
        .limit(1)
    )
    return sa.func.coalesce(first.scalar_subquery(), "")


def _total(viewer: Viewer) -> sa.ColumnElement[Any]:
    """What the viewer is shown, worked out as price_line() does; hidden ones are all alike."""
    unit_price = OrderLine.buying_unit_price.expression
    if sees_selling_price(viewer):
        unit_price = sa.func.coalesce(OrderLine.selling_unit_price, unit_price)
    places = sa.case(MINOR_UNITS, value=OrderLine.currency, else_=2)
    full = unit_price * OrderLine.quantity
    discount = full * OrderLine.discount_percent / 100
    net = sa.func.round(full, places) - sa.func.round(discount, places)
    lines = sa.select(sa.func.sum(net, type_=sa.Numeric())).where(
        OrderLine.order_id == Order.id, OrderLine.refused_reason == ""
    )
    total = sa.func.coalesce(lines.scalar_subquery(), 0, type_=sa.Numeric())
    if not sees_selling_price(viewer):
        return total
    return sa.case((Account.hides_prices, sa.literal(0, sa.Numeric())), else_=total)
