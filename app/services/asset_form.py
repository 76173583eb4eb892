"""Back office: what the edit form of an asset offers, and what to do when two people edit it."""

from dataclasses import dataclass, replace
from uuid import UUID

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetStatus, ProvisioningSyncStatus, subscription_number
from app.domain.errors import ConflictError, NotAllowedError
from app.domain.sentences import said
from app.models import Subscription
from app.services.asset_editing import AssetEdit, SaveEffect, save_asset
from app.services.asset_history import history_of, whole_story
from app.services.bss_assets import AssetView, find_row, plans_of, view_of
from app.services.provisioning_timeline import timeline_of

_ALWAYS = frozenset({"custom_fields", "tags", "notes"})
_LABELS = {
    "name": said("Name"),
    "quantity": said("Quantity"),
    "subscription_id": said("Azure plan"),
    "custom_fields": said("Custom fields"),
    "tags": said("Tags"),
    "notes": said("Notes"),
}


@dataclass(frozen=True, kw_only=True)
class PlanChoice:
    id: UUID
    label: str


@dataclass(frozen=True, kw_only=True)
class AssetToEdit:
    """`offers` names the fields that this state leaves open."""

    asset: AssetView
    offers: frozenset[str]
    plans: tuple[PlanChoice, ...]
    tries_again: bool  # saving sends it to Microsoft, even where nothing changed
    consequence: str


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`is_open` says whether the typed value can still be stored."""

    label: str
    now: str
    typed: str
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class EditConflict:
    message: str
    form: AssetToEdit
    differences: tuple[Difference, ...]


def get_asset_to_edit(viewer: Viewer, asset_id: UUID) -> AssetToEdit:
    if not viewer.may(Permission.EDIT_ASSETS):
        raise NotAllowedError("Your role reads assets; it does not change them.")
    session = reading(viewer.scope)
    row = find_row(session, viewer, asset_id)
    timeline = tuple(timeline_of(session, viewer, asset_id))
    history = whole_story(timeline, history_of(session, viewer, asset_id))
    asset = replace(view_of(viewer, row, timeline), history=history)
    plans = plans_of(session, asset.account_id) if asset.reservation else []
    return AssetToEdit(
        asset=asset,
        offers=_offers(asset),
        plans=tuple(PlanChoice(id=plan.id, label=_plan_label(plan)) for plan in plans),
        tries_again=_tries_again(asset),
        consequence=_consequence(asset),
    )


def save_or_compare(viewer: Viewer, asset_id: UUID, edit: AssetEdit) -> SaveEffect | EditConflict:
    """As `save_asset`; where somebody or something was faster, what stands now beside `edit`.

    The same form sent twice is saved once and is no conflict.
    """
    try:
        return save_asset(viewer, asset_id, edit)
    except ConflictError as error:
        form = get_asset_to_edit(viewer, asset_id)
        differences = _differences(form, edit)
        if not differences and not form.tries_again:
            return SaveEffect.SAVED
        return EditConflict(message=error.message, form=form, differences=differences)


def _offers(asset: AssetView) -> frozenset[str]:
    if asset.status is not AssetStatus.ACTIVE:
        return _ALWAYS
    if not _tries_again(asset):
        return _ALWAYS | {"name"}
    return _ALWAYS | {"name", "quantity"} | ({"subscription_id"} if asset.reservation else set())


def _tries_again(asset: AssetView) -> bool:
    is_failed = asset.sync.status is ProvisioningSyncStatus.FAILED
    return is_failed and asset.status is AssetStatus.ACTIVE


def _consequence(asset: AssetView) -> str:
    if asset.status is not AssetStatus.ACTIVE:
        return said("This asset has ended: saving sends nothing to Microsoft.")
    if asset.sync.status is not ProvisioningSyncStatus.SYNCHRONIZED:
        return {
            ProvisioningSyncStatus.FAILED: said("Saving sends this asset to Microsoft again."),
            ProvisioningSyncStatus.BEING_CHECKED: (
                said("Saving asks Microsoft again whether it was bought. Nothing is bought twice.")
            ),
        }.get(
            asset.sync.status, said("The purchase is under way: what is bought cannot change now.")
        )
    if asset.software and not asset.software.software_id and not asset.is_perpetual:
        return said("Saving also asks Microsoft for the Software ID. Nothing is bought.")
    return said("Saving changes our record only.")


def _plan_label(plan: Subscription) -> str:
    return f"{subscription_number(plan.number)} · {plan.name} · {plan.status.label}"


def _differences(form: AssetToEdit, edit: AssetEdit) -> tuple[Difference, ...]:
    asset = form.asset
    plans = {plan.id: plan.label for plan in form.plans}
    plan_id = asset.reservation.subscription_id if asset.reservation else None
    pairs: dict[str, tuple[object, object]] = {
        "name": (asset.name, edit.name),
        "quantity": (asset.price.quantity, edit.quantity),
        "subscription_id": (plan_id, edit.subscription_id),
        "custom_fields": (dict(asset.custom_fields), edit.custom_fields),
        "tags": (list(asset.tags), edit.tags),
        "notes": (asset.notes, edit.notes),
    }
    return tuple(
        Difference(
            label=_LABELS[name],
            now=_as_text(now, plans),
            typed=_as_text(typed, plans),
            is_open=name in form.offers,
        )
        for name, (now, typed) in pairs.items()
        if typed is not None and typed != now
    )


def _as_text(value: object, plans: dict[UUID, str]) -> str:
    if isinstance(value, UUID):
        return plans.get(value, said("another account's"))
    if isinstance(value, dict):
        return "\n".join(f"{name}: {each}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return str(value)
