"""The doctor's checks: each says what it found in order, or raises BrokenError with what to do."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

import app.models  # noqa: F401  # completes the metadata
from app.cli.tables import migrations
from app.config import Settings
from app.database import APP_ROLE, Base
from app.domain.access import ScopeKind
from app.integrations.microsoft import PartnerCenterClient, TokenSource
from app.queueing import connect_redis
from app.services.microsoft_connection import open_tokens

_OLDEST_POSTGRESQL = 15
_OLDEST_REDIS = (6, 2)
_LONGEST_SILENCE = dt.timedelta(seconds=60)
_CONNECT_SECONDS = 3


class BrokenError(Exception):
    """What is wrong and what to do, in words for people."""


@dataclass(frozen=True)
class Check:
    name: str
    look: Callable[[Settings], str]
    needs: tuple[str, ...] = ()


@contextmanager
def _owner(settings: Settings) -> Iterator[sa.Connection]:
    """As the login of DATABASE_URL, before it steps down to the app's role; sees every row."""
    engine = sa.create_engine(
        settings.database_url,
        poolclass=sa.NullPool,
        connect_args={"connect_timeout": _CONNECT_SECONDS},
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f"SET entrepot.scope = '{ScopeKind.ALL}'"))
        yield connection


def _keys(settings: Settings) -> str:
    if settings.secret_key == settings.encryption_key:
        raise BrokenError("SECRET_KEY and ENCRYPTION_KEY are the same: make two.")
    return "two keys"


def _postgresql(settings: Settings) -> str:
    with _owner(settings) as connection:
        number = connection.scalar(sa.text("SELECT current_setting('server_version_num')::int"))
    version = int(number or 0) // 10_000
    if version < _OLDEST_POSTGRESQL:
        raise BrokenError(
            f"This is PostgreSQL {version}; it must be {_OLDEST_POSTGRESQL} or later."
        )
    return f"version {version}"


def _tables(settings: Settings) -> str:
    newest = ScriptDirectory.from_config(migrations()).get_current_head()
    with _owner(settings) as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != newest:
        state = f"at migration {current}, not {newest}" if current else "not there"
        raise BrokenError(f"The tables are {state}: run `entrepot migrate`.")
    return f"at migration {current}"


def _walls(settings: Settings) -> str:
    """The app's role owns nothing, may not pass by the walls, and sees nothing without a scope."""
    owned = [table.name for table in Base.metadata.sorted_tables if "account_id" in table.columns]
    with _owner(settings) as connection:
        role = connection.execute(_ROLE, {"role": APP_ROLE}).mappings().one()
        open_tables = connection.scalars(_OPEN_TABLES, {"tables": ["accounts", *owned]}).all()
        if role["has_power"]:
            raise BrokenError(f"Take superuser and bypassrls from the role {APP_ROLE}.")
        if role["owned"]:
            raise BrokenError(f"The role {APP_ROLE} owns {role['owned']} tables: it must own none.")
        if open_tables:
            raise BrokenError(f"Row-level security is not forced on {', '.join(open_tables)}.")
        connection.execute(sa.text(f"SET ROLE {APP_ROLE}"))
        connection.execute(sa.text("SET entrepot.scope = ''"))
        if connection.scalar(sa.text("SELECT EXISTS (SELECT FROM accounts)")):
            raise BrokenError("Rows are visible without a scope: the policies were changed.")
    return f"row-level security on {len(owned) + 1} tables"


_ROLE = sa.text(
    "SELECT rolsuper OR rolbypassrls AS has_power,"
    " (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) AS owned"
    " FROM pg_roles WHERE rolname = :role"
)
_OPEN_TABLES = sa.text(
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " AND relname = ANY(:tables) AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY 1"
)


def _demo_data(settings: Settings) -> str:
    with _owner(settings) as connection:
        has_demo = connection.scalar(sa.text("SELECT EXISTS (SELECT FROM users WHERE is_demo)"))
    if has_demo and settings.is_production:
        raise BrokenError("Demo users with a published password are in here: use another database.")
    return "loaded" if has_demo else "none"


def _provisioning(settings: Settings) -> str:
    with _owner(settings) as connection:
        row = connection.execute(sa.text("SELECT * FROM control")).mappings().one()
    if not row["provisioning_enabled"]:
        reason = row["reason"] or "no reason is noted"
        raise BrokenError(f"Nothing is bought ({reason}): enable it in the table `control`.")
    if row["min_epoch"] > settings.epoch:
        raise BrokenError(
            f"ENTREPOT_EPOCH is {settings.epoch}, purchases need {row['min_epoch']} or more."
        )
    return "enabled"


def _dispatcher(settings: Settings) -> str:
    """Any that was heard lately; which of them keeps the schedule is theirs to agree."""
    with _owner(settings) as connection:
        row = (
            connection.execute(
                sa.text(
                    "SELECT *, now() - at AS age FROM heartbeats"
                    " WHERE kind = 'dispatcher' ORDER BY at DESC"
                )
            )
            .mappings()
            .first()
        )
    if row is None:
        raise BrokenError("None was ever alive: start `entrepot dispatch`.")
    if row["age"] > _LONGEST_SILENCE:
        raise BrokenError(f"Not heard since {row['at']:%Y-%m-%d %H:%M} UTC: start it again.")
    return "works without Redis" if row["is_degraded"] else "alive"


def _redis(settings: Settings) -> str:
    redis = connect_redis(settings.redis_url)
    version = str(redis.info("server")["redis_version"])
    redis.close()
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_REDIS:
        raise BrokenError(f"This is Redis {version}; it must be 6.2 or later.")
    return f"version {version}"


def _worker(settings: Settings) -> str:
    redis: Redis = connect_redis(settings.redis_url)
    queue = Queue(settings.queue_name, connection=redis, serializer=JSONSerializer)
    longest_ago = dt.datetime.now(dt.UTC) - _LONGEST_SILENCE
    beats = [worker.last_heartbeat for worker in Worker.all(queue=queue)]
    redis.close()
    alive = sum(beat is not None and beat.replace(tzinfo=dt.UTC) > longest_ago for beat in beats)
    if not alive:
        raise BrokenError(f"None listens on {settings.queue_name}: start worker.py.")
    return f"{alive} on {settings.queue_name}"


def _microsoft_app(settings: Settings) -> str:
    tokens = _tokens(settings)
    try:
        tokens.app_token()
    finally:
        tokens.close()
    return f"a token at {settings.microsoft.login_url}"


def _microsoft_user(settings: Settings) -> str:
    tokens = _tokens(settings)
    try:
        tokens.user_token()
    finally:
        tokens.close()
    return "a token with the partner's user"


def _partner_center(settings: Settings) -> str:
    client = PartnerCenterClient(settings.microsoft, _tokens(settings))
    try:
        customers = client.list_customers()
    finally:
        client.close()
    return f"{len(customers)} customers at {settings.microsoft.partner_center_url}"


def _tokens(settings: Settings) -> TokenSource:
    return open_tokens(settings)


CHECKS = (
    Check("keys", _keys),
    Check("PostgreSQL", _postgresql),
    Check("tables", _tables, needs=("PostgreSQL",)),
    Check("walls", _walls, needs=("PostgreSQL", "tables")),
    Check("demo data", _demo_data, needs=("PostgreSQL", "tables")),
    Check("provisioning", _provisioning, needs=("PostgreSQL", "tables")),
    Check("dispatcher", _dispatcher, needs=("PostgreSQL", "tables")),
    Check("Redis", _redis),
    Check("worker", _worker, needs=("Redis",)),
    Check("Microsoft, app", _microsoft_app, needs=("PostgreSQL", "tables")),
    Check("Microsoft, app+user", _microsoft_user, needs=("PostgreSQL", "tables")),
    Check("Partner Center", _partner_center, needs=("Microsoft, app",)),
)
