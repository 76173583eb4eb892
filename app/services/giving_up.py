"""A purchase that Microsoft refused for good and that people give up: proved, cancelled, told."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetStatus, asset_number
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.purchase import PurchaseState
from app.domain.purchase_commands import Wanted
from app.domain.purchase_waits import QUIET
from app.domain.sentences import said
from app.integrations.microsoft import MicrosoftError
from app.models import Asset, Purchase
from app.services.asset_events import add_asset_event
from app.services.audit import audit
from app.services.audit_subjects import of_asset
from app.services.credit_notes import credit_note_for
from app.services.ports import PartnerCenter
from app.services.purchase_params import wanted_from
from app.services.purchase_rows import Change, add_event, move
from app.services.purchase_traces import find_traces, list_all_orders
from app.services.visibility import visible_to

log = structlog.get_logger()

_LONGEST_REASON = 500


@dataclass(frozen=True, kw_only=True)
class GivingUp:
    """What the page asks about. `rests_until`: an earlier request may still arrive."""

    asset_id: UUID
    number: str
    name: str
    version: int
    was_sent: bool
    rests_until: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class _Seen:
    asset: Asset
    purchase: Purchase
    wanted: Wanted
    now: dt.datetime
    fence: int  # of that moment; the rows are read anew once Microsoft was asked

    @property
    def rests_until(self) -> dt.datetime | None:
        last = self.purchase.checkout_last_sent_at
        return last + QUIET if last is not None and last + QUIET > self.now else None


def get_giving_up(viewer: Viewer, asset_id: UUID) -> GivingUp:
    """Raises ConflictError where it is not a refused purchase."""
    seen = _see(viewer, asset_id)
    return GivingUp(
        asset_id=asset_id,
        number=asset_number(seen.asset.number),
        name=seen.asset.name,
        version=seen.asset.version,
        was_sent=seen.purchase.checkout_first_sent_at is not None,
        rests_until=seen.rests_until,
    )


def give_up(
    viewer: Viewer,
    asset_id: UUID,
    *,
    version: int,
    reason: str,
    partner_center: PartnerCenter,
) -> None:
    """Cancel the asset with the proof that nothing was bought; what was invoiced is credited.

    The customer reads the reason. Asks Microsoft where a request was ever sent. Raises
    ConflictError where the proof fails or somebody was faster.
    """
    if not reason:
        raise InvalidError("Say why, the customer reads it.", field="reason")
    if len(reason) > _LONGEST_REASON:
        raise InvalidError(
            "Use at most %(longest_reason)s characters.",
            longest_reason=_LONGEST_REASON,
            field="reason",
        )
    seen = _see(viewer, asset_id)
    proof = _prove_nothing_bought(seen, partner_center)
    with transaction(viewer.scope) as session:
        asset, purchase = _lock_unchanged(session, seen, version)
        _abandon(session, asset, purchase, proof, actor=viewer.name)
        asset.status = AssetStatus.CANCELLED
        asset.cancelled_at = sa.func.now()
        asset.cancellation_reason = reason
        asset.version += 1
        add_asset_event(session, asset, "given_up", actor=viewer.name, detail={"reason": reason})
        audit(session, viewer, AuditEvent.ASSET_GIVEN_UP, of_asset(asset), reason=reason)
        session.flush()
        credit_note_for(session, asset, reason=reason, actor=viewer.name)
    log.info("asset.given_up", asset_id=str(asset_id))


def _see(viewer: Viewer, asset_id: UUID) -> _Seen:
    if not viewer.may(Permission.PROVISION):
        raise NotAllowedError("Your role does not give purchases up.")
    session = reading(viewer.scope)
    found = session.execute(
        sa.select(Asset, Purchase, sa.func.now())
        .outerjoin(
            Purchase,
            sa.and_(Purchase.asset_id == Asset.id, Purchase.state != PurchaseState.ABANDONED),
        )
        .where(Asset.id == asset_id, visible_to(viewer, Asset))
    ).one_or_none()
    if found is None:
        raise NotFoundError
    asset, purchase, now = found
    if asset.status is not AssetStatus.ACTIVE or purchase is None:
        raise ConflictError("This asset has ended already.")
    if purchase.state is not PurchaseState.FAILED:
        raise ConflictError("Only a purchase that Microsoft refused can be given up.")
    wanted = wanted_from(purchase.params, purchase.own_ref)
    return _Seen(asset=asset, purchase=purchase, wanted=wanted, now=now, fence=purchase.fence)


def _prove_nothing_bought(seen: _Seen, partner_center: PartnerCenter) -> dict[str, Any]:
    """The proof, for the history: cart, both order lists, and what is newly there of the item."""
    first = seen.purchase.checkout_first_sent_at
    if first is None:
        return {"proof": said("never sent to Microsoft")}
    if seen.rests_until is not None:
        raise ConflictError(
            "An earlier request may still arrive at Microsoft."
            " Give it up after %(rests_until)s UTC.",
            rests_until=f"{seen.rests_until:%d %B %Y, %H:%M}",
        )
    try:
        return _ask(seen, first, partner_center)
    except MicrosoftError as error:
        raise ConflictError(
            "Microsoft does not say whether it was bought: %(message)s Try again later.",
            message=error.message,
        ) from error


def _ask(seen: _Seen, first: dt.datetime, partner_center: PartnerCenter) -> dict[str, Any]:
    wanted, cart_state = seen.wanted, "none"
    if seen.purchase.cart_id is not None:
        cart = partner_center.get_cart(wanted.customer_id, seen.purchase.cart_id)
        if cart is not None and cart.is_ordered:
            raise ConflictError("Microsoft did carry it out: its order is looked for now.")
        if cart is not None and not cart.is_active:
            raise ConflictError(
                "Microsoft does not say whether it was bought: %(message)s Try again later.",
                message=f"{cart.status}.",
            )
        cart_state = "gone" if cart is None else cart.status
    for order in list_all_orders(partner_center, wanted.customer_id):
        if any(line.friendly_name == wanted.own_ref for line in order.lines):
            raise ConflictError("Microsoft has an order with our reference: %(id)s.", id=order.id)
    if traces := find_traces(partner_center, wanted, first):
        raise ConflictError(
            "Microsoft shows this item in an order that nothing of ours explains: %(traces)s."
            " Reconcile it first.",
            traces=", ".join(traces),
        )
    return {"proof": said("asked Microsoft"), "cart": cart_state, "orders": 0, "traces": 0}


def _lock_unchanged(session: Session, seen: _Seen, version: int) -> tuple[Asset, Purchase]:
    asset = session.get_one(Asset, seen.asset.id, with_for_update=True, populate_existing=True)
    purchase = session.get_one(
        Purchase, seen.purchase.id, with_for_update=True, populate_existing=True
    )
    is_same = (
        asset.version == version
        and asset.status is AssetStatus.ACTIVE
        and purchase.state is PurchaseState.FAILED
        and purchase.order_id is None
        and purchase.fence == seen.fence  # nobody tried again while Microsoft was asked
    )
    if not is_same:
        raise ConflictError("This asset changed meanwhile. Look at it again.")
    return asset, purchase


def _abandon(
    session: Session, asset: Asset, purchase: Purchase, proof: dict[str, Any], *, actor: str
) -> None:
    """A worker that is just looking for a late order is fenced out."""
    purchase.fence += 1
    purchase.lease_until = None
    purchase.next_run_at = None
    purchase.finished_at = sa.func.now()
    move(purchase, asset, PurchaseState.ABANDONED)
    add_event(session, purchase, Change(event="abandoned", detail=proof), actor=actor)
