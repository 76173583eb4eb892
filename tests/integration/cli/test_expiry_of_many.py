"""Ten thousand assets that end in one night, by the command, killed half-way."""

import signal
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.domain.assets import AssetStatus
from app.models import Asset, AssetTotal
from tests import factories
from tests.factories import AccountFactory, ReservationFactory, SubscriptionFactory
from tests.support.waiting import wait_until

ENTREPOT = str(Path(sys.executable).with_name("entrepot"))
MANY = 10_000


@pytest.fixture
def ten_thousand(app):
    """Assets of one customer that all end today."""
    account = AccountFactory()
    plan = SubscriptionFactory(account=account)
    first = ReservationFactory(account=account, subscription=plan, expires_on=factories.NOW.date())
    columns = [
        column.name
        for column in Asset.__table__.columns
        if column.name not in {"id", "number"} and column.computed is None
    ]
    names = ", ".join(columns)
    factories.session.execute(
        sa.text(
            f"INSERT INTO assets (id, {names}) SELECT gen_random_uuid(), {names}"  # noqa: S608
            " FROM assets, generate_series(2, :many) WHERE id = :first"
        ),
        {"many": MANY, "first": first.id},
    )
    factories.session.execute(
        sa.text(
            "INSERT INTO reservations (id, account_id, tenant_id, subscription_id, scope)"
            " SELECT id, account_id, tenant_id, :plan, 'Shared' FROM assets WHERE id <> :first"
        ),
        {"plan": plan.id, "first": first.id},
    )
    factories.session.commit()


def _expired(engine):
    """As the database's owner sees it, in a transaction of its own."""
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT set_config('entrepot.scope', 'all', true)"))
        return connection.scalar(sa.text("SELECT count(*) FROM assets WHERE status = 'expired'"))


@pytest.mark.proof
def test_ten_thousand_in_one_night_killed_half_way_expire_once_each(
    ten_thousand, start, owner_engine
):
    half_way = factories.session.scalars(
        sa.select(Asset.id).order_by(Asset.id).offset(MANY // 2).limit(1)
    ).one()
    # whoever comes to this one waits, and is killed there
    factories.session.execute(sa.select(Asset.id).where(Asset.id == half_way).with_for_update())
    process = start(ENTREPOT, "expire-assets")
    wait_until(lambda: _expired(owner_engine) == MANY // 2, seconds=60)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    factories.session.rollback()
    assert _expired(owner_engine) == MANY // 2

    again = start(ENTREPOT, "expire-assets")
    assert again.wait(timeout=60) == 0

    assert _expired(owner_engine) == MANY
    once = factories.session.execute(
        sa.text("SELECT count(*), count(DISTINCT asset_id) FROM asset_events WHERE event='expired'")
    ).one()
    assert tuple(once) == (MANY, MANY)
    totals = factories.session.query(AssetTotal).filter_by(status=AssetStatus.EXPIRED).all()
    assert sum(total.assets for total in totals) == MANY
