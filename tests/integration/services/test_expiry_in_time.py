"""Expiry through the calendar, through downtime, against edits and purchases.

Our side's day is an argument; Microsoft's is moved with the sandbox's clock.
"""

import datetime as dt
import threading
from contextlib import suppress

import pytest
import sqlalchemy as sa

from app.database import db
from app.domain.assets import AssetStatus, ProvisioningSyncStatus, estimated_end
from app.domain.errors import ConflictError
from app.domain.purchase import PurchaseState
from app.integrations.microsoft import AccessLostError
from app.models import AssetEvent
from app.services.asset_editing import AssetEdit, save_asset
from app.services.expiry import expire_due_assets
from app.services.purchases import step
from app.services.today import today
from tests import factories
from tests.factories import PurchaseFactory, ReservationFactory, UserFactory, viewer_of
from tests.support.buying import new_reservation, purchase_of, queue_purchase, stored
from tests.support.refreshing import refresh

ROUNDS = 60

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def unbought(account, plan):
    return new_reservation(plan, account)


@pytest.mark.parametrize(
    ("bought_on", "ends_on"),
    [
        (dt.date(2028, 2, 29), dt.date(2029, 2, 28)),
        (dt.date(2027, 2, 28), dt.date(2028, 2, 28)),
        (dt.date(2026, 12, 31), dt.date(2027, 12, 31)),
        (dt.date(2027, 4, 30), dt.date(2028, 4, 30)),
        (dt.date(2027, 3, 28), dt.date(2028, 3, 28)),  # the clocks of Europe change that night
        (dt.date(2027, 10, 31), dt.date(2028, 10, 31)),
    ],
    ids=[
        "leap day",
        "before a leap day",
        "the year's end",
        "a month's end",
        "into summer time",
        "out of it",
    ],
)
def test_microsofts_day_and_ours_are_the_same(
    unbought, sandbox, settle, driver, bought_on, ends_on
):
    sandbox.travel(dt.datetime.combine(bought_on, dt.time(23, 30), dt.UTC))
    asset = unbought
    queue_purchase(asset)
    settle()
    assert stored(asset).expires_on == ends_on == estimated_end(bought_on, "P1Y")

    assert expire_due_assets(ends_on - dt.timedelta(days=1)) == 0
    assert stored(asset).status is AssetStatus.ACTIVE
    assert expire_due_assets(ends_on) == 1
    assert stored(asset).status is AssetStatus.EXPIRED
    sandbox.travel(dt.datetime.combine(ends_on, dt.time(12), dt.UTC))
    _read_again(asset, driver)
    assert stored(asset).reservation_status == "Expired"
    assert stored(asset).microsoft_differs == {}


def _read_again(asset, driver):
    """Our tokens are too old by then: the first calls find that out."""
    for _ in range(2):
        with suppress(AccessLostError):
            return refresh(asset, driver)
    return refresh(asset, driver)


def test_ten_days_of_downtime_across_an_expiry_are_caught_up_once():
    day = dt.date(2026, 11, 22)
    assets = [ReservationFactory(expires_on=day - dt.timedelta(days=ago)) for ago in range(12)]

    assert [expire_due_assets(day), expire_due_assets(day)] == [12, 0]

    events = factories.session.query(AssetEvent).filter_by(event="expired")
    assert {event.asset_id for event in events} == {asset.id for asset in assets}
    assert events.count() == 12


def test_the_day_is_utcs_whatever_zone_people_live_in():
    session = db.session()
    session.execute(sa.text("SELECT 1"))

    assert today(session) == dt.datetime.now(dt.UTC).date()
    assert session.scalar(sa.text("SHOW TimeZone")) == "UTC"


# ------------------------------------------------------------------------------------- races


def test_expiry_and_an_edit_race_without_deadlock(app):
    staff = viewer_of(UserFactory(staff=True))
    day = factories.NOW.date()
    for number in range(ROUNDS):
        asset = ReservationFactory(expires_on=day)
        PurchaseFactory(asset=asset)
        outcome = _race(
            app,
            lambda: expire_due_assets(day),
            lambda asset=asset, number=number: save_asset(
                staff, asset.id, AssetEdit(version=1, name=f"Renamed {number}")
            ),
        )
        found = stored(asset)
        assert found.status is AssetStatus.EXPIRED
        was_saved = not isinstance(outcome[1], ConflictError)
        assert (found.name == f"Renamed {number}") is was_saved
    assert factories.session.query(AssetEvent).filter_by(event="expired").count() == ROUNDS


def test_expiry_never_ends_what_is_being_bought(app, account, plan, sandbox, driver):
    day = factories.NOW.date()
    for _ in range(8):
        asset = new_reservation(plan, account, expires_on=day)
        purchase_id = queue_purchase(asset)
        _race(
            app,
            lambda: expire_due_assets(day),
            lambda purchase_id=purchase_id: step(purchase_id, driver=driver),
        )
        found, purchase = stored(asset), purchase_of(asset)
        if found.status is AssetStatus.EXPIRED:
            assert purchase.state is PurchaseState.SYNCHRONIZED
        if purchase.state is PurchaseState.SYNCHRONIZED:
            # Microsoft's own day is a year away
            assert found.expires_on > day or found.status is AssetStatus.EXPIRED
        assert sandbox.orders_of(asset) <= 1
        assert found.provisioning_sync_status in {
            ProvisioningSyncStatus.SYNCHRONIZED,
            ProvisioningSyncStatus.IN_PROGRESS,
        }


def _race(app, *calls):
    """Both at once, each in a context of its own; what each returned or raised."""
    outcomes = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number):
        with app.app_context():
            start.wait()
            try:
                outcomes[number] = calls[number]()
            except ConflictError as error:
                outcomes[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes
