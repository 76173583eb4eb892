"""What a bulk job does with one asset: each action by its name.

An action runs inside the job's transaction, and again where that was not committed: doing it
twice comes to the same as once. What it refuses with a DomainError stands in the result list.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.bulk import BulkAction
from app.domain.errors import ConflictError, NotFoundError
from app.models import Asset
from app.services.asset_editing import retry_asset
from app.services.asset_refresh import wake_to_read_again

MOST_TAGS, LONGEST_TAG = 20, 40


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is wanted of every asset of a job, and by whom."""

    actor: str
    tag: str = ""


Action = Callable[[Session, UUID, Order], str]


def _retry(session: Session, asset_id: UUID, order: Order) -> str:
    retry_asset(session, asset_id, actor=order.actor)
    return "Sent to Microsoft again"


def _refresh(session: Session, asset_id: UUID, _order: Order) -> str:
    wake_to_read_again(session, asset_id)
    return "Microsoft is asked"


def _add_tag(session: Session, asset_id: UUID, order: Order) -> str:
    asset = _locked(session, asset_id)
    if order.tag in asset.tags:
        return "It had the tag"
    if len(asset.tags) >= MOST_TAGS:
        raise ConflictError(f"It has {MOST_TAGS} tags already.")
    asset.tags = [*asset.tags, order.tag]
    asset.version += 1
    return "Tag added"


def _remove_tag(session: Session, asset_id: UUID, order: Order) -> str:
    asset = _locked(session, asset_id)
    if order.tag not in asset.tags:
        return "It had no such tag"
    asset.tags = [tag for tag in asset.tags if tag != order.tag]
    asset.version += 1
    return "Tag removed"


def _locked(session: Session, asset_id: UUID) -> Asset:
    asset = session.scalar(sa.select(Asset).where(Asset.id == asset_id).with_for_update())
    if asset is None:
        raise NotFoundError
    return asset


ACTIONS: dict[BulkAction, Action] = {
    BulkAction.RETRY: _retry,
    BulkAction.REFRESH: _refresh,
    BulkAction.ADD_TAG: _add_tag,
    BulkAction.REMOVE_TAG: _remove_tag,
}
