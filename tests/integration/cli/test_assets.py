import datetime as dt

from app.domain.assets import AssetStatus
from app.models import Asset
from tests import factories
from tests.factories import NOW, AccountFactory, ReservationFactory


def test_expire_assets_says_how_many_it_expired(entrepot, app):
    ReservationFactory(expires_on=(NOW - dt.timedelta(days=1)).date())
    ReservationFactory()

    ended = entrepot("expire-assets")

    assert ended.out == "1 assets expired.\n"
    statuses = {asset.status for asset in factories.session.query(Asset)}
    assert statuses == {AssetStatus.ACTIVE, AssetStatus.EXPIRED}


def test_refresh_assets_reads_what_is_active_and_synchronized(entrepot, app, sandbox):
    account = AccountFactory()
    sandbox.knows(account)
    wanted = ReservationFactory(account=account)
    ReservationFactory(account=account, expired=True, expires_on=NOW - dt.timedelta(days=60))
    ReservationFactory(account=account, failed=True)

    ended = entrepot("refresh-assets")

    assert ended.out == "1 assets were read again from Microsoft.\n"
    factories.session.expire_all()
    read = factories.session.query(Asset).filter(Asset.microsoft_refreshed_at.is_not(None))
    assert [asset.id for asset in read] == [wanted.id]


def test_refresh_assets_says_whom_microsoft_does_not_tell_about(entrepot, app, sandbox):
    account = AccountFactory()
    sandbox.knows(account)
    ReservationFactory(account=account)
    sandbox.fault("entitlements", "status:503", times=0)

    ended = entrepot("refresh-assets")

    assert ended.code == 1
    assert ended.err.endswith("\n1 assets could not be read: it is tried again later.\n")
