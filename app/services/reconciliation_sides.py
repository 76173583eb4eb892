"""The two sides of a reconciliation: our purchases of a customer, and what Microsoft lists."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import AssetKind, AssetStatus, asset_number
from app.domain.purchase_waits import QUIET
from app.domain.reconciliation import Ours, Theirs
from app.integrations.microsoft import Entitlement, MicrosoftOrder, MicrosoftSubscription
from app.models import Account, Asset, Purchase
from app.services.customer_side import CustomerSide

_ENDED = frozenset({"deleted", "expired"})
_COLUMNS = (
    Purchase.id,
    Purchase.asset_id,
    Purchase.account_id,
    Purchase.own_ref,
    Purchase.order_id,
    Purchase.state,
    Purchase.params,
    Purchase.created_at,
    Asset.number,
    Asset.name,
    Asset.status,
    Asset.quantity,
    Asset.microsoft_ordered_at,
    sa.func.now().label("now"),
)


def read_theirs(side: CustomerSide) -> list[Theirs]:
    """Every line of every order, and what is owned without an order that is listed.

    May raise MicrosoftError. A new order may be missing for 15 minutes.
    """
    found = [_of_line(order, number, side) for order in side.all_orders for number in _lines(order)]
    listed = {order.id.casefold() for order in side.all_orders}
    found += _of_entitlements(side, listed)
    listed |= {each.order_id.casefold() for each in found}
    return [*found, *_of_subscriptions(side, listed)]


def _lines(order: MicrosoftOrder) -> range:
    return range(len(order.lines))


def _of_line(order: MicrosoftOrder, number: int, side: CustomerSide) -> Theirs:
    line = order.lines[number]
    product_id, sku_id, *_ = [*line.catalog_item_id.split(":"), "", ""]
    return Theirs(
        customer_id=order.customer_id or side.customer_id,
        order_id=order.id,
        alternate_id=order.alternate_id,
        status=order.status,
        ordered_at=order.created_at,
        reference=line.friendly_name,
        product_id=product_id,
        sku_id=sku_id,
        quantity=line.quantity,
        term_duration=line.term_duration,
        unit_price=line.unit_price,
        currency=order.currency,
        is_cancelled=order.status == "cancelled" or line.quantity == 0,
    )


def _of_entitlements(side: CustomerSide, listed: set[str]) -> list[Theirs]:
    owned = [each for kind in AssetKind for each in side.entitlements(kind).values()]
    return [_of_entitlement(each, side) for each in owned if each.order_id.casefold() not in listed]


def _of_entitlement(owned: Entitlement, side: CustomerSide) -> Theirs:
    return _remainder(
        side,
        order_id=owned.order_id,
        alternate_id=owned.alternate_id,
        item=f"{owned.product_id}:{owned.sku_id}",
        quantity=owned.quantity,
        is_cancelled=owned.quantity == 0,
    )


def _of_subscriptions(side: CustomerSide, listed: set[str]) -> Iterator[Theirs]:
    """Azure plans come from no order of ours and are left out: they name none."""
    for order_id, found in side.subscriptions.items():
        if order_id not in listed:
            yield _of_subscription(found, side)


def _of_subscription(found: MicrosoftSubscription, side: CustomerSide) -> Theirs:
    return _remainder(
        side,
        order_id=found.order_id or found.id,
        alternate_id="",
        item=found.offer_id,
        quantity=found.quantity,
        is_cancelled=found.status in _ENDED,
        reference=found.friendly_name,
    )


def _remainder(
    side: CustomerSide, *, item: str, is_cancelled: bool, reference: str = "", **found: Any
) -> Theirs:
    product_id, sku_id, *_ = [*item.split(":"), "", ""]
    return Theirs(
        customer_id=side.customer_id,
        status="cancelled" if is_cancelled else "completed",
        ordered_at=None,
        reference=reference,
        product_id=product_id,
        sku_id=sku_id,
        term_duration=None,
        unit_price=None,
        currency="",
        is_cancelled=is_cancelled,
        is_whole=False,
        **found,
    )


def read_ours(customer_id: str, theirs: Iterable[Theirs]) -> list[Ours]:
    """The customer's purchases, and others' whose reference or order stands on Microsoft's side."""
    lines = list(theirs)
    query = (
        sa.select(*_COLUMNS)
        .join(Asset, Asset.id == Purchase.asset_id)
        .join(Account, Account.id == Purchase.account_id)
        .where(
            sa.or_(
                Purchase.params["customer_id"].astext == customer_id,
                Account.microsoft_tenant_id == customer_id,
                Purchase.own_ref.in_([each.reference for each in lines]),
                Purchase.order_id.in_([each.order_id for each in lines]),
            )
        )
        .order_by(Purchase.created_at, Purchase.id)
    )
    session = reading(SYSTEM_SCOPE)
    rows: Sequence[Any] = session.execute(query).all()
    session.rollback()
    return [_of_row(row) for row in rows]


def _of_row(row: Any) -> Ours:
    params: dict[str, Any] = row.params
    since: dt.datetime = row.microsoft_ordered_at or row.created_at
    return Ours(
        purchase_id=row.id,
        asset_id=row.asset_id,
        account_id=row.account_id,
        name=f"{asset_number(row.number)} {row.name}",
        customer_id=params["customer_id"],
        own_ref=row.own_ref,
        order_id=row.order_id,
        state=row.state,
        is_active=row.status is AssetStatus.ACTIVE,
        is_settled=row.now - since >= QUIET and row.now - row.created_at >= QUIET,
        product_id=params["product_id"],
        sku_id=params["sku_id"],
        quantity=row.quantity,
        term_duration=params["term_duration"],
        cost=Decimal(params["cost"]),
        cost_currency=params["cost_currency"],
    )
