"""Signs of life: of dispatchers and workers, and of the system's start."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.database import lend_eyes, transaction
from app.domain.access import SYSTEM_SCOPE
from app.models import Heartbeat
from app.services.purchases import PurchaseDriver

START = "start"  # the kind of the row that says when the system was started last


def note_start(connection: sa.Connection) -> None:
    """Say that the system is being started: its dispatcher cannot have been heard yet."""
    values = {"kind": START, "at": sa.func.now(), "is_degraded": False}
    lend_eyes(connection, SYSTEM_SCOPE)
    connection.execute(
        insert(Heartbeat)
        .values(name=START, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )


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
