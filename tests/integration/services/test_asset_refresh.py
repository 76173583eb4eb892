"""Reading assets again from the sandbox: by the schedule, by a button, after a purchase."""

import datetime as dt
from contextlib import suppress

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.assets import AssetStatus
from app.domain.errors import ConflictError, NotAllowedError
from app.integrations.microsoft import AccessLostError
from app.models import AssetEvent, CustomerReading, Provider
from app.services.asset_refresh import (
    Refresher,
    RefreshOutcome,
    ask_for_refresh,
)
from app.services.customer_refresh import refresh_all_customers, refresh_due_customers
from app.services.purchases import step
from tests import factories
from tests.factories import AccountFactory, SubscriptionFactory, UserFactory, viewer_of
from tests.support.buying import (
    new_reservation,
    new_software,
    purchase_of,
    queue_purchase,
    stored,
)
from tests.support.refreshing import refresh

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def driver(app):
    return app.extensions["purchase_driver"]


@pytest.fixture
def account(app):
    return AccountFactory(created_at=factories.NOW - dt.timedelta(days=3))


@pytest.fixture
def plan(account, sandbox):
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    return plan


def bought(asset, settle, sandbox):
    queue_purchase(asset)
    settle()
    sandbox.advance(60)  # Microsoft's own statuses come to rest
    found = stored(asset)
    found.microsoft_refreshed_at = factories.NOW - dt.timedelta(days=2)
    factories.session.commit()
    return found


def later(sandbox, driver, seconds):
    """Far enough that our tokens are no longer good: the first calls find that out."""
    sandbox.advance(seconds)
    customer = sandbox.ledger()[0]["customer_id"]
    for call in (driver.partner_center.list_orders, driver.partner_center.list_agreements):
        with suppress(AccessLostError):
            call(customer)


@pytest.fixture
def reservation(account, plan, settle, sandbox):
    return bought(new_reservation(plan, account), settle, sandbox)


@pytest.fixture
def software(account, plan, settle, sandbox):
    return bought(new_software(account), settle, sandbox)


def history_of(asset):
    events = factories.session.query(AssetEvent).filter_by(asset_id=asset.id)
    return [(each.event, each.detail) for each in events.order_by(AssetEvent.id)]


def test_a_reading_that_brings_nothing_leaves_no_line_in_the_history(reservation, driver):
    refresh(reservation, driver)
    before = history_of(reservation)

    found = refresh(reservation, driver)

    assert found.outcome is RefreshOutcome.SAME
    assert history_of(reservation) == before
    assert stored(reservation).microsoft_refreshed_at is not None


def test_drift_is_copied_and_told_field_by_field(reservation, driver):
    refresh(reservation, driver)
    reservation = stored(reservation)
    reservation.scope = "Single"  # as if Microsoft had said so before
    factories.session.commit()

    found = refresh(reservation, driver)

    assert found.outcome is RefreshOutcome.DRIFTED
    assert stored(reservation).scope == "Shared"
    assert history_of(reservation)[-1] == ("drifted", {"changes": {"Scope": ["Single", "Shared"]}})


def test_our_own_fields_never_follow_and_the_difference_stays_until_it_is_gone(reservation, driver):
    reservation.quantity = 5
    factories.session.commit()
    for _ in range(2):
        refresh(reservation, driver)
    assert (stored(reservation).quantity, stored(reservation).microsoft_differs) == (
        5,
        {"Quantity": ["5", "2"]},
    )
    told = [detail for event, detail in history_of(reservation) if event == "drifted"]
    assert told.count({"changes": {"Quantity": ["5", "2"]}}) == 1

    stored(reservation).quantity = 2
    factories.session.commit()
    refresh(reservation, driver)

    assert stored(reservation).microsoft_differs == {}
    assert history_of(reservation)[-1][0] == "drift_gone"


def test_a_late_software_id_is_filled(account, plan, sandbox, settle, driver):
    sandbox.change(subscription_id_delay_seconds=3600)
    software = bought(new_software(account), settle, sandbox)
    assert software.software_id is None
    later(sandbox, driver, 3600)

    found = refresh(software, driver)

    assert found.outcome is RefreshOutcome.UPDATED
    assert stored(software).software_id in stored(software).search_text
    assert sandbox.orders_of(software) == 1


def test_what_microsoft_expired_is_expired_here(software, sandbox, driver):
    later(sandbox, driver, 366 * 24 * 3600)

    found = refresh(software, driver)

    assert found.outcome is RefreshOutcome.ENDED
    assert stored(software).status is AssetStatus.EXPIRED
    assert "expired_at_microsoft" in dict(history_of(software))


def test_what_was_cancelled_at_microsoft_is_cancelled_here(software, sandbox, driver):
    sandbox.cancel(software)

    refresh(software, driver)

    found = stored(software)
    assert (found.status, found.cancellation_reason) == (
        AssetStatus.CANCELLED,
        "Cancelled at Microsoft.",
    )
    assert "cancelled_at_microsoft" in dict(history_of(software))
    assert sandbox.orders_of(software) == 1


def test_an_asset_that_was_never_bought_has_nothing_to_read(account, plan, driver):
    asset = new_reservation(plan, account)

    assert refresh(asset, driver) is None


def test_the_button_lets_a_worker_read_and_buys_nothing(
    software, sandbox, driver, run_jobs, account
):
    sandbox.cancel(software)
    staff = viewer_of(UserFactory(staff=True))

    ask_for_refresh(staff, software.id)
    assert step(purchase_of(software).id, driver=driver)

    assert stored(software).status is AssetStatus.CANCELLED
    assert sandbox.orders_of(software) == 1


def test_the_button_is_for_provisioning_staff_and_for_what_was_bought(account, plan, software):
    support = viewer_of(UserFactory(staff=True, role=Role.STAFF_SUPPORT))
    with pytest.raises(NotAllowedError):
        ask_for_refresh(support, software.id)
    waiting = new_reservation(plan, account)
    queue_purchase(waiting)
    with pytest.raises(ConflictError):
        ask_for_refresh(viewer_of(UserFactory(staff=True)), waiting.id)


def test_a_job_of_many_asks_for_a_customers_lists_once(account, plan, settle, sandbox, driver):
    assets = [bought(new_software(account), settle, sandbox) for _ in range(3)]
    since = sandbox.last_request()
    refresher = Refresher(driver)

    found = [refresher.read(asset.id) for asset in assets]

    assert len({details.software_id for details in found}) == 3
    lists = [entry["route"] for entry in sandbox.requests(since)]
    assert sorted(set(lists) - {"token"}) == ["list_orders", "subscriptions"]
    assert len([route for route in lists if route != "token"]) == 2


# ------------------------------------------------------------------------------ the schedule


def readings():
    factories.session.expire_all()
    return factories.session.query(CustomerReading).one()


def test_the_schedule_reads_each_customer_once_a_night(software, reservation, driver):
    assert refresh_due_customers(driver).assets == 2
    assert refresh_due_customers(driver).assets == 0


def test_downtime_is_caught_up(software, driver):
    refresh_due_customers(driver)
    factories.session.execute(
        sa.update(CustomerReading).values(refreshed_at=factories.NOW - dt.timedelta(days=10))
    )
    stored(software).microsoft_refreshed_at = factories.NOW - dt.timedelta(days=10)
    factories.session.commit()

    assert refresh_due_customers(driver).assets == 1


def test_a_new_account_waits_for_its_first_night(app, sandbox, settle, driver):
    account = AccountFactory()
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    bought(new_software(account), settle, sandbox)

    assert refresh_due_customers(driver).assets == 0


def test_a_customer_that_cannot_be_read_waits_and_the_next_is_read(
    software, sandbox, driver, settle
):
    sandbox.fault("list_orders", "status:429")

    tally = refresh_due_customers(driver)

    assert (tally.assets, tally.unread_customers) == (0, 1)
    assert readings().next_try_at is not None
    assert refresh_due_customers(driver).unread_customers == 0  # it waits
    assert refresh_all_customers(driver, actor="x").assets == 0
    factories.session.execute(sa.update(CustomerReading).values(next_try_at=None))
    factories.session.execute(sa.update(Provider).values(pause_until=None, probe_until=None))
    factories.session.commit()
    assert refresh_due_customers(driver).assets == 1


def test_one_asset_that_cannot_be_read_is_asked_for_alone(software, reservation, sandbox, driver):
    sandbox.fault("artifact", "status:500")

    tally = refresh_due_customers(driver)
    assert (tally.assets, tally.unread_assets) == (1, 1)
    assert readings().refreshed_at is None

    factories.session.execute(sa.update(CustomerReading).values(next_try_at=None))
    factories.session.commit()
    assert refresh_due_customers(driver).assets == 1
    assert readings().refreshed_at is not None


def test_a_refresh_that_was_broken_off_goes_on_where_it_was(
    account, plan, settle, sandbox, driver, monkeypatch
):
    for _ in range(3):
        bought(new_reservation(plan, account), settle, sandbox)
    monkeypatch.setattr("app.services.customer_refresh._AT_ONCE", 1)
    sandbox.change(retry_after_seconds=0)
    sandbox.fault("artifact", "status:429", times=1)
    assert refresh_due_customers(driver).unread_customers == 1
    factories.session.execute(sa.update(CustomerReading).values(next_try_at=None))
    factories.session.commit()
    since = sandbox.last_request()

    assert refresh_due_customers(driver).assets == 3
    routes = [entry["route"] for entry in sandbox.requests(since)]
    assert routes.count("artifact") == 3
