"""Whether this installation can serve: what /readyz says."""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa
import sqlalchemy.exc

from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.models.provisioning import Heartbeat

_MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
_LONGEST_SILENCE = dt.timedelta(seconds=60)

OK = "ok"
DEGRADED = "degraded"
DOWN = "down"


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """`ok`, `degraded` (it works, worse) or `down` (it does not)."""

    postgresql: str
    migrations: str
    redis: str
    dispatcher: str

    @property
    def is_ready(self) -> bool:
        return DOWN not in (self.postgresql, self.migrations)


def check(*, is_redis_up: bool) -> Readiness:
    redis = OK if is_redis_up else DEGRADED
    try:
        revision = _revision()
        dispatcher = _dispatcher() if revision == _newest_revision() else DEGRADED
    except (sqlalchemy.exc.OperationalError, sqlalchemy.exc.TimeoutError):
        return Readiness(postgresql=DOWN, migrations=DOWN, redis=redis, dispatcher=DEGRADED)
    return Readiness(
        postgresql=OK,
        migrations=OK if revision == _newest_revision() else DOWN,
        redis=redis,
        dispatcher=dispatcher,
    )


def _revision() -> str | None:
    session = reading(SYSTEM_SCOPE)
    if session.scalar(sa.select(sa.func.to_regclass("public.alembic_version"))) is None:
        return None
    revision: str | None = session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return revision


@cache
def _newest_revision() -> str | None:
    # Loaded by who asks, once: every other process would carry it for nothing.
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory(str(_MIGRATIONS)).get_current_head()


def _dispatcher() -> str:
    """Alive if any dispatcher was heard lately; degraded too while it works without Redis."""
    is_well = reading(SYSTEM_SCOPE).scalar(
        sa.select(sa.func.bool_or(sa.not_(Heartbeat.is_degraded))).where(
            Heartbeat.kind == "dispatcher", Heartbeat.at > sa.func.now() - _LONGEST_SILENCE
        )
    )
    return OK if is_well else DEGRADED
