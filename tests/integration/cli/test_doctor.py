import sys

import pytest
import sqlalchemy as sa

from app.models import Heartbeat
from tests import factories
from tests.factories import UserFactory
from tests.support.waiting import wait_until


@pytest.fixture
def dispatcher_is_alive(app):
    factories.session.add(Heartbeat(name="here:1", is_degraded=False))
    factories.session.commit()


def findings(ended):
    """Each line: name → (ok or broken, words)."""
    found = {}
    for line in ended.out.splitlines():
        found[line[8:28].strip()] = (line[:7].strip(), line[29:])
    return found


def broken(ended):
    return {name: words for name, (state, words) in findings(ended).items() if state == "broken"}


def test_a_sound_installation_has_nothing_broken(
    entrepot, start, sandbox, dispatcher_is_alive, app
):
    worker = start(sys.executable, "worker.py")
    queue = app.extensions["queue"]
    wait_for_worker(queue, worker)

    ended = entrepot("doctor")

    assert broken(ended) == {}
    assert ended.code == 0
    assert "customers at https://" in findings(ended)["Partner Center"][1]


def wait_for_worker(queue, process):
    """Until the worker answers a job: it has registered by then."""
    job = queue.enqueue("app.jobs.purchases.step_purchase", "no id at all", result_ttl=60)
    wait_until(job.latest_result, what="the worker's first job")
    assert process.poll() is None


def test_nobody_who_works_is_said(entrepot, app, sandbox):
    ended = entrepot("doctor")

    assert ended.code == 1
    assert set(broken(ended)) == {"dispatcher", "worker"}
    assert "start `entrepot dispatch`" in broken(ended)["dispatcher"]


def test_a_dispatcher_that_fell_silent_is_said(entrepot, app, dispatcher_is_alive):
    factories.session.execute(sa.text("UPDATE heartbeats SET at = now() - interval '1 hour'"))
    factories.session.commit()

    assert "Not heard since" in broken(entrepot("doctor"))["dispatcher"]


def test_what_stands_on_something_broken_is_not_looked_at(entrepot):
    ended = entrepot("doctor", DATABASE_URL="postgresql://x:y@127.0.0.1:9/none")

    assert broken(ended)["PostgreSQL"].startswith("PostgreSQL does not answer")
    assert broken(ended)["walls"] == "Not looked at: PostgreSQL is broken."


def test_a_database_without_tables_is_said(entrepot, empty_database):
    ended = entrepot("doctor", DATABASE_URL=empty_database)

    assert "run `entrepot migrate`" in broken(ended)["tables"]


def test_a_redis_that_is_away_is_said(entrepot, app):
    ended = entrepot("doctor", REDIS_URL="redis://127.0.0.1:9/0")

    assert broken(ended)["Redis"].startswith("Redis does not answer")


@pytest.mark.parametrize(
    ("setting", "value", "check", "says"),
    [
        ("SECRET_KEY", None, "settings", "SECRET_KEY is not set"),
        ("ENCRYPTION_KEY", "x" * 40, "settings", "base64"),
        ("MICROSOFT_CLIENT_SECRET", "wrong", "Microsoft, app", "Microsoft:"),
        ("MICROSOFT_REFRESH_TOKEN", "wrong", "Microsoft, app+user", "Microsoft:"),
        ("MICROSOFT_CA_BUNDLE", None, "Microsoft, app", "not trusted"),
    ],
)
def test_a_setting_that_does_not_work_is_named(  # noqa: PLR0917
    entrepot, app, sandbox, setting, value, check, says
):
    ended = entrepot("doctor", **{setting: value})

    assert ended.code == 1
    assert says in broken(ended)[check]


def test_a_wall_that_was_taken_down_is_said(entrepot, app, owner_engine):
    with owner_engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE assets NO FORCE ROW LEVEL SECURITY"))
    try:
        ended = entrepot("doctor")
    finally:
        with owner_engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE assets FORCE ROW LEVEL SECURITY"))

    assert broken(ended)["walls"] == "Row-level security is not forced on assets."


def test_provisioning_that_is_off_is_said_with_its_reason(entrepot, app, owner_engine):
    with owner_engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE control SET provisioning_enabled = false, reason = 'a restore'")
        )

    ended = entrepot("doctor")

    assert "a restore" in broken(ended)["provisioning"]


def test_demo_users_in_production_are_said(entrepot, app):
    UserFactory(is_demo=True)

    ended = entrepot("doctor", ENTREPOT_ENV="production")

    assert "published password" in broken(ended)["demo data"]
