"""The dispatcher as a process."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from app.domain.assets import AssetStatus
from app.domain.purchase import PurchaseState
from app.models import Asset, Heartbeat
from embedded.postgresql import PostgreSQL
from tests import factories
from tests.factories import (
    NOW,
    AccountFactory,
    PurchaseFactory,
    ReservationFactory,
    SubscriptionFactory,
)
from tests.support.buying import new_reservation, purchase_of, queue_purchase
from tests.support.waiting import wait_until

ENTREPOT = str(Path(sys.executable).with_name("entrepot"))


def until(process, event):
    """Read the log up to this event. What is no log is a fault, shown whole."""
    for line in process.stderr:
        assert line.startswith("{"), line + process.stderr.read()
        if json.loads(line)["event"] == event:
            return
    raise AssertionError(f"The dispatcher ended before {event}.")


def test_it_keeps_the_schedule_beats_and_stops_sooner_than_it_starts(app, start):
    asset = ReservationFactory(expires_on=NOW.date())
    PurchaseFactory(asset=asset)
    started_at = time.monotonic()
    process = start(ENTREPOT, "dispatch")
    until(process, "dispatch.expired")

    asked_at = time.monotonic()
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=60) == 0
    assert time.monotonic() - asked_at < asked_at - started_at
    factories.session.expire_all()
    assert factories.session.query(Heartbeat).count() == 1
    assert factories.session.get_one(Asset, asset.id).status is AssetStatus.EXPIRED


def test_it_outlives_a_postgresql_that_goes_away(start, entrepot, tmp_path):
    postgresql = PostgreSQL(tmp_path, fast=True)
    try:
        url = postgresql.start()
        assert entrepot("migrate", DATABASE_URL=url).code == 0
        process = start(ENTREPOT, "dispatch", DATABASE_URL=url)
        until(process, "dispatch.expired")

        postgresql.stop()
        until(process, "dispatch.postgresql_away")
        assert postgresql.start() == url
        until(process, "dispatch.postgresql_back")

        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
    finally:
        postgresql.stop()
        postgresql.remove()


def test_it_notices_a_database_that_came_out_of_a_backup(start, entrepot, tmp_path):
    """A point-in-time recovery ends on another timeline of the same cluster."""
    postgresql = PostgreSQL(tmp_path, fast=True)
    try:
        url = postgresql.start()
        assert entrepot("migrate", DATABASE_URL=url).code == 0
        process = start(ENTREPOT, "dispatch", DATABASE_URL=url)
        until(process, "dispatch.expired")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        postgresql.stop()
        recover(postgresql.home / "data")

        assert postgresql.start() == url
        process = start(ENTREPOT, "dispatch", DATABASE_URL=url)

        until(process, "provisioning.restored_database")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        postgresql.stop()
        postgresql.remove()


def recover(data):
    """What restoring a base backup leaves: recovery up to the end of what was archived."""
    with (data / "postgresql.auto.conf").open("a") as configuration:
        configuration.write("restore_command = 'false'\n")
    signal_file = data / "recovery.signal"
    signal_file.touch()
    os.chown(signal_file, data.stat().st_uid, data.stat().st_gid)


def test_it_does_the_work_itself_while_redis_is_away(app, start, sandbox, owner_engine):
    purchase = PurchaseFactory(asset=ReservationFactory(), next_run_at=sa.func.now())
    process = start(ENTREPOT, "dispatch", REDIS_URL="redis://127.0.0.1:9/0")

    until(process, "purchase.claimed")

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    factories.session.expire_all()
    factories.session.refresh(purchase)
    assert purchase.fence == 1


def test_without_redis_it_buys_says_so_and_stays_within_its_budget(app_context, start, sandbox):
    account = AccountFactory()
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    reservation = new_reservation(plan, account)
    queue_purchase(reservation)
    purchase_of(reservation).woken_at = None
    factories.session.commit()
    process = start(ENTREPOT, "dispatch", REDIS_URL="redis://127.0.0.1:9/0")

    until(process, "call_budget.redis_is_away")
    wait_until(
        lambda: purchase_of(reservation).state is PurchaseState.SYNCHRONIZED, what="the purchase"
    )

    assert sandbox.orders_of(reservation) == 1
    factories.session.expire_all()
    assert [beat.is_degraded for beat in factories.session.query(Heartbeat)] != []
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_it_does_not_wait_for_microsoft_when_asked_to_stop(app, start, sandbox):
    sandbox.fault("entitlements", "slow:38")
    PurchaseFactory(asset=ReservationFactory(), next_run_at=sa.func.now())
    process = start(ENTREPOT, "dispatch", REDIS_URL="redis://127.0.0.1:9/0")
    until(process, "microsoft.token_fetched")

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=25) == 0
    assert "dispatch.stopped_in_the_middle" in process.stderr.read()
