"""The session, the one way to commit, and whose eyes PostgreSQL lends a transaction.

Every transaction begins by telling PostgreSQL how far it may see (row-level security). Without
a scope it sees nothing.
"""

import datetime as dt
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, registry

from app.config import Settings
from app.domain.access import SYSTEM_SCOPE, Scope

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

APP_ROLE = "entrepot_app"

# A process that is frozen inside a transaction (SIGSTOP, a paused virtual machine) would keep its
# rows locked for as long as it sleeps: PostgreSQL ends such a session, and others go on.
_SESSION_OPTIONS = "-c timezone=UTC -c idle_in_transaction_session_timeout=10s"

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


@sa.event.listens_for(Session, "after_begin")
def _tell_postgresql_who_looks(
    session: Session, _transaction: SessionTransaction, connection: sa.Connection
) -> None:
    scope: Scope | None = session.info.get("scope")
    if scope is None:
        return
    _lend_eyes(connection, scope)


def _lend_eyes(connection: sa.Connection, scope: Scope) -> None:
    connection.execute(
        sa.text(
            "SELECT set_config('entrepot.scope', :kind, true),"
            " set_config('entrepot.account_id', :account_id, true)"
        ),
        {"kind": scope.kind.value, "account_id": str(scope.account_id or "")},
    )


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
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)
        session.info.pop("before_commit", None)


def asked_again_if_unsure(act: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """For what is harmless twice: done once more where the connection broke on the way.

    What got lost may be the answer to the COMMIT, and then nobody knows whether it was stored.
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
    _lend_eyes(session.connection(), SYSTEM_SCOPE)
    try:
        yield
        session.flush()
    except BaseException:
        session.rollback()
        raise
    _lend_eyes(session.connection(), own)


@contextmanager
def connection_apart(scope: Scope) -> Iterator[sa.Connection]:
    """A transaction on a connection of its own, whatever the session is in the middle of."""
    with db.engine.begin() as connection:
        _lend_eyes(connection, scope)
        yield connection


def before_commit(write: Callable[[Session, list[Any]], None], entry: Any) -> None:
    """Have `write` called once with all its entries, as the last thing in the open transaction.

    Forgotten on rollback.
    """
    db.session().info.setdefault("before_commit", {}).setdefault(write, []).append(entry)


def after_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once the open transaction is safely stored; forgotten on rollback."""
    db.session().info.setdefault("after_commit", []).append(callback)
