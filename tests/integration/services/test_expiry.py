import datetime as dt

import pytest
import sqlalchemy as sa

from app.domain.assets import AssetStatus
from app.models import Asset, AssetEvent, AssetTotal
from app.services.expiry import expire_due_assets
from tests import factories
from tests.factories import PurchaseFactory, ReservationFactory, SoftwareSubscriptionFactory

DAY = dt.date(2026, 11, 22)

pytestmark = pytest.mark.usefixtures("app_context")


def status_of(asset):
    factories.session.expire_all()
    return factories.session.get_one(Asset, asset.id).status


@pytest.mark.parametrize(
    ("expires_on", "status"),
    [
        (dt.date(2026, 11, 21), AssetStatus.EXPIRED),
        (dt.date(2026, 11, 22), AssetStatus.EXPIRED),
        (dt.date(2026, 11, 23), AssetStatus.ACTIVE),
        (None, AssetStatus.ACTIVE),
    ],
    ids=["the day before", "on the day itself", "the day after", "perpetual"],
)
def test_an_asset_expires_on_its_last_day(expires_on, status):
    asset = SoftwareSubscriptionFactory(expires_on=expires_on)

    expire_due_assets(DAY)

    assert status_of(asset) is status


def test_it_happens_once_and_is_written_down():
    asset = ReservationFactory(expires_on=DAY)
    PurchaseFactory(asset=asset)

    assert [expire_due_assets(DAY), expire_due_assets(DAY)] == [1, 0]

    events = factories.session.query(AssetEvent).filter_by(asset_id=asset.id).all()
    assert [(event.event, event.actor) for event in events] == [("expired", "schedule")]


@pytest.mark.parametrize("trait", ["failed", "cancelled"])
def test_what_is_not_both_active_and_synchronized_stays_as_it_is(trait):
    asset = ReservationFactory(expires_on=DAY, **{trait: True})
    before = asset.status

    assert expire_due_assets(DAY) == 0
    assert status_of(asset) is before


def test_what_a_worker_holds_waits_for_the_next_time():
    asset = ReservationFactory(expires_on=DAY)
    purchase = PurchaseFactory(asset=asset, lease_until=sa.func.now() + dt.timedelta(seconds=60))
    assert expire_due_assets(DAY) == 0
    purchase.lease_until = None
    factories.session.commit()

    assert expire_due_assets(DAY) == 1
    assert status_of(asset) is AssetStatus.EXPIRED


def test_more_than_one_batch_expires_and_the_totals_follow(monkeypatch):
    monkeypatch.setattr("app.services.expiry._AT_ONCE", 2)
    account = ReservationFactory(expires_on=DAY).account_id
    for _ in range(4):
        ReservationFactory(expires_on=DAY)

    assert expire_due_assets(DAY) == 5

    totals = factories.session.query(AssetTotal).filter_by(account_id=account, assets=1).all()
    assert [total.status for total in totals] == [AssetStatus.EXPIRED]
