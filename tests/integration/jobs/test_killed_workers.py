"""Real worker processes, killed while Microsoft is being asked: one order in the end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.domain.purchase import PurchaseState
from app.models import Asset
from app.services.asset_editing import AssetEdit, save_asset
from app.services.dispatch import dispatch_once
from tests.factories import AccountFactory, SubscriptionFactory, session, viewer_of
from tests.support.back_office import staff
from tests.support.buying import new_reservation, purchase_of, queue_purchase, stored
from tests.support.html import page
from tests.support.person import fields_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("app_context")

WORKER = Path(__file__).parents[3] / "worker.py"


@pytest.fixture
def start_worker(servers, settings, tmp_path):
    """A worker as in production, but with a short lease."""
    environment = servers.environment(
        ENTREPOT_ENV="test",
        DATABASE_URL=settings.database_url,
        ENTREPOT_LEASE_SECONDS="3",
        MICROSOFT_READ_TIMEOUT="2",
    )
    started = []

    def start(**more):
        log = (tmp_path / f"worker-{len(started)}.log").open("w")
        process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, str(WORKER)], env=environment | more, stdout=log, stderr=log
        )
        started.append((process, log))
        return process

    yield start
    for process, log in started:
        process.kill()
        process.wait()
        log.close()


@pytest.fixture
def reservation(app, sandbox):
    account = AccountFactory()
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    return new_reservation(plan, account)


def asked(sandbox, since, path):
    return [
        request
        for request in sandbox.requests(since)
        if path in request["path"].casefold() and request["method"] == "POST"
    ]


@pytest.mark.parametrize("where", [pytest.param("/carts", marks=pytest.mark.proof), "/checkout"])
@pytest.mark.parametrize(
    "kill", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.proof)]
)
def test_a_worker_that_is_killed_while_asking_buys_nothing_twice(
    app, reservation, sandbox, start_worker, where, kill
):
    route = {"/carts": "create_cart", "/checkout": "checkout"}[where]
    sandbox.fault(route, "slow:1", times=1)
    since = sandbox.last_request()
    first = start_worker()
    queue_purchase(reservation)
    wait_until(lambda: asked(sandbox, since, where), what=f"a POST to {where}")

    first.send_signal(kill)
    first.wait(timeout=20)
    start_worker()

    def is_synchronized():
        dispatch_once(driver=app.extensions["purchase_driver"])
        return purchase_of(reservation).state is PurchaseState.SYNCHRONIZED

    wait_until(is_synchronized, what="the purchase to be synchronized")
    assert sandbox.orders_of(reservation) == 1


def test_a_worker_frozen_past_its_lease_wakes_up_and_harms_nothing(
    app, reservation, sandbox, start_worker
):
    sandbox.fault("checkout", "slow:1", times=1)
    since = sandbox.last_request()
    first = start_worker()
    queue_purchase(reservation)
    wait_until(lambda: asked(sandbox, since, "/checkout"), what="the checkout")
    os.kill(first.pid, signal.SIGSTOP)

    start_worker()

    def is_synchronized():
        dispatch_once(driver=app.extensions["purchase_driver"])
        return purchase_of(reservation).state is PurchaseState.SYNCHRONIZED

    wait_until(is_synchronized, what="another worker to finish it")
    os.kill(first.pid, signal.SIGCONT)
    first.terminate()
    first.wait(timeout=20)
    assert sandbox.orders_of(reservation) == 1
    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED


def test_nobody_waits_long_for_what_a_frozen_process_has_locked(
    app, reservation, start_worker, tmp_path
):
    hits = tmp_path / "hits"
    worker = start_worker(
        ENTREPOT_FAILPOINT="before_claim_commit:pause:seconds=90",
        ENTREPOT_FAILPOINT_HITS=str(hits),
    )
    queue_purchase(reservation)
    wait_until(hits.exists, what="the worker to hold the purchase's row")
    frozen = int(hits.read_text().split()[2])
    os.kill(frozen, signal.SIGSTOP)
    os.kill(worker.pid, signal.SIGSTOP)

    began = time.monotonic()
    save_asset(viewer_of(staff()), reservation.id, AssetEdit(version=1, notes="Waited"))
    waited = time.monotonic() - began

    os.kill(frozen, signal.SIGKILL)
    assert waited < 5
    assert stored(reservation).notes == "Waited"


def test_behind_one_frozen_process_after_another_people_are_told_to_come_again(
    client, sign_in, reservation
):
    """As many as there may be: who waits gives up by itself."""
    queue_purchase(reservation)
    bss = sign_in(staff(), into=client)
    address = f"/bss/billing/assets/{reservation.id}/edit"
    typed = fields_of(page(bss.get(address)))
    session.execute(sa.select(Asset.id).where(Asset.id == reservation.id).with_for_update())

    began = time.monotonic()
    answer = bss.post(address, data=typed)
    waited = time.monotonic() - began

    session.rollback()
    assert answer.status_code == 503
    assert waited < 5
    assert bss.post(address, data=typed).status_code == 303
