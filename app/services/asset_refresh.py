"""Reading one asset again from Microsoft: now, by a worker soon, or one of many in a long job."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.assets import AssetKind, AssetStatus, ProvisioningSyncStatus
from app.domain.errors import ConflictError, NotAllowedError, NotFoundError
from app.domain.microsoft_side import Comparison, FieldChange
from app.domain.purchase import PurchaseState
from app.domain.purchase_commands import Details
from app.domain.sentences import said
from app.integrations.microsoft import MicrosoftError, TryLaterError
from app.models import Account, Asset, Purchase, Reservation, SoftwareSubscription
from app.queueing import wake_after_commit
from app.services.customer_side import CustomerSide
from app.services.microsoft_side import take_microsoft_side
from app.services.purchases import PurchaseDriver
from app.services.visibility import visible_to

_OLDEST_LISTS = 300.0  # seconds


class RefreshOutcome(StrEnum):
    """What a reading brought, for result lists."""

    SAME = "same"
    UPDATED = "updated"  # something that was missing is here now
    DRIFTED = "drifted"  # Microsoft says otherwise than it or we did
    ENDED = "ended"  # expired or cancelled there, and now here

    @property
    def label(self) -> str:
        return {
            RefreshOutcome.SAME: said("No change"),
            RefreshOutcome.UPDATED: said("Completed"),
            RefreshOutcome.DRIFTED: said("Changed at Microsoft"),
            RefreshOutcome.ENDED: said("Ended at Microsoft"),
        }[self]


@dataclass(frozen=True, kw_only=True)
class RefreshedAsset:
    outcome: RefreshOutcome
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AssetToRead:
    """What Microsoft must be asked for."""

    id: UUID
    kind: AssetKind
    customer_id: str
    order_id: str
    has_term: bool


class Refresher:
    """Reads assets one after the other for a job of many.

    It keeps the lists of the customer it read last: hand it assets in the order of customers.
    """

    def __init__(self, driver: PurchaseDriver) -> None:
        self._driver = driver
        self._side: CustomerSide | None = None
        self._silent: dict[str, MicrosoftError] = {}

    def read(self, asset_id: UUID) -> Details | None:
        """What Microsoft says of it; None where it has no order that can be read.

        Raises MicrosoftError where Microsoft does not tell: of a customer whose orders it does not
        list it is asked once.
        """
        asset = _find_to_read(asset_id)
        if asset is None:
            return None
        side = self._side_of(asset.customer_id)
        return side.details_of(asset.kind, asset.order_id, has_term=asset.has_term)

    def _side_of(self, customer_id: str) -> CustomerSide:
        side = self._side
        if side is not None and side.customer_id == customer_id and side.age <= _OLDEST_LISTS:
            return side
        if customer_id in self._silent:
            raise self._silent[customer_id]
        driver = self._driver
        side = CustomerSide(driver.partner_center, customer_id, driver.pace)
        try:
            side.find_order("")
        except TryLaterError:
            raise
        except MicrosoftError as error:
            self._silent[customer_id] = error
            raise
        self._side = side
        return side


def ask_for_refresh(viewer: Viewer, asset_id: UUID) -> None:
    """Let a worker read the asset now; the page watches it. Nothing of this can buy.

    Raises ConflictError where it was never sent to Microsoft from here.
    """
    if not viewer.may(Permission.PROVISION):
        raise NotAllowedError("Your role does not ask Microsoft.")
    with transaction(viewer.scope) as session:
        known = sa.select(Asset.id).where(Asset.id == asset_id, visible_to(viewer, Asset))
        if session.scalar(known) is None:
            raise NotFoundError
        wake_to_read_again(session, asset_id)


def wake_to_read_again(session: Session, asset_id: UUID) -> None:
    """Let a worker read the asset once the caller's transaction is stored.

    Raises ConflictError where it was never sent to Microsoft from here.
    """
    purchase = session.scalar(_read_again(asset_id))
    if purchase is None:
        raise ConflictError("Microsoft has no order of this asset yet.")
    wake_after_commit(purchase)


def _read_again(asset_id: UUID) -> sa.UpdateBase:
    """Only what has an order: anything else would go on buying."""
    return (
        sa.update(Purchase)
        .where(
            Purchase.asset_id == asset_id,
            Purchase.state.in_([PurchaseState.ORDERED, PurchaseState.SYNCHRONIZED]),
        )
        .values(next_run_at=sa.func.now(), woken_at=sa.func.now(), attempts=0)
        .returning(Purchase.id)
        .execution_options(synchronize_session=False)
    )


def is_readable() -> sa.ColumnElement[bool]:
    """Bought, and every id of it may be asked for."""
    return sa.and_(
        Asset.microsoft_order_id.is_not(None),
        Asset.provisioning_sync_status == ProvisioningSyncStatus.SYNCHRONIZED,
        Account.microsoft_tenant_id.is_not(None),
    )


def select_to_read() -> sa.Select[*tuple[Any, ...]]:
    """Rows for `to_read`."""
    return (
        sa.select(
            Asset.id,
            Asset.kind,
            Account.microsoft_tenant_id,
            Asset.microsoft_order_id,
            Asset.term_duration,
        )
        .join(Account, Account.id == Asset.account_id)
        .where(is_readable())
    )


def to_read(row: sa.Row[*tuple[Any, ...]]) -> AssetToRead:
    return AssetToRead(
        id=row.id,
        kind=row.kind,
        customer_id=row.microsoft_tenant_id,
        order_id=row.microsoft_order_id,
        has_term=row.term_duration is not None,
    )


def _find_to_read(asset_id: UUID) -> AssetToRead | None:
    session = reading(SYSTEM_SCOPE)
    row = session.execute(select_to_read().where(Asset.id == asset_id)).one_or_none()
    if row is None and session.scalar(sa.select(Asset.id).where(Asset.id == asset_id)) is None:
        raise NotFoundError
    session.rollback()
    return None if row is None else to_read(row)


def store_readings(
    session: Session, details: dict[UUID, Details], *, actor: str
) -> dict[UUID, RefreshedAsset]:
    """Write down what was read of some assets, in the caller's short transaction."""
    return {
        asset.id: _outcome(take_microsoft_side(session, asset, details[asset.id], actor=actor))
        for asset in _locked(session, details)
    }


def _locked(session: Session, ids: dict[UUID, Details]) -> Sequence[Asset]:
    every: Any = orm.with_polymorphic(Asset, [Reservation, SoftwareSubscription])
    query = sa.select(every).where(every.id.in_(list(ids))).order_by(every.id)
    return session.scalars(query.with_for_update(of=Asset.__table__)).all()


def _outcome(found: Comparison) -> RefreshedAsset:
    changes = (*found.changed, *found.differs, *found.filled)
    if found.ends_as in {AssetStatus.CANCELLED, AssetStatus.EXPIRED}:
        outcome = RefreshOutcome.ENDED
    elif found.changed or found.differs:
        outcome = RefreshOutcome.DRIFTED
    else:
        outcome = RefreshOutcome.UPDATED if found.filled else RefreshOutcome.SAME
    return RefreshedAsset(outcome=outcome, changes=changes)
