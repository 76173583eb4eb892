"""Back office: edit and save an asset. What saving does depends on the state of its purchase."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import asked_again_if_unsure, transaction
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetKind, AssetStatus, asset_number
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.purchase import PurchaseState
from app.domain.sentences import said
from app.models import Asset, Purchase, Reservation, SoftwareSubscription, Subscription
from app.queueing import wake_after_commit
from app.services.asset_prices import price_again
from app.services.audit import audit
from app.services.audit_subjects import of_asset
from app.services.credit_notes import credit_note_for
from app.services.purchase_rows import Change, add_event, move
from app.services.purchases import current_params
from app.services.visibility import visible_to

_BUSY = frozenset({PurchaseState.QUEUED, PurchaseState.CART_READY, PurchaseState.CHECKOUT_SENT})


class SaveEffect(StrEnum):
    """What a save set going, for the words on the page."""

    SAVED = "saved"
    TRIES_AGAIN = "tries_again"
    READS_MISSING_ID = "reads_missing_id"
    CHECKS_WITH_MICROSOFT = "checks_with_microsoft"


@dataclass(frozen=True, kw_only=True)
class AssetEdit:
    """What the form holds. Fields that the asset's state does not offer carry None."""

    version: int
    name: str | None = None
    quantity: int | None = None
    subscription_id: UUID | None = None
    custom_fields: dict[str, Any] | None = None
    tags: list[str] | None = None
    notes: str | None = None


@asked_again_if_unsure
def save_asset(viewer: Viewer, asset_id: UUID, edit: AssetEdit) -> SaveEffect:
    """Store the edit and wake what its state calls for, in one transaction.

    Raises ConflictError where somebody saved meanwhile or the field is closed in this state,
    InvalidError(field=…) where a value cannot be. A failed purchase is tried again with the same
    cart even if nothing changed; a bought one is never bought again.
    """
    if not viewer.may(Permission.EDIT_ASSETS):
        raise NotAllowedError("Your role reads assets; it does not change them.")
    with transaction(viewer.scope) as session:
        asset = _asset_to_change(session, viewer, asset_id, edit.version)
        purchase = _purchase_of(session, asset)
        state = purchase.state if purchase else PurchaseState.SYNCHRONIZED
        before, told = _purchase_fields(asset), _edited_fields(asset)
        _apply(session, asset, edit, state)
        asset.version += 1
        session.flush()
        changed = _changes(before, _purchase_fields(asset))
        effect = SaveEffect.SAVED
        if purchase is not None and asset.status is AssetStatus.ACTIVE:
            effect = _wake(session, viewer, asset, purchase, changed)
        _credit(session, viewer, asset, before["quantity"] - asset.quantity)
        change = (told, {**_edited_fields(asset), "effect": effect})
        audit(session, viewer, AuditEvent.ASSET_SAVED, of_asset(asset), change=change)
        return effect


def retry_asset(session: Session, asset_id: UUID, *, actor: str) -> None:
    """Try a failed purchase again as it stands, inside the caller's transaction.

    As saving an unchanged form does. Raises ConflictError where there is nothing to try again.
    """
    asset = session.scalar(sa.select(Asset).where(Asset.id == asset_id).with_for_update())
    if asset is None:
        raise NotFoundError
    purchase = _purchase_of(session, asset)
    if asset.status is not AssetStatus.ACTIVE:
        raise ConflictError("This asset has ended.")
    if purchase is None or purchase.state is not PurchaseState.FAILED:
        raise ConflictError(
            "Not failed: %(provisioning_sync_status)s.",
            provisioning_sync_status=said(asset.provisioning_sync_status.label),
        )
    _reopen(session, asset, purchase)
    _wake_now(purchase)
    event = Change(event="saved", detail={"effect": SaveEffect.TRIES_AGAIN.value, "changed": {}})
    add_event(session, purchase, event, actor=actor)
    audit(session, actor, AuditEvent.ASSET_RETRIED, of_asset(asset))


def _asset_to_change(session: Session, viewer: Viewer, asset_id: UUID, version: int) -> Asset:
    asset = session.scalar(
        sa.select(Asset).where(Asset.id == asset_id, visible_to(viewer, Asset)).with_for_update()
    )
    if asset is None:
        raise NotFoundError
    if asset.version != version:
        raise ConflictError("Somebody saved this asset while you were editing it.")
    return asset


def _credit(session: Session, viewer: Viewer, asset: Asset, fewer: int) -> None:
    if fewer:
        reason = said(
            "The quantity of %(number)s was lowered by %(fewer)s.",
            number=asset_number(asset.number),
            fewer=fewer,
        )
        credit_note_for(session, asset, reason=reason, actor=viewer.name, quantity=fewer)


def _purchase_of(session: Session, asset: Asset) -> Purchase | None:
    return session.scalar(
        sa.select(Purchase)
        .where(Purchase.asset_id == asset.id, Purchase.state != PurchaseState.ABANDONED)
        .with_for_update()
    )


def _purchase_fields(asset: Asset) -> dict[str, Any]:
    plan = asset.subscription_id if isinstance(asset, Reservation) else None
    return {"name": asset.name, "quantity": asset.quantity, "subscription_id": plan}


def _edited_fields(asset: Asset) -> dict[str, Any]:
    names = ("tags", "notes", "custom_fields")
    return _purchase_fields(asset) | {name: getattr(asset, name) for name in names}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
    return {
        name: [str(before[name]), str(after[name])]
        for name in before
        if before[name] != after[name]
    }


def _apply(session: Session, asset: Asset, edit: AssetEdit, state: PurchaseState) -> None:
    for name in ("custom_fields", "tags", "notes"):
        if (value := getattr(edit, name)) is not None:
            setattr(asset, name, value)
    is_active = asset.status is AssetStatus.ACTIVE
    if edit.name is not None and edit.name != asset.name:
        if not is_active:
            raise ConflictError("This asset has ended: only custom fields, tags and notes change.")
        asset.name = edit.name
    may_change_purchase = is_active and state is PurchaseState.FAILED
    _change_quantity(asset, edit.quantity, may_change=may_change_purchase)
    _change_plan(session, asset, edit.subscription_id, may_change=may_change_purchase)


def _change_quantity(asset: Asset, quantity: int | None, *, may_change: bool) -> None:
    if quantity is None or quantity == asset.quantity:
        return
    if not may_change:
        raise ConflictError("The quantity is fixed: the purchase is under way or done.")
    if not 1 <= quantity < asset.quantity:
        raise InvalidError(
            "Enter a quantity from 1 to %(quantity)s. More needs a new order.",
            quantity=asset.quantity,
            field="quantity",
        )
    asset.quantity = quantity
    price_again(asset)


def _change_plan(session: Session, asset: Asset, plan_id: UUID | None, *, may_change: bool) -> None:
    if plan_id is None or not isinstance(asset, Reservation) or plan_id == asset.subscription_id:
        return
    if not may_change:
        raise ConflictError("The Azure plan is fixed: the purchase is under way or done.")
    plan = session.scalar(
        sa.select(Subscription).where(
            Subscription.id == plan_id, Subscription.account_id == asset.account_id
        )
    )
    if plan is None:
        raise InvalidError("Choose an Azure plan of this account.", field="subscription_id")
    asset.subscription_id = plan.id


def _wake(
    session: Session,
    viewer: Viewer,
    asset: Asset,
    purchase: Purchase,
    changed: dict[str, list[str]],
) -> SaveEffect:
    effect = SaveEffect.SAVED
    if purchase.state is PurchaseState.FAILED:
        effect = SaveEffect.TRIES_AGAIN
        _reopen(session, asset, purchase)
    elif purchase.state is PurchaseState.UNKNOWN:
        effect = SaveEffect.CHECKS_WITH_MICROSOFT
    elif purchase.state is PurchaseState.ORDERED or _lacks_software_id(asset, purchase):
        effect = SaveEffect.READS_MISSING_ID
    elif purchase.state in _BUSY:
        effect = SaveEffect.TRIES_AGAIN
    if effect is not SaveEffect.SAVED:
        _wake_now(purchase)
    event = Change(event="saved", detail={"effect": effect.value, "changed": changed})
    add_event(session, purchase, event, actor=viewer.name)
    return effect


def _wake_now(purchase: Purchase) -> None:
    purchase.next_run_at = sa.func.now()
    purchase.woken_at = sa.func.now()
    wake_after_commit(purchase.id)


def _reopen(session: Session, asset: Asset, purchase: Purchase) -> None:
    """The same row and the same cart, due now; an older send may still be on its way.

    A worker that is just looking for a late order is fenced out: it read another state.
    """
    purchase.fence += 1
    purchase.lease_until = purchase.retry_asked_by_id = None
    purchase.error_code = purchase.error_message = None  # the history keeps them
    params = current_params(session, asset)
    if params != purchase.params:
        purchase.params = params
        purchase.cart_is_stale = purchase.cart_id is not None
        session.flush()  # the trigger lets parameters change only while the row is failed
    state = PurchaseState.QUEUED if purchase.cart_id is None else PurchaseState.CART_READY
    move(purchase, asset, state)


def _lacks_software_id(asset: Asset, purchase: Purchase) -> bool:
    return (
        asset.kind is AssetKind.SOFTWARE_SUBSCRIPTION
        and purchase.state is PurchaseState.SYNCHRONIZED
        and isinstance(asset, SoftwareSubscription)
        and asset.software_id is None
        and asset.term_duration is not None
    )
