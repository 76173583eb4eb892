"""Purchases through Redis and a real RQ worker; the queue is only the bell."""

import importlib

import pytest
import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer

from app.domain.purchase import PurchaseState
from app.failpoints import arm
from app.models import Account, Heartbeat, Subscription
from app.queueing import STEP_PURCHASE, connect_redis
from app.services.dispatch import dispatch_once
from tests import factories
from tests.factories import AccountFactory, SubscriptionFactory
from tests.support.buying import new_reservation, purchase_of, queue_purchase
from tests.support.ids import NOBODYS_ID

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def reservation(app, sandbox):
    account = AccountFactory()
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    return new_reservation(plan, account)


@pytest.fixture
def driver(app):
    return app.extensions["purchase_driver"]


@pytest.fixture
def no_redis(app, monkeypatch):
    """As if Redis were gone: nobody listens at its address."""
    away = Queue("away", connection=connect_redis("redis://127.0.0.1:1"), serializer=JSONSerializer)
    monkeypatch.setitem(app.extensions, "queue", away)


def test_the_jobs_path_is_that_of_a_function():
    module, name = STEP_PURCHASE.rsplit(".", 1)

    assert callable(getattr(importlib.import_module(module), name))


def test_committing_a_purchase_rings_the_bell_and_a_worker_buys_it(reservation, sandbox, run_jobs):
    queue_purchase(reservation)

    run_jobs()

    assert purchase_of(reservation).order_id
    assert sandbox.orders_of(reservation) == 1


def test_the_same_job_twice_is_harmless(app, reservation, sandbox, run_jobs):
    purchase_id = queue_purchase(reservation)
    for _ in range(5):
        app.extensions["queue"].enqueue(STEP_PURCHASE, str(purchase_id))

    run_jobs()

    assert sandbox.orders_of(reservation) == 1


@pytest.mark.parametrize("payload", ["", "not an id", NOBODYS_ID, None, 7, ["x"]])
def test_a_forged_job_does_nothing(app, payload, sandbox, run_jobs):
    before = sandbox.last_request()
    job = app.extensions["queue"].enqueue(STEP_PURCHASE, payload)

    run_jobs()

    assert job.get_status(refresh=True) == "finished"
    assert [r for r in sandbox.requests(before) if "/carts" in r["path"]] == []


def test_a_lost_bell_is_rung_again_by_the_dispatcher(app, reservation, sandbox, run_jobs, driver):
    queue_purchase(reservation)
    app.extensions["queue"].connection.flushall()
    _let_the_bell_grow_old(reservation)

    dispatch_once(driver=driver)
    run_jobs()

    assert sandbox.orders_of(reservation) == 1


def test_what_is_woken_already_is_not_woken_again_at_once(app, reservation, driver):
    queue_purchase(reservation)

    woken = dispatch_once(driver=driver)

    assert woken == 0
    assert len(app.extensions["queue"]) == 1


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_order_is_taken_and_the_dispatcher_does_the_work(
    reservation, sandbox, driver
):
    queue_purchase(reservation)
    _let_the_bell_grow_old(reservation)

    dispatch_once(driver=driver)

    assert purchase_of(reservation).order_id
    assert sandbox.orders_of(reservation) == 1
    heartbeat = factories.session.get_one(Heartbeat, driver.worker)
    assert heartbeat.is_degraded


@pytest.mark.usefixtures("no_redis")
def test_a_purchase_that_breaks_the_step_keeps_no_other_from_its_turn(reservation, driver):
    account = factories.session.get_one(Account, reservation.account_id)
    plan = factories.session.get_one(Subscription, reservation.subscription_id)
    both = [reservation, new_reservation(plan, account)]
    for asset in both:
        queue_purchase(asset)
        _let_the_bell_grow_old(asset)

    arm("after_claim:exception")
    try:
        dispatch_once(driver=driver)
    finally:
        arm("")

    assert [purchase_of(asset).fence for asset in both] == [1, 1]


def test_two_dispatchers_wake_each_purchase_once(app, reservation, driver):
    queue_purchase(reservation)
    _let_the_bell_grow_old(reservation)
    app.extensions["queue"].empty()

    woken = [dispatch_once(driver=driver), dispatch_once(driver=driver)]

    assert woken == [1, 0]


def test_a_refused_purchase_is_looked_at_again_later_in_case_an_order_turns_up(
    reservation, sandbox, settle
):
    sandbox.fault("checkout", "status:400:800010", times=1)
    queue_purchase(reservation)

    settle()

    row = purchase_of(reservation)
    assert row.state is PurchaseState.FAILED
    assert row.next_run_at is not None


def _let_the_bell_grow_old(asset):
    row = purchase_of(asset)
    row.woken_at = sa.func.now() - sa.text("interval '1 minute'")
    factories.session.commit()
