"""Taking over what Microsoft sold and our tables do not know, or do not know any more."""

import dataclasses
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.domain.assets import AssetKind, AssetOrigin, AssetStatus, estimated_end
from app.domain.errors import ConflictError
from app.domain.pricing import PricedLine, price_line
from app.domain.purchase import PurchaseState, sync_status_of
from app.domain.purchase_commands import Details
from app.domain.reconciliation import Ours, Theirs
from app.models import (
    Account,
    Asset,
    Purchase,
    Reservation,
    Sku,
    SoftwareSubscription,
    Subscription,
)
from app.queueing import wake_after_commit
from app.services.asset_events import add_asset_event
from app.services.microsoft_side import take_microsoft_side
from app.services.prices import Pricing
from app.services.purchase_params import new_own_ref, params_of
from app.services.purchase_rows import Change, add_event, move

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """What people, or the price lists, decide about an order that is taken over."""

    account: Account
    sku: Sku
    plan: Subscription | None  # for a reservation
    buying_unit_price: Decimal
    selling_unit_price: Decimal | None
    discount_percent: Decimal
    vat_rate: Decimal
    conversion_rate: Decimal  # from the cost's currency to the account's
    origin: AssetOrigin
    actor: str


def priced_by_list(
    pricing: Pricing, account: Account, sku: Sku, plan: Subscription | None, *, actor: str
) -> Adoption:
    """As it would be sold today. Raises ConflictError where it is not for sale."""
    priced = pricing.price(sku)
    return Adoption(
        account=account,
        sku=sku,
        plan=plan,
        buying_unit_price=priced.buying.unit_price,
        selling_unit_price=priced.selling.unit_price if priced.selling else None,
        discount_percent=priced.buying.discount_percent,
        vat_rate=priced.buying.vat_rate,
        conversion_rate=priced.conversion_rate,
        origin=AssetOrigin.FOUND_AT_MICROSOFT,
        actor=actor,
    )


def make_asset(session: Session, their: Theirs, terms: Adoption, details: Details | None) -> Asset:
    """The asset with its ids and a purchase that has its order: it is only read from now on.

    Raises ConflictError where the order is known already. `details` of None are read by a worker.
    """
    _check_is_unknown(session, their)
    asset = _asset(their, terms)
    session.add(asset)
    session.flush()
    purchase = _purchase(session, asset, their, terms)
    detail = {"order_id": their.order_id, "reference": their.reference}
    add_asset_event(session, asset, terms.origin.value, actor=terms.actor, detail=detail)
    if details is not None and details.is_fulfilled and their.status == "completed":
        take_microsoft_side(session, asset, details, actor=terms.actor)
        asset.provisioned_at = sa.func.now()
        move(purchase, asset, PurchaseState.SYNCHRONIZED)
        purchase.finished_at = sa.func.now()
    else:
        purchase.next_run_at = sa.func.now()
        wake_after_commit(purchase.id)
    log.info("asset.adopted", asset_id=str(asset.id), order_id=their.order_id)
    return asset


def _check_is_unknown(session: Session, their: Theirs) -> None:
    known = sa.or_(
        Purchase.order_id == their.order_id,
        sa.and_(Purchase.own_ref == their.reference, Purchase.state != PurchaseState.ABANDONED),
    )
    if session.scalar(sa.select(Purchase.id).where(known).limit(1)):
        raise ConflictError("This order belongs to an asset already.")


def _asset(their: Theirs, terms: Adoption) -> Asset:
    sku = terms.sku
    ordered_at = their.ordered_at or dt.datetime.now(dt.UTC)
    expires_on = estimated_end(ordered_at.astimezone(dt.UTC).date(), sku.term_duration)
    values: dict[str, Any] = {
        "account_id": terms.account.id,
        "tenant_id": terms.account.tenant_id,
        "product_id": sku.product_id,
        "name": sku.title,
        "status": AssetStatus.ACTIVE,
        "provisioning_sync_status": sync_status_of(PurchaseState.ORDERED),
        "purchased_at": ordered_at,
        "expires_on": expires_on,
        "expiry_is_estimated": expires_on is not None,
        "term_duration": sku.term_duration,
        "quantity": their.quantity,
        "microsoft_product_id": sku.microsoft_product_id,
        "microsoft_sku_id": sku.microsoft_sku_id,
        "product_title": sku.title,
        "product_details": sku.description,
        "microsoft_order_id": their.order_id,
        "microsoft_order_alias": their.alternate_id,
        "microsoft_ordered_at": their.ordered_at,
        "origin": terms.origin,
        **_money(their, terms),
    }
    if sku.kind is AssetKind.SOFTWARE_SUBSCRIPTION:
        return SoftwareSubscription(
            **values, software_subscription_sku=sku.title, segment=sku.segment
        )
    if terms.plan is None:
        raise ConflictError("A reservation needs the Azure plan that it belongs to.")
    return Reservation(
        **values,
        subscription_id=terms.plan.id,
        reservation_type=sku.reservation_type,
        region=sku.region,
        arm_region=sku.arm_region,
    )


def _money(their: Theirs, terms: Adoption) -> dict[str, Any]:
    def line(unit_price: Decimal) -> PricedLine:
        return price_line(
            unit_price,
            their.quantity,
            discount_percent=terms.discount_percent,
            vat_rate=terms.vat_rate,
            currency=terms.account.currency,
        )

    bought = line(terms.buying_unit_price)
    sold = None if terms.selling_unit_price is None else line(terms.selling_unit_price)
    cost = their.unit_price if their.unit_price is not None else terms.sku.cost
    return {
        "currency": terms.account.currency,
        "cost_currency": their.currency or terms.sku.currency,
        "unit_cost": cost or Decimal(0),
        "conversion_rate": terms.conversion_rate,
        "discount_percent": terms.discount_percent,
        "vat_rate": terms.vat_rate,
        "buying_unit_price": bought.unit_price,
        "buying_net": bought.total.net,
        "buying_vat": bought.total.vat,
        "selling_unit_price": sold.unit_price if sold else None,
        "selling_net": sold.total.net if sold else None,
        "selling_vat": sold.total.vat if sold else None,
    }


def _purchase(session: Session, asset: Asset, their: Theirs, terms: Adoption) -> Purchase:
    """In `ordered`, from where the graph leads to nothing that buys."""
    is_ours = their.is_ours_by_name and not session.scalar(
        sa.select(Purchase.id).where(Purchase.own_ref == their.reference)
    )
    purchase = Purchase(
        asset_id=asset.id,
        account_id=asset.account_id,
        tenant_id=asset.tenant_id,
        own_ref=their.reference if is_ours else new_own_ref(asset.number),
        params=params_of(asset, terms.account, terms.plan),
        state=PurchaseState.ORDERED,
        order_id=their.order_id,
        created_by=terms.actor,
    )
    session.add(purchase)
    session.flush()
    detail = {"order_id": their.order_id, "alias": their.alternate_id, "status": their.status}
    add_event(session, purchase, Change(event="adopted", detail=detail), actor=terms.actor)
    return purchase


def take_progress(session: Session, our: Ours, their: Theirs, *, actor: str) -> bool:
    """A row that does not know its order learns it. False: a worker is at it, or it knows by now.

    The fence moves on: a worker that read the older state writes nothing more.
    """
    asset = session.scalar(sa.select(Asset).where(Asset.id == our.asset_id).with_for_update())
    purchase = session.scalar(
        sa.select(Purchase)
        .where(
            Purchase.id == our.purchase_id,
            Purchase.order_id.is_(None),
            Purchase.state != PurchaseState.ABANDONED,
            sa.or_(Purchase.lease_until.is_(None), Purchase.lease_until < sa.func.now()),
        )
        .with_for_update()
    )
    if asset is None or purchase is None:
        return False
    purchase.fence += 1
    purchase.lease_until = None
    if purchase.state in {PurchaseState.QUEUED, PurchaseState.CART_READY}:
        # the graph leads from there to the order through a refusal only
        move(purchase, asset, PurchaseState.FAILED)
        session.flush()
    purchase.order_id = their.order_id
    purchase.checkout_is_open = False
    purchase.error_code = purchase.error_message = None
    move(purchase, asset, PurchaseState.ORDERED)
    asset.microsoft_order_id = their.order_id
    asset.microsoft_order_alias = their.alternate_id
    asset.microsoft_ordered_at = their.ordered_at
    purchase.next_run_at = sa.func.now()
    detail = {"order_id": their.order_id, "found_by": "reconciliation"}
    add_event(session, purchase, Change(event="ordered", detail=detail), actor=actor)
    wake_after_commit(purchase.id)
    return True


def facts_of(their: Theirs) -> dict[str, Any]:
    """As JSON, for the case that people adopt from later."""
    facts = dataclasses.asdict(their)
    facts["ordered_at"] = their.ordered_at.isoformat() if their.ordered_at else None
    facts["unit_price"] = None if their.unit_price is None else str(their.unit_price)
    return facts


def theirs_from(facts: dict[str, Any]) -> Theirs:
    at, price = facts["ordered_at"], facts["unit_price"]
    return Theirs(
        **{
            **facts,
            "ordered_at": dt.datetime.fromisoformat(at) if at else None,
            "unit_price": None if price is None else Decimal(price),
        }
    )


def find_sku(session: Session, their: Theirs) -> Sku | None:
    """What was bought, in our catalogue; a discontinued one is still known."""
    return session.scalar(
        sa.select(Sku)
        .where(Sku.microsoft_product_id == their.product_id, Sku.microsoft_sku_id == their.sku_id)
        .order_by(Sku.segment)
        .limit(1)
    )


def list_plans(session: Session, account_id: UUID) -> list[Subscription]:
    query = sa.select(Subscription).where(Subscription.account_id == account_id)
    return list(session.scalars(query.order_by(Subscription.number)))
