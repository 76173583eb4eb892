"""The demo's assets: an executed order, the asset with its frozen prices, its purchase."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assets import AssetKind, AssetStatus, estimated_end
from app.domain.catalogue import COMMERCIAL
from app.domain.errors import ConflictError
from app.domain.orders import OrderStatus
from app.domain.purchase import PurchaseState, sync_status_of
from app.models import (
    Account,
    Asset,
    Order,
    OrderLine,
    Purchase,
    PurchaseEvent,
    Reservation,
    Sku,
    SoftwareSubscription,
    Subscription,
    User,
)
from app.services.demo_data_invoices import invoice_bought
from app.services.demo_data_microsoft import Bought
from app.services.demo_data_world import DISCOUNTS, WITHOUT_SOFTWARE_ID, FailedPurchase
from app.services.order_lines import frozen_prices
from app.services.prices import Pricing
from app.services.purchase_params import new_own_ref, params_of

_ACTOR = "demo data"
_QUOTE = dt.timedelta(hours=24)
_STEPS = (
    ("queued", PurchaseState.QUEUED),
    ("ordered", PurchaseState.ORDERED),
    ("synchronized", PurchaseState.SYNCHRONIZED),
)


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """An account that buys; its first Azure plan is active at Microsoft too."""

    account: Account
    plans: tuple[Subscription, ...]
    pricing: Pricing
    user: User


def add_bought(session: Session, buyer: Buyer, bought: Bought, day: dt.date) -> None:
    """Adopt an order that Microsoft has, as it is on that day."""
    sku = _sku(session, microsoft_product_id=bought.product_id, microsoft_sku_id=bought.sku_id)
    discount = DISCOUNTS.get(bought.reference, Decimal(0))
    line = _order(session, buyer, sku, bought.quantity, bought.ordered_at, discount)
    asset = _asset(line, sku, bought.ordered_at, PurchaseState.SYNCHRONIZED)
    asset.provisioned_at = asset.microsoft_ordered_at = bought.ordered_at
    asset.expires_on = bought.details.expires_on
    asset.microsoft_order_id, asset.microsoft_order_alias = bought.order_id, bought.alias
    _take_ids(asset, bought)
    session.add(asset)
    session.flush()
    purchase = _purchase(buyer, asset, line, bought.reference)
    purchase.state = PurchaseState.SYNCHRONIZED
    purchase.order_id = bought.order_id
    purchase.finished_at = bought.ordered_at
    session.add(purchase)
    session.flush()
    for event, state in _STEPS:
        session.add(_event(purchase, event, state))
    invoice_bought(session, asset, bought.ordered_at.date(), status=bought.status(day), today=day)


def add_refused(session: Session, buyer: Buyer, failed: FailedPurchase, at: dt.datetime) -> None:
    """A reservation bought from the plan that Microsoft suspended, and refused before any cart."""
    sku = _sku(session, title=failed.title)
    line = _order(session, buyer, sku, failed.quantity, at, Decimal(0))
    line.subscription_id = buyer.plans[-1].id
    asset = _asset(line, sku, at, PurchaseState.FAILED)
    asset.expires_on = estimated_end(at.date(), sku.term_duration)
    asset.expiry_is_estimated = True
    session.add(asset)
    session.flush()
    purchase = _purchase(buyer, asset, line, new_own_ref(asset.number))
    purchase.state = PurchaseState.FAILED
    purchase.error_code, purchase.error_message = failed.error_code, failed.error_message
    session.add(purchase)
    session.flush()
    session.add(_event(purchase, "queued", PurchaseState.QUEUED))
    refusal = _event(purchase, "failed", PurchaseState.FAILED)
    refusal.error_code, refusal.message = failed.error_code, failed.error_message
    session.add(refusal)
    session.flush()
    invoice_bought(session, asset, at.date(), status=AssetStatus.ACTIVE, today=at.date())


def _sku(session: Session, **known_by: str) -> Sku:
    sku = session.scalar(sa.select(Sku).filter_by(segment=COMMERCIAL, **known_by))
    if sku is None:
        raise ConflictError(f"The catalogue lacks {' '.join(known_by.values())}.")
    return sku


def _order(
    session: Session, buyer: Buyer, sku: Sku, quantity: int, at: dt.datetime, discount: Decimal
) -> OrderLine:
    """An executed order of one line, at today's prices."""
    account = buyer.account
    order = Order(
        id=uuid4(),
        account_id=account.id,
        tenant_id=account.reseller_id or account.id,
        form_token=uuid4(),
        status=OrderStatus.EXECUTED,
        currency=account.currency,
        placed_by_id=buyer.user.id,
        placed_by_name=buyer.user.name,
        quoted_at=at,
        quote_ends_at=at + _QUOTE,
        placed_at=at,
        executed_at=at,
    )
    session.add(order)
    session.flush()
    line = _line(order, buyer, sku, quantity, discount)
    session.add(line)
    session.flush()
    return line


def _line(order: Order, buyer: Buyer, sku: Sku, quantity: int, discount: Decimal) -> OrderLine:
    priced = buyer.pricing.price(sku, quantity)
    return OrderLine(
        id=uuid4(),
        account_id=order.account_id,
        tenant_id=order.tenant_id,
        order_id=order.id,
        position=1,
        kind=sku.kind,
        product_id=sku.product_id,
        sku_id=sku.id,
        subscription_id=buyer.plans[0].id if sku.kind is AssetKind.RESERVATION else None,
        title=sku.title,
        details=sku.description,
        quantity=quantity,
        currency=order.currency,
        cost_currency=priced.cost_currency,
        unit_cost=priced.cost,
        buying_unit_price=priced.buying.unit_price,
        selling_unit_price=priced.selling.unit_price if priced.selling else None,
        discount_percent=discount,
        vat_rate=priced.buying.vat_rate,
    )


def _asset(line: OrderLine, sku: Sku, at: dt.datetime, state: PurchaseState) -> Asset:
    frozen = {**_purchased(line, sku), **frozen_prices(line)}
    frozen |= {"provisioning_sync_status": sync_status_of(state), "purchased_at": at}
    if sku.kind is AssetKind.RESERVATION:
        return Reservation(
            **frozen,
            subscription_id=line.subscription_id,
            reservation_type=sku.reservation_type,
            region=sku.region,
            arm_region=sku.arm_region,
            scope="Shared",
        )
    return SoftwareSubscription(**frozen, software_subscription_sku=sku.title, segment=sku.segment)


def _purchased(line: OrderLine, sku: Sku) -> dict[str, Any]:
    return {
        "account_id": line.account_id,
        "tenant_id": line.tenant_id,
        "order_id": line.order_id,
        "order_line_id": line.id,
        "product_id": line.product_id,
        "name": line.title,
        "status": AssetStatus.ACTIVE,
        "term_duration": sku.term_duration,
        "quantity": line.quantity,
        "microsoft_product_id": sku.microsoft_product_id,
        "microsoft_sku_id": sku.microsoft_sku_id,
        "product_title": line.title,
        "product_details": line.details,
    }


def _take_ids(asset: Asset, bought: Bought) -> None:
    details = bought.details
    ids = [details.reservation_id, details.reservation_order_id]
    if isinstance(asset, Reservation):
        asset.reservation_id, asset.reservation_order_id = ids
        asset.reservation_status = details.reservation_status
    if isinstance(asset, SoftwareSubscription) and bought.reference != WITHOUT_SOFTWARE_ID:
        asset.software_id = details.software_id
        asset.microsoft_status = details.microsoft_status
        ids.append(details.software_id)
    asset.microsoft_ids = " ".join(filter(None, ids))


def _purchase(buyer: Buyer, asset: Asset, line: OrderLine, own_ref: str) -> Purchase:
    plan = next((plan for plan in buyer.plans if plan.id == line.subscription_id), None)
    return Purchase(
        id=uuid4(),
        asset_id=asset.id,
        account_id=asset.account_id,
        tenant_id=asset.tenant_id,
        own_ref=own_ref,
        params=params_of(asset, buyer.account, plan),
        correlation_id=uuid4(),
        created_at=asset.purchased_at,
        created_by=_ACTOR,
    )


def _event(purchase: Purchase, event: str, state: PurchaseState) -> PurchaseEvent:
    return PurchaseEvent(
        purchase_id=purchase.id,
        account_id=purchase.account_id,
        tenant_id=purchase.tenant_id,
        at=purchase.created_at,
        event=event,
        state=state,
        actor=_ACTOR,
        ms_correlation_id=str(purchase.correlation_id),
    )
