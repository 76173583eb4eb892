"""What all tests share: the servers of the session, the app on an empty database, a client.

Each test process has its own database. The sandbox is the one double there is.
"""

import datetime as dt
import gc
import hashlib
import os
import secrets
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from app import create_app
from app.config import Settings
from app.database import db
from app.domain.purchase import PurchaseState
from app.models import Provider, Purchase, UserSession
from app.services.purchases import step
from embedded.for_tests import Servers
from tests import factories
from tests.support.empty_tables import empty_tables
from tests.support.html import CheckedClient
from tests.support.sandbox import Sandbox
from tests.support.statements import max_queries

REPOSITORY = Path(__file__).parent.parent


def pytest_collection_finish():
    """What was imported lives as long as the tests: not looked through for garbage again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    with Servers(tmp_path_factory.mktemp("servers"), with_sandbox=True) as started:
        yield started


@pytest.fixture(scope="session")
def owner_engine(servers):
    """A migrated database of this test process, as its owner."""
    name = f"test_{uuid4().hex[:12]}"
    admin = sa.create_engine(servers.database_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    url = sa.make_url(servers.database_url).set(database=name)
    _migrate(url.render_as_string(hide_password=False))
    engine = sa.create_engine(url)
    factories.session.configure(bind=engine)
    yield engine
    factories.session.remove()
    engine.dispose()


@pytest.fixture(scope="session")
def superuser_engine(servers, owner_engine):
    """The same database, as one whom nothing stops."""
    url = sa.make_url(servers.postgresql.superuser_url).set(database=owner_engine.url.database)
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def _migrate(url):
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = url
    try:
        command.upgrade(Config(toml_file=REPOSITORY / "pyproject.toml"), "head")
    finally:
        os.environ.pop("DATABASE_URL")
        if before is not None:
            os.environ["DATABASE_URL"] = before


@pytest.fixture(scope="session")
def settings(servers, owner_engine):
    environment = servers.environment(
        ENTREPOT_ENV="test",
        MICROSOFT_READS_PER_MINUTE="60000",
        DATABASE_URL=owner_engine.url.render_as_string(hide_password=False),
    )
    return Settings.from_env(environment)


@pytest.fixture(scope="session")
def the_app(settings):
    flask_app = create_app(settings)
    flask_app.test_client_class = CheckedClient
    yield flask_app
    with flask_app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(the_app, superuser_engine):
    """The app with empty tables and an empty queue. No context is pushed: views push theirs."""
    empty_tables(superuser_engine)
    the_app.extensions["queue"].connection.flushdb()
    factories.session.rollback()
    yield the_app
    factories.session.remove()


@pytest.fixture
def app_context(app):
    """For tests that call services directly, without a request."""
    with app.app_context():
        yield


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def sign_in(client):
    """Sign a user in with `client`, by a session row of its own and without the form."""

    def as_user(user, *, into=client):
        token = secrets.token_urlsafe(32)
        factories.session.add(
            UserSession(
                token_hash=hashlib.sha256(token.encode()).hexdigest(),
                user_id=user.id,
                account_id=user.account_id,
                tenant_id=user.tenant_id,
                ends_at=factories.NOW + dt.timedelta(hours=12),
            )
        )
        factories.session.commit()
        with into.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return into

    return as_user


@pytest.fixture
def run_jobs(app):
    """What is on the queue, through a real RQ worker."""

    def run():
        queue = app.extensions["queue"]
        with app.app_context():
            worker = SimpleWorker([queue], connection=queue.connection, serializer=JSONSerializer)
            worker.work(burst=True, logging_level="ERROR")

    return run


@pytest.fixture
def settle(app):
    """Let every purchase run until it waits for something other than time; no sleeping."""

    def until_final(rounds=12):
        driver = app.extensions["purchase_driver"]
        with app.app_context():
            for _ in range(rounds):
                for purchase_id in make_due():
                    step(purchase_id, driver=driver)

    return until_final


def make_due():
    """Bring forward what waits, Microsoft's pauses too; the ids that are not final."""
    factories.session.execute(sa.update(Provider).values(pause_until=None, probe_until=None))
    moved = factories.session.scalars(
        sa.update(Purchase)
        .where(Purchase.next_run_at.is_not(None))
        .where(Purchase.state.not_in([PurchaseState.SYNCHRONIZED, PurchaseState.FAILED]))
        .values(next_run_at=sa.func.now())
        .returning(Purchase.id)
        .execution_options(synchronize_session=False)
    ).all()
    factories.session.commit()
    return moved


@pytest.fixture
def sandbox(servers):
    """Microsoft, without faults and with nothing bought but the demo's own orders."""
    control = Sandbox(servers.sandbox_url, servers.settings.state_dir)
    control.reset()
    control.change(list_lag_seconds=0, order_pending_seconds=0, subscription_id_delay_seconds=0)
    yield control
    control.reset()  # no fault is left for whoever does not ask for this fixture


@pytest.fixture
def at_most(the_app):
    """`with at_most(6): client.get(…)` fails on the seventh SQL statement."""
    with the_app.app_context():
        engine = db.engine
    return lambda most: max_queries(engine, most)
