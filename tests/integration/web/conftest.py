"""Apps for the tests of app/web: with views that go wrong, on lines that can be cut."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import abort, request

from app import create_app
from app.database import db, reading
from app.domain.access import SYSTEM_SCOPE, Permission
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.web.policy import policy
from tests.support.cable import Cable
from tests.support.html import CheckedClient
from tests.support.waiting import wait_until

DOMAIN_ERRORS = {
    "not-found": NotFoundError(),
    "not-allowed": NotAllowedError("Ask your administrator."),
    "conflict": ConflictError("Nikos changed it."),
    "invalid": InvalidError("That cannot be."),
}


@policy(public=True)
def fail(status):
    if status == 500:
        raise ZeroDivisionError
    abort(status)


@policy(public=True)
def fail_by(kind):
    raise DOMAIN_ERRORS[kind]


@policy(public=True)
def take():
    return request.form.get("x", "")


def forgotten():
    return "nobody said who may see this"


@policy(write=Permission.VIEW_STOREFRONT)
def write_only():
    return "written"


@policy(public=True)
def idle(then):
    """Idle in a transaction until PostgreSQL has ended the session; `then` ask it, or do not."""
    session = reading(SYSTEM_SCOPE)
    pid = session.scalar(sa.text("SELECT pg_backend_pid()"))
    session.execute(
        sa.text("SELECT set_config('idle_in_transaction_session_timeout', '50ms', true)")
    )
    wait_until(lambda: not _is_connected(pid), what="PostgreSQL to end the session")
    if then == "ask":
        session.scalar(sa.text("SELECT 1"))
    return "answered"


def _is_connected(pid):
    with db.engine.connect() as connection:
        asked = sa.text("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = :pid)")
        return connection.scalar(asked, {"pid": pid})


def add_views(flask_app):
    flask_app.add_url_rule("/idle/<then>", "idle", idle)
    flask_app.add_url_rule("/fail/<int:status>", "fail", fail, methods=["GET", "POST"])
    flask_app.add_url_rule("/fail-by/<kind>", "fail_by", fail_by)
    flask_app.add_url_rule("/take", "take", take, methods=["POST"])
    flask_app.add_url_rule("/forgotten", "forgotten", forgotten)
    flask_app.add_url_rule("/write-only", "write_only", write_only, methods=["GET", "POST"])


@pytest.fixture(scope="session")
def failing_app(settings):
    flask_app = create_app(settings)
    flask_app.test_client_class = CheckedClient
    add_views(flask_app)
    yield flask_app
    with flask_app.app_context():
        db.engine.dispose()


@pytest.fixture
def failing_client(app, failing_app):
    """`app` empties the tables."""
    return failing_app.test_client()


@pytest.fixture
def cables(settings):
    """PostgreSQL and Redis, each behind a line of its own."""
    url = sa.make_url(settings.database_url)
    redis = sa.make_url(settings.redis_url)
    found = {"postgresql": Cable(url.host, url.port), "redis": Cable(redis.host, redis.port)}
    yield found
    for cable in found.values():
        cable.cut()


@pytest.fixture
def app_on_cables(app, settings, cables):
    """The app, reaching its servers over lines that can be cut."""
    through = replace(
        settings,
        database_url=sa.make_url(settings.database_url)
        .set(port=cables["postgresql"].port)
        .render_as_string(hide_password=False),
        redis_url=sa.make_url(settings.redis_url)
        .set(port=cables["redis"].port)
        .render_as_string(hide_password=False),
    )
    flask_app = create_app(through)
    flask_app.test_client_class = CheckedClient
    yield flask_app
    with flask_app.app_context():
        db.engine.dispose()
