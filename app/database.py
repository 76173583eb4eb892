"""The session, the one way to commit, and whose eyes PostgreSQL lends a transaction.

Every transaction begins by telling PostgreSQL how far it may see (row-level security). Without
a scope it sees nothing.
"""

import datetime as dt
import functools
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import psycopg
import sqlalchemy as sa
import structlog
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, registry

from app.config import Settings
from app.domain.access import SYSTEM_SCOPE, Scope

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

log = structlog.get_logger()

APP_ROLE = "entrepot_app"

# What a process that lives on waits out.
POSTGRESQL_IS_AWAY = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.TimeoutError,
    psycopg.OperationalError,  # while a new connection is being set up
)

# A process that is frozen inside a transaction (SIGSTOP, a paused virtual machine) would keep its
# rows locked for as long as it sleeps: PostgreSQL ends such a session, and others go on. Who only
# reads locks no rows, and may be busy with a long page. Where one frozen process follows another at
# the same row, who waits behind them gives up all the same.
# A page of any place costs a little more than the next one, as on every disk without a needle:
# with the default of 4 PostgreSQL walks past 60,000 rows rather than along the index that fits.
_SESSION_OPTIONS = (
    "-c timezone=UTC -c idle_in_transaction_session_timeout=10s -c lock_timeout=4s"
    " -c random_page_cost=1.1"
)
_IDLING = "idle_in_transaction_session_timeout"
_IDLE_WITH_LOCKS = "3s"
_LONG_WORK = "60s"
_ASKED_TIMES, _ASKED_EVERY_SECONDS = 10, 0.1

_metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Base(DeclarativeBase):
    # in the body, not as `type_annotation_map`: Flask-SQLAlchemy copies the class body
    registry = registry(
        metadata=_metadata,
        type_annotation_map={
            str: sa.Text,
            UUID: sa.Uuid,
            Decimal: sa.Numeric(18, 4),
            dt.datetime: sa.TIMESTAMP(timezone=True),
            dict[str, Any]: JSONB,
            list[str]: JSONB,
        },
    )


db = SQLAlchemy(model_class=Base)


def init_database(app: Flask, settings: Settings) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_pre_ping": True,  # a PostgreSQL that came back needs no restart of ours
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": 5,
        "hide_parameters": True,  # a traceback in a log carries nobody's data
        "connect_args": {"connect_timeout": 3, "options": _SESSION_OPTIONS},
    }
    db.init_app(app)
    app.teardown_appcontext(let_go)  # runs before the extension's own
    with app.app_context():
        sa.event.listen(db.engine, "connect", _become_app_role)


def _become_app_role(connection: DBAPIConnection, _record: object) -> None:
    """The app owns nothing: row-level security holds for it whatever the login may do."""
    try:
        cursor = connection.cursor()
        cursor.execute(f"SET ROLE {APP_ROLE}")
        cursor.close()
        connection.commit()
    except BaseException:
        connection.close()  # a pool that never got it would not
        raise


def let_go(_error: BaseException | None = None) -> None:
    """Give the session back once the work is done; one that PostgreSQL has ended by now is
    forgotten and changes nothing about it.
    """
    try:
        db.session.remove()
    except sa.exc.DBAPIError as error:
        log.warning("postgresql.session_was_gone", error=type(error.orig).__name__)
        db.session().invalidate()


@sa.event.listens_for(Session, "after_begin")
def _tell_postgresql_who_looks(
    session: Session, _transaction: SessionTransaction, connection: sa.Connection
) -> None:
    scope: Scope | None = session.info.get("scope")
    if scope is None:
        return
    limits = {_IDLING: _IDLE_WITH_LOCKS} if session.info.get("writing") else {}
    _set_until_its_end(connection, _eyes(scope) | limits)


def lend_eyes(connection: sa.Connection, scope: Scope) -> None:
    """Let the open transaction of this connection see as far as `scope`."""
    _set_until_its_end(connection, _eyes(scope))


def _eyes(scope: Scope) -> dict[str, str]:
    return {
        "entrepot.scope": scope.kind.value,
        "entrepot.account_id": str(scope.account_id or ""),
    }


def _set_until_its_end(connection: sa.Connection, settings: dict[str, str]) -> None:
    """Tell PostgreSQL these settings for the open transaction, in one statement."""
    values = {f"value_{number}": value for number, value in enumerate(settings.values())}
    connection.execute(_telling(tuple(settings)), values)


@functools.cache
def _telling(names: tuple[str, ...]) -> sa.Select[Any]:
    """Made once: every transaction begins with it."""
    values = (sa.bindparam(f"value_{number}", type_=sa.Text) for number in range(len(names)))
    return sa.select(*map(sa.func.set_config, names, values, itertools.repeat(True)))


@sa.event.listens_for(Session, "after_commit")
def _run_after_commit(session: Session) -> None:
    for callback in session.info.pop("after_commit", []):
        callback()


@sa.event.listens_for(Session, "after_soft_rollback")
def _forget_after_rollback(session: Session, _previous: SessionTransaction) -> None:
    session.info.pop("after_commit", None)


def reading(scope: Scope) -> Session:
    """The session, seeing as far as `scope`. Reads only: nothing of it is ever committed."""
    session = db.session()
    current: Scope | None = session.info.get("scope")
    if current != scope:
        if session.info.get("writing"):
            raise RuntimeError("A transaction is open for another viewer.")
        session.rollback()
        session.info["scope"] = scope
    return session


@contextmanager
def transaction(scope: Scope) -> Iterator[Session]:
    """The one transaction that writes; commits at the end, rolls back on any exception.

    Never hold it over a call to another system.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("Transactions do not nest.")
    session.rollback()
    session.info.update(scope=scope, writing=True)
    try:
        yield session
        session.flush()
        for write, entries in session.info.pop("before_commit", {}).items():
            write(session, entries)
        _commit(session)
    except BaseException:
        _roll_back(session)
        raise
    finally:
        session.info.pop("writing", None)
        session.info.pop("before_commit", None)


def _roll_back(session: Session) -> None:
    """Whatever the connection is in the middle of: it hides no error, and no wish to stop."""
    try:
        session.rollback()
    except sa.exc.DBAPIError:
        session.invalidate()


def _commit(session: Session) -> None:
    """Commit. Where the answer gets lost, PostgreSQL is asked what became of it."""
    number = None
    if session.in_transaction():
        mine = sa.func.pg_current_xact_id_if_assigned()
        number = session.scalar(sa.select(sa.cast(mine, sa.Text)))
    callbacks = list(session.info.get("after_commit", ()))
    try:
        session.commit()
    except sa.exc.DBAPIError as error:
        if number is None or not error.connection_invalidated or not _is_stored(number):
            raise
        log.warning("postgresql.commit_answer_was_lost")
        session.rollback()
        for callback in callbacks:
            callback()


def _is_stored(number: str) -> bool:
    """Whether the transaction was committed; False, too, where PostgreSQL cannot say it soon."""
    asked = sa.text("SELECT pg_xact_status(CAST(:number AS xid8))")
    for _ in range(_ASKED_TIMES):
        with db.engine.connect() as connection:
            status = connection.scalar(asked, {"number": number})
        if status != "in progress":
            return bool(status == "committed")
        time.sleep(_ASKED_EVERY_SECONDS)
    return False


def may_take_long(session: Session) -> None:
    """For work on thousands of rows: the open transaction may think, and wait, for a minute."""
    limits = {_IDLING: _LONG_WORK, "lock_timeout": _LONG_WORK}
    _set_until_its_end(session.connection(), limits)


def asked_again_if_unsure(act: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """For what is harmless twice: done once more where the connection broke on the way.

    That a COMMIT whose answer got lost was stored, `transaction` finds out; but the line may break
    earlier, or PostgreSQL not know yet.
    """

    @functools.wraps(act)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return act(*args, **kwargs)
        except sa.exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return act(*args, **kwargs)

    return run


@contextmanager
def seeing_all(session: Session) -> Iterator[None]:
    """Within the open transaction see every row, then as before.

    For what a transaction must write for somebody else, such as the invoice to the reseller of
    whoever orders. Nothing that is read in here may reach the viewer. An exception ends the
    transaction, so that nobody goes on with these eyes.
    """
    own: Scope = session.info["scope"]
    session.flush()
    lend_eyes(session.connection(), SYSTEM_SCOPE)
    try:
        yield
        session.flush()
    except BaseException:
        session.rollback()
        raise
    lend_eyes(session.connection(), own)


@contextmanager
def connection_apart(scope: Scope) -> Iterator[sa.Connection]:
    """A transaction on a connection of its own, whatever the session is in the middle of."""
    with db.engine.begin() as connection:
        lend_eyes(connection, scope)
        yield connection


def before_commit(write: Callable[[Session, list[Any]], None], entry: Any) -> None:
    """Have `write` called once with all its entries, as the last thing in the open transaction.

    Forgotten on rollback.
    """
    db.session().info.setdefault("before_commit", {}).setdefault(write, []).append(entry)


def after_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once the open transaction is safely stored; forgotten on rollback."""
    db.session().info.setdefault("after_commit", []).append(callback)
