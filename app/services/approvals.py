"""Four eyes: two different people agree before a large purchase, or before a second cart."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.purchase import PurchaseState
from app.domain.purchase_guards import WaitsFor
from app.models import Asset, Purchase
from app.queueing import wake_after_commit
from app.services.audit import NOTHING, audit
from app.services.audit_subjects import of_asset
from app.services.purchase_rows import Change, add_event, move
from app.services.spending import amount_of
from app.services.visibility import visible_to

_LONGEST_REASON = 500
DECLINED = "declined"


class ApprovalOutcome(StrEnum):
    FIRST_OF_TWO = "first_of_two"
    APPROVED = "approved"


def approve(viewer: Viewer, asset_id: UUID) -> ApprovalOutcome:
    """Say yes to what the asset's purchase waits for: the first of two people, or the second.

    The yes holds for this cost and no more. Raises ConflictError where nothing is asked, or the
    same person says it twice.
    """
    _check_may_approve(viewer)
    with transaction(viewer.scope) as session:
        asset, purchase = _locked(session, viewer, asset_id)
        waits_for = _asked_of(purchase)
        amount, _currency = amount_of(purchase)
        if not _has_first_word(purchase, waits_for, amount):
            purchase.approval_of, purchase.approval_amount = waits_for, amount
            purchase.first_approver_id, purchase.first_approver = viewer.user_id, viewer.name
            purchase.second_approver = purchase.approved_at = None
            _record(session, purchase, viewer, "approval_given")
            change = (NOTHING, {"of": waits_for, "approval": "first of two", "amount": amount})
            audit(session, viewer, AuditEvent.PURCHASE_APPROVED, of_asset(asset), change=change)
            return ApprovalOutcome.FIRST_OF_TWO
        if purchase.first_approver_id == viewer.user_id:
            raise ConflictError("You approved it already: the second person must be another one.")
        purchase.second_approver = viewer.name
        purchase.approved_at = sa.func.now()
        purchase.next_run_at = purchase.woken_at = sa.func.now()
        _record(session, purchase, viewer, "approved")
        change = (NOTHING, {"of": waits_for, "approval": "second of two", "amount": amount})
        audit(session, viewer, AuditEvent.PURCHASE_APPROVED, of_asset(asset), change=change)
        wake_after_commit(purchase.id)
        return ApprovalOutcome.APPROVED


def decline(viewer: Viewer, asset_id: UUID, reason: str) -> None:
    """Say no to a large purchase: it fails with this reason, and edit and save may ask again."""
    _check_may_approve(viewer)
    if not reason.strip():
        raise InvalidError("Say why, for those who ordered it.", field="reason")
    with transaction(viewer.scope) as session:
        asset, purchase = _locked(session, viewer, asset_id)
        if _asked_of(purchase) is not WaitsFor.APPROVAL:
            raise ConflictError("It is not known whether this was bought: go on looking for it.")
        if purchase.state is not PurchaseState.CART_READY:
            raise ConflictError("It is on its way to Microsoft already.")
        purchase.fence += 1  # whoever just looks at it is overtaken
        purchase.lease_until = purchase.next_run_at = None
        purchase.error_code, purchase.error_message = DECLINED, reason.strip()[:_LONGEST_REASON]
        purchase.approval_of = purchase.first_approver_id = purchase.first_approver = None
        purchase.approved_at = None
        move(purchase, asset, PurchaseState.FAILED)
        error = (DECLINED, purchase.error_message)
        add_event(session, purchase, Change(event="declined", error=error), actor=viewer.name)
        about = of_asset(asset)
        audit(session, viewer, AuditEvent.PURCHASE_DECLINED, about, reason=purchase.error_message)


def check_is_there(viewer: Viewer, asset_id: UUID) -> None:
    """Raises NotFoundError where the asset has no purchase that lives."""
    _check_may_approve(viewer)
    lives = sa.exists().where(
        Purchase.asset_id == asset_id,
        visible_to(viewer, Purchase),
        Purchase.state != PurchaseState.ABANDONED,
    )
    if not reading(viewer.scope).scalar(sa.select(lives)):
        raise NotFoundError


def _check_may_approve(viewer: Viewer) -> None:
    if not viewer.may(Permission.PROVISION):
        raise NotAllowedError("Your role does not approve purchases.")


def _locked(session: Session, viewer: Viewer, asset_id: UUID) -> tuple[Asset, Purchase]:
    """The asset and the purchase of it that lives."""
    asset = session.scalar(
        sa.select(Asset).where(Asset.id == asset_id, visible_to(viewer, Asset)).with_for_update()
    )
    purchase = session.scalar(
        sa.select(Purchase)
        .where(Purchase.asset_id == asset_id, Purchase.state != PurchaseState.ABANDONED)
        .with_for_update()
    )
    if asset is None or purchase is None:
        raise NotFoundError
    return asset, purchase


def _asked_of(purchase: Purchase) -> WaitsFor:
    if purchase.waits_for is None or not purchase.waits_for.is_approval:
        raise ConflictError("This purchase waits for nobody's approval any more.")
    return purchase.waits_for


def _has_first_word(purchase: Purchase, waits_for: WaitsFor, amount: Decimal) -> bool:
    """A yes given already, to the same question and not less money."""
    return (
        purchase.approval_of is waits_for
        and purchase.first_approver_id is not None
        and purchase.approval_amount is not None
        and purchase.approval_amount >= amount
    )


def _record(session: Session, purchase: Purchase, viewer: Viewer, event: str) -> None:
    detail = {"of": purchase.waits_for}
    add_event(session, purchase, Change(event=event, detail=detail), actor=viewer.name)
