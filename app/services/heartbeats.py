"""Signs of life of dispatchers and workers."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.models import Heartbeat
from app.services.purchases import PurchaseDriver


def beat(driver: PurchaseDriver, kind: str, *, is_degraded: bool = False) -> None:
    """Say that this process lives. `kind` is dispatcher or worker."""
    values = {
        "kind": kind,
        "at": sa.func.now(),
        "epoch": driver.epoch,
        "is_degraded": is_degraded,
    }
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(
            insert(Heartbeat)
            .values(name=driver.worker, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )
