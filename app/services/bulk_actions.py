"""What a bulk job does with one asset: each action by its name.

An action runs inside the job's transaction, and again where that was not committed: doing it
twice comes to the same as once. What it refuses with a DomainError stands in the result list.
What must ask Microsoft first does so before that transaction begins.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.bulk import BulkAction
from app.domain.errors import ConflictError, NotFoundError
from app.domain.purchase_commands import Details
from app.domain.sentences import said
from app.integrations.microsoft import MicrosoftError, TryLaterError
from app.models import Asset
from app.services.asset_editing import retry_asset
from app.services.asset_refresh import Refresher, store_readings, wake_to_read_again
from app.services.purchases import PurchaseDriver

MOST_TAGS, LONGEST_TAG = 20, 40


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is wanted of every asset of a job, and by whom."""

    actor: str
    tag: str = ""


Action = Callable[[Session, UUID, Order], str]
Doing = Callable[[Session], str]  # one asset, ready to be done; returns what to say


class Preparer:
    """Gets assets ready, one after the other: hand it those of a customer together."""

    def __init__(self, action: BulkAction, order: Order, driver: PurchaseDriver) -> None:
        self._action = action
        self._order = order
        self._refresher = Refresher(driver)

    def prepare(self, asset_id: UUID) -> Doing:
        """May take long, so no transaction is open meanwhile. Raises DomainError to refuse it,
        TryLaterError where Microsoft wants to be left alone for a while."""
        if self._action is BulkAction.REFRESH:
            return self._read(asset_id)
        action = ACTIONS[self._action]
        return partial(_do, action, asset_id, self._order)

    def _read(self, asset_id: UUID) -> Doing:
        try:
            details = self._refresher.read(asset_id)
        except TryLaterError:
            raise
        except MicrosoftError as error:
            raise ConflictError(
                "Microsoft does not tell: %(message)s", message=error.message
            ) from error
        if details is None:
            return partial(_wake, asset_id)
        return partial(_keep, asset_id, details, self._order)


def _do(action: Action, asset_id: UUID, order: Order, session: Session) -> str:
    return action(session, asset_id, order)


def _keep(asset_id: UUID, details: Details, order: Order, session: Session) -> str:
    stored = store_readings(session, {asset_id: details}, actor=order.actor)
    return stored[asset_id].outcome.label


def _wake(asset_id: UUID, session: Session) -> str:
    """Bought and not complete yet: its own purchase goes on reading."""
    wake_to_read_again(session, asset_id)
    return said("Microsoft is asked")


def _retry(session: Session, asset_id: UUID, order: Order) -> str:
    retry_asset(session, asset_id, actor=order.actor)
    return said("Sent to Microsoft again")


def _add_tag(session: Session, asset_id: UUID, order: Order) -> str:
    asset = _locked(session, asset_id)
    if order.tag in asset.tags:
        return said("It had the tag")
    if len(asset.tags) >= MOST_TAGS:
        raise ConflictError("It has %(most_tags)s tags already.", most_tags=MOST_TAGS)
    asset.tags = [*asset.tags, order.tag]
    asset.version += 1
    return said("Tag added")


def _remove_tag(session: Session, asset_id: UUID, order: Order) -> str:
    asset = _locked(session, asset_id)
    if order.tag not in asset.tags:
        return said("It had no such tag")
    asset.tags = [tag for tag in asset.tags if tag != order.tag]
    asset.version += 1
    return said("Tag removed")


def _locked(session: Session, asset_id: UUID) -> Asset:
    asset = session.scalar(sa.select(Asset).where(Asset.id == asset_id).with_for_update())
    if asset is None:
        raise NotFoundError
    return asset


ACTIONS: dict[BulkAction, Action] = {
    BulkAction.RETRY: _retry,
    BulkAction.ADD_TAG: _add_tag,
    BulkAction.REMOVE_TAG: _remove_tag,
}
