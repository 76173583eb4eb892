"""Back office: assets as rows, each with its reseller, its product and why it failed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.money import ZERO
from app.domain.purchase import PurchaseState
from app.models import Account, Asset, Product, Purchase
from app.services.asset_lists import ROWS, AssetRow, RowKind, is_expiring
from app.services.provisioning_timeline import words_for
from app.services.visibility import visible_to

_reseller = orm.aliased(Account)


@dataclass(frozen=True, kw_only=True)
class BssAssetRow(AssetRow):
    account_name: str
    reseller_id: UUID | None
    reseller_name: str | None
    product_name: str
    reason: str | None  # why it failed, or what is being checked

    @property
    def net(self) -> Decimal:
        """The Asset Total Amount: all of it, for One-Time is paid at once."""
        return self.price.total.net if self.price else ZERO


def _query() -> sa.Select[*tuple[Any, ...]]:
    is_live = sa.and_(Purchase.asset_id == Asset.id, Purchase.state != PurchaseState.ABANDONED)
    return (
        ROWS.query()
        .add_columns(
            Account.reseller_id,
            _reseller.name.label("reseller_name"),
            Product.name.label("product_name"),
            Purchase.state.label("purchase_state"),
            Purchase.error_code,
            Purchase.error_message,
        )
        .outerjoin(_reseller, _reseller.id == Account.reseller_id)
        .join(Product, Product.id == Asset.product_id)
        .outerjoin(Purchase, is_live)
    )


def _row(viewer: Viewer, row: Any) -> BssAssetRow:
    return BssAssetRow(
        **vars(ROWS.row(viewer, row)),
        account_name=row.customer_name,
        reseller_id=row.reseller_id,
        reseller_name=row.reseller_name,
        product_name=row.product_name,
        reason=_reason(viewer, row),
    )


def _reason(viewer: Viewer, row: Any) -> str | None:
    if row.purchase_state not in {PurchaseState.FAILED, PurchaseState.UNKNOWN}:
        return None  # an older refusal is no reason of a purchase that is under way again
    return words_for(viewer, row.error_code, row.error_message)


BSS_ROWS = RowKind(query=_query, row=_row)


def newest_assets(
    session: Session, viewer: Viewer, *filters: sa.ColumnElement[bool], limit: int
) -> tuple[BssAssetRow, ...]:
    order = (Asset.purchased_at.desc(), Asset.id.desc())
    return _some(session, viewer, filters, order, limit)


def next_to_expire(session: Session, viewer: Viewer, *, limit: int) -> tuple[BssAssetRow, ...]:
    """Active assets that end within 30 days, the first to end first."""
    return _some(session, viewer, [is_expiring()], (Asset.expires_key, Asset.id), limit)


def _some(
    session: Session,
    viewer: Viewer,
    filters: Sequence[sa.ColumnElement[bool]],
    order: Sequence[Any],
    limit: int,
) -> tuple[BssAssetRow, ...]:
    query = _query().where(visible_to(viewer, Asset), *filters).order_by(*order).limit(limit)
    return tuple(_row(viewer, row) for row in session.execute(query))


def as_bss_rows(rows: Iterable[AssetRow]) -> Iterable[BssAssetRow]:
    """Rows of a list that was asked for BSS_ROWS."""
    return cast("Iterable[BssAssetRow]", rows)
