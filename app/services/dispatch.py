"""Wakes what is due, every second; does the work itself while Redis is away."""

from uuid import UUID

import sqlalchemy as sa
import structlog

from app.database import POSTGRESQL_IS_AWAY, let_go, transaction
from app.domain.access import SYSTEM_SCOPE
from app.models import Purchase
from app.queueing import ring
from app.services import purchases
from app.services.control import may_dispatch
from app.services.heartbeats import beat
from app.services.provider_gate import is_paused
from app.services.purchases import PurchaseDriver

log = structlog.get_logger()

_AT_ONCE = 200
_WOKEN_FOR_SECONDS = 15  # a bell that nobody answered is rung again after that


def dispatch_once(*, driver: PurchaseDriver) -> int:
    """Wake everything that is due; returns how many. Any number of dispatchers is harmless.

    Nothing is due while provisioning is off, and for a dispatcher of an old epoch.
    """
    due = _take_due() if may_dispatch(driver.epoch) else []
    is_degraded = _deliver(due, driver)
    beat(driver, "dispatcher", is_degraded=is_degraded)
    return len(due)


def _take_due() -> list[UUID]:
    """Mark what is due as woken, so that a slow pool is not flooded with the same ids."""
    now = sa.func.now()
    stale = now - sa.func.make_interval(0, 0, 0, 0, 0, 0, _WOKEN_FOR_SECONDS)
    due = (
        sa.select(Purchase.id)
        .where(
            Purchase.next_run_at <= now,
            sa.or_(Purchase.lease_until.is_(None), Purchase.lease_until < now),
            sa.or_(Purchase.woken_at.is_(None), Purchase.woken_at < stale),
            ~is_paused(),
        )
        .order_by(Purchase.next_run_at, Purchase.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    with transaction(SYSTEM_SCOPE) as session:
        woken = session.scalars(
            sa.update(Purchase)
            .where(Purchase.id.in_(due))
            .values(woken_at=now)
            .returning(Purchase.id)
            .execution_options(synchronize_session=False)
        )
        return list(woken)


def _deliver(due: list[UUID], driver: PurchaseDriver) -> bool:
    """Ring for each; from the first that finds Redis away, run the steps here. True: degraded."""
    is_degraded = False
    for purchase_id in due:
        is_degraded = is_degraded or not ring(purchase_id)
        if is_degraded:
            log.warning("dispatch.degraded", purchase_id=str(purchase_id))
            _step_here(purchase_id, driver)
    return is_degraded


def _step_here(purchase_id: UUID, driver: PurchaseDriver) -> None:
    """As a worker does it: an error that nobody foresees is that purchase's alone, which is due
    again once its lease is over."""
    try:
        purchases.step(purchase_id, driver=driver)
    except POSTGRESQL_IS_AWAY:
        raise
    except Exception:
        log.exception("dispatch.step_failed", purchase_id=str(purchase_id))
        let_go()
