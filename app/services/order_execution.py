"""Executing an order: each line becomes an asset with its purchase, and the whole is invoiced.

All of it in the caller's transaction."""

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.assets import (
    AssetKind,
    AssetStatus,
    BillingFrequency,
    ProvisioningSyncStatus,
    estimated_end,
)
from app.domain.errors import ConflictError
from app.domain.mail import MailKind
from app.domain.orders import OrderStatus
from app.domain.sentences import packed, said
from app.models import Asset, Order, OrderLine, Product, Reservation, Sku, SoftwareSubscription
from app.services.buying import check_plan, find_plan, reason_not_published
from app.services.invoices import invoice_order
from app.services.notices import tell
from app.services.order_lines import frozen_prices
from app.services.purchases import start_purchase
from app.services.today import today

_Line = tuple[OrderLine, Sku, Product]


def execute_order(session: Session, viewer: Viewer, order: Order) -> list[UUID]:
    """Make the assets and queue their purchases; the order's row is locked by the caller.

    What was withdrawn since the prices were held is left out, and its line says why. Raises
    ConflictError where nothing is left to buy.
    """
    lines = _buyable(session, viewer, _lines(session, order))
    order.status = OrderStatus.EXECUTED
    order.executed_at = sa.func.now()
    day = today(session)
    assets = [_asset(order, line, sku, day) for line, sku, _ in lines]
    session.add_all(assets)
    session.flush()
    for asset in assets:
        start_purchase(session, asset, actor=viewer.email)
    tell(session, MailKind.ORDER_CONFIRMATION, order, order.id)
    session.flush()
    invoice_order(session, order, actor=viewer.name)  # last: it keeps the series locked
    return [asset.id for asset in assets]


def check_still_buyable(session: Session, viewer: Viewer, order: Order) -> None:
    """Raises ConflictError where none of the order could be bought now."""
    _refusals(session, viewer, _lines(session, order))


def _buyable(session: Session, viewer: Viewer, lines: list[_Line]) -> list[_Line]:
    reasons = _refusals(session, viewer, lines)
    for line, _, _ in lines:
        reason = reasons.get(line.id, "")
        line.refused_reason, line.refused_sentence = reason, packed(reason)
    return [each for each in lines if each[0].id not in reasons]


def _refusals(session: Session, viewer: Viewer, lines: list[_Line]) -> dict[UUID, str]:
    """Why lines cannot be bought, by their id. Raises ConflictError where no line can."""
    reasons: dict[UUID, str] = {}
    for line, sku, product in lines:
        try:
            _check_line(session, viewer, line, sku, product)
        except ConflictError as error:
            reasons[line.id] = error.message
    if len(reasons) == len(lines):
        raise ConflictError(next(iter(reasons.values()), said("There is nothing to buy.")))
    return reasons


def _check_line(
    session: Session, viewer: Viewer, line: OrderLine, sku: Sku, product: Product
) -> None:
    """Prices are held; plans may be suspended and SKUs withdrawn all the same."""
    if sku.cost is None:
        raise ConflictError("Microsoft no longer sells %(title)s.", title=line.title)
    if line.subscription_id is not None:
        check_plan(find_plan(session, viewer, line.subscription_id), product)
    elif not product.is_published:
        raise ConflictError(reason_not_published(product.name))


def _lines(session: Session, order: Order) -> list[_Line]:
    query = (
        sa.select(OrderLine, Sku, Product)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.position)
    )
    return [(line, sku, product) for line, sku, product in session.execute(query)]


def _asset(order: Order, line: OrderLine, sku: Sku, day: dt.date) -> Asset:
    frozen = {**_purchased(order, line, sku, day), **frozen_prices(line)}
    if line.kind is AssetKind.RESERVATION:
        return Reservation(
            **frozen,
            subscription_id=line.subscription_id,
            reservation_type=sku.reservation_type,
            region=sku.region,
            arm_region=sku.arm_region,
        )
    return SoftwareSubscription(**frozen, software_subscription_sku=sku.title, segment=sku.segment)


def _purchased(order: Order, line: OrderLine, sku: Sku, day: dt.date) -> dict[str, Any]:
    expires_on = estimated_end(day, sku.term_duration)
    return {
        "account_id": order.account_id,
        "tenant_id": order.tenant_id,
        "order_id": order.id,
        "order_line_id": line.id,
        "product_id": line.product_id,
        "name": line.title,
        "status": AssetStatus.ACTIVE,
        "provisioning_sync_status": ProvisioningSyncStatus.IN_PROGRESS,
        "expires_on": expires_on,
        "expiry_is_estimated": expires_on is not None,
        "billing_frequency": BillingFrequency.ONE_TIME,
        "term_duration": sku.term_duration,
        "quantity": line.quantity,
        "microsoft_product_id": sku.microsoft_product_id,
        "microsoft_sku_id": sku.microsoft_sku_id,
        "product_title": line.title,
        "product_details": line.details,
    }
