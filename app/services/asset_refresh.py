"""Reading again from Microsoft what is bought already."""

import sqlalchemy as sa

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import AssetStatus
from app.domain.purchase import PurchaseState
from app.models import Asset, Purchase

_AT_ONCE = 500


def wake_synchronized_assets() -> int:
    """Make every active, synchronized asset due for a reading; returns how many.

    In short transactions, and never what is due or held already. Nothing of this can buy.
    """
    woken = 0
    while batch := _wake_some():
        woken += batch
    return woken


def _wake_some() -> int:
    is_active = sa.exists().where(Asset.id == Purchase.asset_id, Asset.status == AssetStatus.ACTIVE)
    now = sa.func.now()
    resting = (
        sa.select(Purchase.id)
        .where(
            Purchase.state == PurchaseState.SYNCHRONIZED,
            sa.or_(Purchase.next_run_at.is_(None), Purchase.next_run_at > now),
            sa.or_(Purchase.lease_until.is_(None), Purchase.lease_until < now),
            is_active,
        )
        .order_by(Purchase.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True, of=Purchase)
    )
    with transaction(SYSTEM_SCOPE) as session:
        woken = session.scalars(
            sa.update(Purchase)
            .where(Purchase.id.in_(resting))
            .values(next_run_at=now, attempts=0)
            .returning(Purchase.id)
            .execution_options(synchronize_session=False)
        )
        return len(woken.all())
