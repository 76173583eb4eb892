"""Bulk jobs: chosen once, worked on in slices, stopped and continued, killed and doubled."""

import importlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.bulk import BulkAction, BulkItemState, BulkState
from app.domain.errors import InvalidError, NotAllowedError
from app.domain.purchase import PurchaseState
from app.models import Asset, BulkJob, Purchase, PurchaseEvent
from app.queueing import WORK_ON_BULK_JOB
from app.services import bulk_actions, bulk_jobs, bulk_work
from app.services.asset_lists import AssetQuery
from app.services.bulk_jobs import BulkOrder
from app.services.pages import PageRequest
from app.services.purchases import step
from tests import factories
from tests.conftest import make_due
from tests.factories import AccountFactory, SoftwareSubscriptionFactory, UserFactory, viewer_of
from tests.support.back_office import purchase_for
from tests.support.buying import new_software, purchase_of, queue_purchase
from tests.support.ids import NOBODYS_ID

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def viewer(app):
    return viewer_of(UserFactory(staff=True))


@pytest.fixture
def driver(app):
    return app.extensions["purchase_driver"]


def failed_assets(count, account=None):
    account = account or AccountFactory()
    assets = [SoftwareSubscriptionFactory(account=account, failed=True) for _ in range(count)]
    for asset in assets:
        purchase_for(asset, state=PurchaseState.FAILED, error_code="800010", order_id=None)
    return assets


def order(action=BulkAction.RETRY, tag="", asset_ids=None, **query):
    return BulkOrder(action=action, tag=tag, query=AssetQuery(**query), asset_ids=asset_ids)


def stored(job_id):
    factories.session.expire_all()
    return factories.session.get_one(BulkJob, job_id)


def results(viewer, job_id):
    job = bulk_jobs.get_bulk_job(viewer, job_id)
    found = bulk_jobs.list_results(viewer, job, wanted=PageRequest(size=100), state=None)
    return [(row.state, row.message) for row in found.items]


def saves_of(asset):
    query = (
        sa.select(sa.func.count())
        .select_from(PurchaseEvent)
        .join(Purchase, Purchase.id == PurchaseEvent.purchase_id)
        .where(Purchase.asset_id == asset.id, PurchaseEvent.event == "saved")
    )
    factories.session.rollback()
    return factories.session.scalar(query)


def test_the_jobs_path_is_that_of_a_function():
    module, name = WORK_ON_BULK_JOB.rsplit(".", 1)

    assert callable(getattr(importlib.import_module(module), name))


def test_all_that_match_are_retried_and_others_are_left_alone(viewer, run_jobs):
    failed = failed_assets(3)
    other = SoftwareSubscriptionFactory()
    purchase_for(other)

    job_id = bulk_jobs.start_bulk_job(viewer, order(q="windows"))
    run_jobs()

    job = stored(job_id)
    assert (job.state, job.total, job.done, job.refused) == (BulkState.FINISHED, 4, 3, 1)
    assert [saves_of(asset) for asset in (*failed, other)] == [1, 1, 1, 0]
    assert (BulkItemState.REFUSED, "Not failed: Synchronized.") in results(viewer, job_id)


def test_ticked_ones_alone(viewer, driver):
    first, second = failed_assets(2)

    job_id = bulk_jobs.start_bulk_job(viewer, order(asset_ids=[first.id]))
    bulk_work.work(job_id, driver=driver)

    assert (saves_of(first), saves_of(second)) == (1, 0)


def test_the_list_is_chosen_when_the_job_begins(viewer, driver):
    failed_assets(1)
    job_id = bulk_jobs.start_bulk_job(viewer, order())
    late = failed_assets(1)[0]

    bulk_work.work(job_id, driver=driver)

    assert saves_of(late) == 0
    assert stored(job_id).total == 1


def test_a_stopped_job_rests_and_goes_on_where_it_was(viewer, driver):
    assets = failed_assets(3)
    job_id = bulk_jobs.start_bulk_job(viewer, order())
    bulk_work.work(job_id, driver=driver, seconds=0.000001)
    bulk_jobs.stop_bulk_job(viewer, job_id)

    bulk_work.work(job_id, driver=driver)
    resting = stored(job_id)
    assert (resting.state, resting.done) == (BulkState.STOPPED, 1)
    assert sum(map(saves_of, assets)) == 1

    bulk_jobs.continue_bulk_job(viewer, job_id)
    bulk_work.work(job_id, driver=driver)
    assert (stored(job_id).state, stored(job_id).done) == (BulkState.FINISHED, 3)
    assert [saves_of(asset) for asset in assets] == [1, 1, 1]


@pytest.mark.parametrize(
    "meanwhile",
    [{"state": BulkState.STOPPED}, {"fence": BulkJob.fence + 1}],
    ids=["stopped", "overtaken"],
)
def test_stopped_or_overtaken_in_the_middle_of_an_asset_nothing_of_it_stays(
    viewer, driver, monkeypatch, meanwhile
):
    (asset,) = failed_assets(1)
    job_id = bulk_jobs.start_bulk_job(viewer, order())
    retry = bulk_actions.ACTIONS[BulkAction.RETRY]

    def retry_and_be_disturbed(session, asset_id, wanted):
        said = retry(session, asset_id, wanted)
        factories.session.execute(sa.update(BulkJob).values(meanwhile))
        factories.session.commit()
        return said

    monkeypatch.setitem(bulk_actions.ACTIONS, BulkAction.RETRY, retry_and_be_disturbed)
    bulk_work.work(job_id, driver=driver)

    assert saves_of(asset) == 0
    assert purchase_of(asset).state is PurchaseState.FAILED
    assert stored(job_id).done == 0


def test_a_worker_that_died_is_followed_by_another_once_its_lease_is_over(viewer, driver, run_jobs):
    assets = failed_assets(2)
    job_id = bulk_jobs.start_bulk_job(viewer, order())
    hour = sa.func.make_interval(0, 0, 0, 0, 1)
    change_job(fence=1, lease_until=sa.func.now() + hour, done=0)

    bulk_work.work(job_id, driver=driver)
    bulk_work.wake_bulk_jobs(driver)
    run_jobs()
    assert sum(map(saves_of, assets)) == 0

    change_job(lease_until=sa.func.now() - hour, woken_at=sa.func.now() - hour)
    bulk_work.wake_bulk_jobs(driver)
    run_jobs()
    assert [saves_of(asset) for asset in assets] == [1, 1]


def change_job(**values):
    factories.session.execute(sa.update(BulkJob).values(values))
    factories.session.commit()


@pytest.mark.parametrize("payload", ["", "not an id", NOBODYS_ID, None, 7, ["x"]])
def test_a_forged_job_does_nothing(app, payload, run_jobs):
    job = app.extensions["queue"].enqueue(WORK_ON_BULK_JOB, payload)

    run_jobs()

    assert job.get_status(refresh=True) == "finished"


def test_tags_come_and_go_once(viewer, driver):
    tagged = SoftwareSubscriptionFactory(tags=["vip"])
    plain = SoftwareSubscriptionFactory()

    def tags_after(action):
        job_id = bulk_jobs.start_bulk_job(viewer, order(action, tag="vip"))
        bulk_work.work(job_id, driver=driver)
        factories.session.expire_all()
        return [factories.session.get_one(Asset, each.id).tags for each in (tagged, plain)]

    assert tags_after(BulkAction.ADD_TAG) == [["vip"], ["vip"]]
    assert tags_after(BulkAction.REMOVE_TAG) == [[], []]


@pytest.mark.parametrize("tag", ["", "a,b", "x" * 41])
def test_a_tag_that_cannot_be(viewer, tag):
    SoftwareSubscriptionFactory()

    with pytest.raises(InvalidError):
        bulk_jobs.start_bulk_job(viewer, order(BulkAction.ADD_TAG, tag=tag))


def test_who_may_not_edit_starts_stops_and_continues_nothing(viewer):
    failed_assets(1)
    job_id = bulk_jobs.start_bulk_job(viewer, order())
    support = viewer_of(UserFactory(staff=True, role=Role.STAFF_SUPPORT))

    for act in (
        lambda: bulk_jobs.start_bulk_job(support, order()),
        lambda: bulk_jobs.stop_bulk_job(support, job_id),
        lambda: bulk_jobs.continue_bulk_job(support, job_id),
    ):
        with pytest.raises(NotAllowedError):
            act()


def test_choosing_nothing_begins_nothing(viewer):
    with pytest.raises(InvalidError):
        bulk_jobs.start_bulk_job(viewer, order(q="nothing"))

    assert factories.session.query(BulkJob).count() == 0


def a_thousand_failed_assets(sandbox):
    """Of 25 customers: Microsoft bears 500 calls a minute for each, and lists are short."""
    assets = []
    for _ in range(25):
        account = AccountFactory()
        sandbox.knows(account)
        assets += [new_software(account) for _ in range(40)]
    for asset in assets:
        queue_purchase(asset)
    refused = {"state": PurchaseState.FAILED, "next_run_at": None, "error_code": "800010"}
    factories.session.execute(sa.update(Purchase).values(refused))
    factories.session.execute(sa.update(Asset).values(provisioning_sync_status="failed"))
    factories.session.commit()
    return assets


def settle_with_four_workers(app, driver):
    def run(purchase_id):
        with app.app_context():
            step(purchase_id, driver=driver)

    with ThreadPoolExecutor(4) as pool:
        while due := make_due():
            list(pool.map(run, due))


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_a_thousand_failed_assets_are_retried_with_one_order_each(app, viewer, driver, sandbox):
    assets = a_thousand_failed_assets(sandbox)
    app.extensions["queue"].connection.flushdb()

    with app.app_context():  # whose session is not left open while the workers work
        job_id = bulk_jobs.start_bulk_job(viewer, order())
        seen, stops = [], 0
        while stored(job_id).state is not BulkState.FINISHED:
            bulk_work.work(job_id, driver=driver, seconds=0.5)
            seen.append(bulk_jobs.get_bulk_job(viewer, job_id).percent)
            if seen[-1] > 30 and not stops:
                bulk_jobs.stop_bulk_job(viewer, job_id)
                before = stored(job_id).done
                bulk_work.work(job_id, driver=driver, seconds=0.5)
                assert stored(job_id).done == before
                assert 0 < before < len(assets)
                bulk_jobs.continue_bulk_job(viewer, job_id)
                stops += 1
    settle_with_four_workers(app, driver)

    assert stops == 1
    assert seen == sorted(seen)
    assert stored(job_id).done == 1000
    ordered = Counter(line["reference"] for line in sandbox.ledger())
    purchases = factories.session.scalars(sa.select(Purchase.own_ref)).all()
    assert {reference: ordered[reference] for reference in purchases} == dict.fromkeys(purchases, 1)
    assert len(purchases) == len(assets) == 1000
