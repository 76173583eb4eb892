"""Refresh from Microsoft for many assets: customer by customer, and stoppable."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.domain.assets import AssetStatus
from app.domain.bulk import BulkAction, BulkState
from app.domain.purchase import PurchaseState
from app.models import Asset, BulkJob, Provider
from app.services import bulk_jobs, bulk_work
from app.services.asset_lists import AssetQuery
from app.services.bulk_jobs import BulkOrder
from app.services.pages import PageRequest
from tests import factories
from tests.factories import (
    AccountFactory,
    SoftwareSubscriptionFactory,
    SubscriptionFactory,
    UserFactory,
    viewer_of,
)
from tests.support.back_office import purchase_for
from tests.support.buying import new_reservation, new_software, purchase_of, queue_purchase
from tests.support.buying import stored as stored_asset

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def viewer(app):
    return viewer_of(UserFactory(staff=True))


@pytest.fixture
def driver(app):
    return app.extensions["purchase_driver"]


@pytest.fixture
def buy(app, sandbox, settle):
    """A customer with so many subscriptions and reservations that Microsoft knows."""

    def buy(software=0, reservations=0):
        account = AccountFactory()
        plan = SubscriptionFactory(account=account)
        sandbox.knows(account, plan)
        assets = [new_software(account) for _ in range(software)]
        assets += [new_reservation(plan, account) for _ in range(reservations)]
        for asset in assets:
            queue_purchase(asset)
        settle()
        return assets

    return buy


@pytest.fixture
def begin(viewer):
    def begin():
        order = BulkOrder(action=BulkAction.REFRESH, tag="", query=AssetQuery())
        return bulk_jobs.start_bulk_job(viewer, order)

    return begin


def stored(job_id):
    factories.session.expire_all()
    return factories.session.get_one(BulkJob, job_id)


def said(viewer, job_id):
    job = bulk_jobs.get_bulk_job(viewer, job_id)
    found = bulk_jobs.list_results(viewer, job, wanted=PageRequest(size=100), state=None)
    return {row.asset_id: row.message for row in found.items}


def routes(sandbox, since):
    return [entry["route"] for entry in sandbox.requests(since) if entry["route"] != "token"]


def test_the_lists_of_each_customer_are_asked_for_once(buy, begin, viewer, sandbox, driver):
    ours, theirs = buy(software=3, reservations=1), buy(software=2)
    since = sandbox.last_request()

    job_id = begin()
    bulk_work.work(job_id, driver=driver)

    assert (stored(job_id).state, stored(job_id).done) == (BulkState.FINISHED, 6)
    assert all(stored_asset(each).microsoft_refreshed_at for each in (*ours, *theirs))
    asked = routes(sandbox, since)
    assert (asked.count("list_orders"), asked.count("subscriptions")) == (2, 2)
    assert set(said(viewer, job_id).values()) <= {"No change", "Completed"}


def test_what_ended_at_microsoft_ends_here_and_the_result_says_so(
    buy, begin, viewer, sandbox, driver
):
    ended, other = buy(software=2)
    sandbox.cancel(ended)

    job_id = begin()
    bulk_work.work(job_id, driver=driver)

    assert stored_asset(ended).status is AssetStatus.CANCELLED
    assert stored_asset(other).status is AssetStatus.ACTIVE
    assert said(viewer, job_id)[ended.id] == "Ended at Microsoft"


def test_what_was_not_bought_is_refused_and_what_is_under_way_goes_on(begin, viewer, driver):
    failed, under_way = (SoftwareSubscriptionFactory(failed=failed) for failed in (True, False))
    purchase_for(failed, state=PurchaseState.FAILED, order_id=None)
    purchase_for(under_way, state=PurchaseState.ORDERED)
    factories.session.execute(
        sa.update(Asset)
        .where(Asset.id == under_way.id)
        .values(provisioning_sync_status="in_progress")
    )
    factories.session.commit()

    job_id = begin()
    bulk_work.work(job_id, driver=driver)

    assert said(viewer, job_id) == {
        failed.id: "Microsoft has no order of this asset yet.",
        under_way.id: "Microsoft is asked",
    }
    assert purchase_of(under_way).next_run_at is not None


def test_a_customer_that_microsoft_does_not_tell_about_costs_one_call(
    buy, begin, viewer, sandbox, driver
):
    assets = buy(software=3)
    sandbox.fault("list_orders", "status:403")
    since = sandbox.last_request()

    job_id = begin()
    bulk_work.work(job_id, driver=driver)

    assert (stored(job_id).state, stored(job_id).refused) == (BulkState.FINISHED, 3)
    assert routes(sandbox, since).count("list_orders") == 1
    assert all(said(viewer, job_id)[each.id].startswith("Microsoft does not") for each in assets)


def test_a_throttle_lets_the_job_rest_and_then_go_on(app, buy, begin, sandbox, driver, run_jobs):
    buy(software=2)
    sandbox.change(retry_after_seconds=30)
    sandbox.fault("list_orders", "status:429", times=1)
    job_id = begin()
    run_jobs()

    resting = stored(job_id)
    assert (resting.state, resting.done, resting.refused) == (BulkState.RUNNING, 0, 0)
    assert resting.lease_until is None
    assert resting.woken_at > factories.NOW + dt.timedelta(seconds=20)
    assert not app.extensions["queue"].get_job_ids()
    bulk_work.wake_bulk_jobs(driver)
    assert not app.extensions["queue"].get_job_ids()  # not before Microsoft's time is over

    factories.session.execute(sa.update(BulkJob).values(woken_at=factories.NOW - dt.timedelta(1)))
    factories.session.execute(sa.update(Provider).values(pause_until=None, probe_until=None))
    factories.session.commit()
    bulk_work.wake_bulk_jobs(driver)
    run_jobs()
    assert (stored(job_id).state, stored(job_id).done) == (BulkState.FINISHED, 2)


def test_stopped_while_microsoft_is_read_nothing_of_it_is_kept(
    buy, begin, viewer, driver, monkeypatch
):
    (asset,) = buy(software=1)
    before = stored_asset(asset).microsoft_refreshed_at
    job_id = begin()
    read = bulk_work.Preparer.prepare

    def read_and_be_stopped(preparer, asset_id):
        doing = read(preparer, asset_id)
        bulk_jobs.stop_bulk_job(viewer, job_id)
        return doing

    monkeypatch.setattr(bulk_work.Preparer, "prepare", read_and_be_stopped)
    bulk_work.work(job_id, driver=driver)

    assert (stored(job_id).state, stored(job_id).done) == (BulkState.STOPPED, 0)
    assert stored_asset(asset).microsoft_refreshed_at == before
