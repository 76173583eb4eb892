import datetime as dt

from app.domain.assets import AssetStatus
from app.models import Asset, Purchase
from tests import factories
from tests.factories import NOW, PurchaseFactory, ReservationFactory


def test_expire_assets_says_how_many_it_expired(entrepot, app):
    ReservationFactory(expires_on=(NOW - dt.timedelta(days=1)).date())
    ReservationFactory()

    ended = entrepot("expire-assets")

    assert ended.out == "1 assets expired.\n"
    statuses = {asset.status for asset in factories.session.query(Asset)}
    assert statuses == {AssetStatus.ACTIVE, AssetStatus.EXPIRED}


def test_refresh_assets_wakes_what_is_active_and_synchronized(entrepot, app):
    wanted = PurchaseFactory(asset=ReservationFactory())
    PurchaseFactory(asset=ReservationFactory(expired=True))
    PurchaseFactory(asset=ReservationFactory(failed=True), state="failed")

    ended = entrepot("refresh-assets")

    assert ended.out == "1 assets are read again from Microsoft.\n"
    due = factories.session.query(Purchase).filter(Purchase.next_run_at.is_not(None))
    assert [row.id for row in due] == [wanted.id]


def test_what_is_due_already_is_not_woken_twice(entrepot, app):
    PurchaseFactory(asset=ReservationFactory())
    entrepot("refresh-assets")

    assert entrepot("refresh-assets").out.startswith("0 assets")
