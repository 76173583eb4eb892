"""Edit and save for a whole group of failed purchases: one after the other, as one person would."""

from uuid import UUID

import sqlalchemy as sa
import structlog

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.assets import AssetStatus
from app.domain.audit import AuditEvent
from app.domain.errors import DomainError, NotAllowedError, NotFoundError
from app.domain.purchase import PurchaseState
from app.models import Account, Asset, Purchase, User
from app.services.asset_editing import AssetEdit, save_asset
from app.services.audit import NOTHING, Subject, audit

log = structlog.get_logger()

AT_MOST = 500  # with one click
_AT_ONCE = 20  # in one round of the dispatcher


def retry_group(viewer: Viewer, error_code: str | None) -> int:
    """Ask for another try of what failed with this code; returns how many. The dispatcher does it.

    The failed purchases themselves are the list of what is left to do: it may stop half-way and
    goes on where it was.
    """
    if not (viewer.may(Permission.PROVISION) and viewer.may(Permission.EDIT_ASSETS)):
        raise NotAllowedError("Your role does not provision.")
    is_active = sa.exists().where(Asset.id == Purchase.asset_id, Asset.status == AssetStatus.ACTIVE)
    wanted = (
        sa.select(Purchase.id)
        .where(
            Purchase.state == PurchaseState.FAILED,
            Purchase.error_code.is_not_distinct_from(error_code),
            Purchase.retry_asked_by_id.is_(None),
            is_active,
        )
        .order_by(Purchase.id)
        .limit(AT_MOST)
        .with_for_update(skip_locked=True, of=Purchase)
    )
    with transaction(viewer.scope) as session:
        asked = session.scalars(
            sa.update(Purchase)
            .where(Purchase.id.in_(wanted))
            .values(retry_asked_by_id=viewer.user_id)
            .returning(Purchase.id)
            .execution_options(synchronize_session=False)
        )
        count = len(asked.all())
        about = Subject(kind="group", name=f"Failed with {error_code or 'no code'}")
        change = (NOTHING, {"assets": count})
        audit(session, viewer, AuditEvent.GROUP_RETRIED, about, change=change)
        return count


def make_asked_retries() -> int:
    """Save some of what was asked for, each in a transaction of its own; returns how many."""
    session = reading(SYSTEM_SCOPE)
    rows = session.execute(
        sa.select(Purchase.id, Purchase.asset_id, Purchase.retry_asked_by_id)
        .where(Purchase.retry_asked_by_id.is_not(None))
        .order_by(Purchase.id)
        .limit(_AT_ONCE)
    ).all()
    session.rollback()
    for purchase_id, asset_id, user_id in rows:
        if user_id is not None:
            _retry(purchase_id, asset_id, user_id)
    return len(rows)


def _retry(purchase_id: UUID, asset_id: UUID, user_id: UUID) -> None:
    """Saving takes the mark away; so does whatever stands against saving."""
    try:
        save_asset(_viewer(user_id), asset_id, AssetEdit(version=_version(asset_id)))
    except DomainError as error:
        log.warning("retry.refused", asset_id=str(asset_id), reason=error.message)
    _forget(purchase_id)


def _forget(purchase_id: UUID) -> None:
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(
            sa.update(Purchase)
            .where(Purchase.id == purchase_id, Purchase.retry_asked_by_id.is_not(None))
            .values(retry_asked_by_id=None)
            .execution_options(synchronize_session=False)
        )


def _version(asset_id: UUID) -> int:
    version = reading(SYSTEM_SCOPE).scalar(sa.select(Asset.version).where(Asset.id == asset_id))
    if version is None:
        raise NotFoundError
    return version


def _viewer(user_id: UUID) -> Viewer:
    """Whoever asked, with the rights of now."""
    found = reading(SYSTEM_SCOPE).execute(
        sa.select(User, Account)
        .join(Account, Account.id == User.account_id)
        .where(User.id == user_id, User.is_active, Account.is_active)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFoundError
    user, account = row
    return Viewer(
        user_id=user.id,
        name=user.name,
        email=user.email,
        account_id=account.id,
        account_name=account.name,
        account_kind=account.kind,
        role=user.role,
        reseller_id=account.reseller_id,
    )
