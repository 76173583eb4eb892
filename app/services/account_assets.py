"""Back office: the newest assets of an account, for its short view and its section."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import AccountKind, Viewer
from app.domain.assets import ProvisioningSyncStatus
from app.domain.errors import NotFoundError
from app.models import Account, Asset, AssetTotal
from app.services.bss_asset_rows import BssAssetRow, newest_assets
from app.services.buying import accounts_visible_to

_ROWS_OF_ABSTRACT, _ROWS_OF_VIEW = 5, 10


@dataclass(frozen=True, kw_only=True)
class AssetsAbstract:
    """`filter_name` is what the list of assets calls this kind of owner."""

    account_kind: AccountKind

    account_id: UUID
    account_name: str
    filter_name: str
    assets: int
    failed_assets: int
    newest: tuple[BssAssetRow, ...]


def get_assets_abstract(viewer: Viewer, account_id: UUID) -> AssetsAbstract:
    """What a mouse-over shows: two statements, whatever the number of assets."""
    return _newest(viewer, account_id, limit=_ROWS_OF_ABSTRACT)


def get_assets_section(viewer: Viewer, account_id: UUID) -> AssetsAbstract:
    """What the account's page shows of them: more rows, as many statements."""
    return _newest(viewer, account_id, limit=_ROWS_OF_VIEW)


def get_account_name(viewer: Viewer, account_id: UUID) -> tuple[UUID, str]:
    """(id, name). Raises NotFoundError."""
    row = (
        reading(viewer.scope)
        .execute(
            sa.select(Account.id, Account.name).where(
                Account.id == account_id, accounts_visible_to(viewer)
            )
        )
        .one_or_none()
    )
    if row is None:
        raise NotFoundError
    return row.id, row.name


def _newest(viewer: Viewer, account_id: UUID, *, limit: int) -> AssetsAbstract:
    session = reading(viewer.scope)
    query = sa.select(
        Account, count_assets().label("assets"), count_assets(failed=True).label("failed")
    )
    row = session.execute(
        query.where(Account.id == account_id, accounts_visible_to(viewer))
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return newest_of(
        session, viewer, row[0], assets=int(row.assets), failed=int(row.failed), limit=limit
    )


def newest_of(
    session: Session,
    viewer: Viewer,
    account: Account,
    *,
    assets: int,
    failed: int,
    limit: int = _ROWS_OF_VIEW,
) -> AssetsAbstract:
    """Of an account that was read, with its assets counted. One statement."""
    return AssetsAbstract(
        account_kind=account.kind,
        account_id=account.id,
        account_name=account.name,
        filter_name=filter_name(account.kind),
        assets=assets,
        failed_assets=failed,
        newest=newest_assets(session, viewer, owned_by(account), limit=limit),
    )


def filter_name(kind: AccountKind) -> str:
    """The list's filter for what an account has; a reseller's counts its customers' too."""
    return "reseller" if kind is AccountKind.RESELLER else "account"


def owned_by(account: Account) -> sa.ColumnElement[bool]:
    """Assets of the account and, for a reseller, of its customers."""
    is_reseller = account.kind is AccountKind.RESELLER
    return (Asset.tenant_id if is_reseller else Asset.account_id) == account.id


def count_assets(*, failed: bool = False) -> sa.ScalarSelect[Any]:
    """Of the account and, for a reseller, of its customers; out of the kept totals."""
    counted = sa.select(sa.func.coalesce(sa.func.sum(AssetTotal.assets), 0)).where(
        sa.or_(AssetTotal.account_id == Account.id, AssetTotal.tenant_id == Account.id)
    )
    if failed:
        counted = counted.where(
            AssetTotal.provisioning_sync_status == ProvisioningSyncStatus.FAILED
        )
    return counted.scalar_subquery()
