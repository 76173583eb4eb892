"""Breaker, Retry-After and call budget: one state for all processes, caused for real."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.domain.purchase import PurchaseState
from app.integrations.microsoft import Call, CallIds, OutcomeUnknownError, TryLaterError
from app.integrations.microsoft.call_budget import PER_CUSTOMER, CallBudget
from app.models import Provider
from app.services.dispatch import dispatch_once
from app.services.provider_gate import FAILURES_THAT_OPEN
from app.services.purchases import step
from tests import factories
from tests.factories import AccountFactory, SubscriptionFactory
from tests.support.buying import new_reservation, purchase_of, queue_purchase

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


def provider():
    factories.session.expire_all()
    return factories.session.scalars(sa.select(Provider)).one()


def seconds_left():
    left = sa.extract("epoch", Provider.pause_until - sa.func.clock_timestamp())
    factories.session.rollback()
    return float(factories.session.scalar(sa.select(left)))


def end_pause():
    factories.session.execute(sa.update(Provider).values(pause_until=sa.func.now()))
    factories.session.commit()


def outage(sandbox, driver, calls=FAILURES_THAT_OPEN):
    sandbox.fault("catalog", "drop_before", times=0)
    for _ in range(calls):
        with pytest.raises(OutcomeUnknownError):
            driver.partner_center.list_products("SoftwarePerpetual")


def test_a_retry_after_keeps_every_worker_and_every_call_away(reservation, sandbox, driver):
    sandbox.change(retry_after_seconds=30)
    sandbox.fault("create_cart", "status:429")
    account = AccountFactory()
    other = new_reservation(SubscriptionFactory(account=account), account)
    step(queue_purchase(reservation), driver=driver)
    told = sandbox.last_request()
    queued = queue_purchase(other)

    assert not step(queued, driver=driver)
    assert dispatch_once(driver=driver) == 0
    with pytest.raises(TryLaterError) as refused:
        driver.partner_center.list_customers()

    assert sandbox.requests(told) == []
    assert 25 < refused.value.retry_after <= 30
    assert 25 < seconds_left() <= 30
    row = purchase_of(reservation)
    assert (row.state, row.error_code) == (PurchaseState.QUEUED, "429")


def test_an_outage_opens_the_breaker_and_nobody_calls(reservation, sandbox, driver):
    outage(sandbox, driver)
    before = sandbox.last_request()
    queued = queue_purchase(reservation)

    assert not step(queued, driver=driver)
    with pytest.raises(TryLaterError, match="left alone"):
        driver.partner_center.list_customers()

    assert sandbox.requests(before) == []
    assert provider().openings == 1


def test_failures_that_do_not_follow_each_other_open_nothing(sandbox, driver):
    for _ in range(3):
        outage(sandbox, driver, calls=FAILURES_THAT_OPEN - 1)
        driver.partner_center.list_customers()

    assert (provider().failures, provider().openings) == (0, 0)


def test_after_the_pause_one_call_alone_finds_out(app, sandbox, driver):
    outage(sandbox, driver)
    sandbox.reset()
    end_pause()
    sandbox.fault("catalog", "slow:1", times=0)
    before = sandbox.last_request()
    together = Barrier(6)

    def ask(_):
        with app.app_context():
            together.wait()
            try:
                return bool(driver.partner_center.list_products("SoftwarePerpetual"))
            except TryLaterError as error:
                return error.code

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(ask, range(6)))

    assert sorted(map(str, answers)) == ["True"] + ["provider_paused"] * 5
    assert len(sandbox.requests(before)) == 1
    assert (provider().openings, provider().failures) == (0, 0)


def test_a_probe_that_fails_doubles_the_pause_up_to_a_minute(sandbox, driver):
    outage(sandbox, driver)
    pauses = [seconds_left()]
    for _ in range(7):
        end_pause()
        outage(sandbox, driver, calls=1)
        pauses.append(seconds_left())

    assert [round(pause) for pause in pauses] == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_purchase_that_met_an_outage_is_bought_once_it_is_over(
    reservation, sandbox, driver, settle
):
    queue_purchase(reservation)
    sandbox.fault("checkout", "status:503", times=FAILURES_THAT_OPEN + 2)

    settle(rounds=16)

    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED
    assert sandbox.orders_of(reservation) == 1


def call_for(customer_id):
    ids = CallIds.new(uuid4())
    return Call(operation="a test", url=f"https://x/v1/customers/{customer_id}/orders", ids=ids)


def take_until_refused(budgets, call, most=PER_CUSTOMER * 2):
    for taken in range(most):
        try:
            budgets[taken % len(budgets)].take(call)
        except TryLaterError as error:
            return taken, error.retry_after
    return most, None


def test_all_processes_share_a_customers_500_calls_a_minute(settings):
    budgets = [CallBudget(settings.redis_url, 10_000) for _ in range(3)]

    taken, wait = take_until_refused(budgets, call_for(uuid4()))

    assert taken == PER_CUSTOMER
    assert 0 < wait <= 60
    budgets[0].take(call_for(uuid4()))  # another customer's


def test_the_partners_own_budget_holds_for_all_customers_together(app, settings):
    budget = CallBudget(settings.redis_url, 20)

    for _ in range(20):
        budget.take(call_for(uuid4()))

    with pytest.raises(TryLaterError):
        budget.take(call_for(uuid4()))


def test_without_redis_each_process_keeps_to_a_share():
    budget = CallBudget("redis://127.0.0.1:1", 10_000)

    taken, _wait = take_until_refused([budget], call_for(uuid4()))

    assert taken == PER_CUSTOMER // 5


@pytest.mark.parametrize(
    ("path", "customer"),
    [("/v1/customers/ABC/orders", "abc"), ("/v1/customers", None), ("/v1/products/x", None)],
)
def test_a_call_knows_whose_thing_it_asks_for(path, customer):
    call = Call(operation="a test", url=f"https://x{path}", ids=CallIds.new())

    assert call.customer_id == customer
