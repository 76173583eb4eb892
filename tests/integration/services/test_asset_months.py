"""What was bought and what ends by month: kept by triggers, seen as far as the viewer may."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.assets import AssetStatus
from app.models import AssetMonth
from app.services.asset_months import asset_months, months_around
from tests import factories
from tests.factories import (
    NOW,
    AccountFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    UserFactory,
    viewer_of,
)
from tests.support.storefront_world import World

pytestmark = pytest.mark.usefixtures("app_context")

BY_HAND = sa.text("""
    SELECT account_id, event, month, kind, currency, count(*), sum(buying_net), sum(buying_vat),
      sum(coalesce(selling_net, 0)), sum(coalesce(selling_vat, 0))
    FROM (
      SELECT *, 'bought' AS event,
        date_trunc('month', purchased_at AT TIME ZONE 'UTC')::date AS month
      FROM assets WHERE status <> 'cancelled'
      UNION ALL
      SELECT *, 'expires', date_trunc('month', expires_on)::date
      FROM assets WHERE status = 'active' AND expires_on IS NOT NULL
    ) AS each
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
""")


@pytest.fixture
def world(app):
    return World()


def seen_by(account, role=Role.ADMINISTRATOR):
    return asset_months(viewer_of(UserFactory(account=account, role=role)))


def kept():
    factories.session.expire_all()
    rows = factories.session.scalars(sa.select(AssetMonth).where(AssetMonth.assets != 0)).all()
    return sorted(
        (
            row.account_id,
            row.event.value,
            row.month,
            row.kind.value,
            row.currency,
            row.assets,
            row.buying_net,
            row.buying_vat,
            row.selling_net,
            row.selling_vat,
        )
        for row in rows
    )


def by_hand():
    return sorted(tuple(row) for row in factories.session.execute(BY_HAND))


def test_the_kept_months_are_always_the_sum_of_the_assets(app):
    account = AccountFactory()
    assets = [
        SoftwareSubscriptionFactory(account=account, quantity=n, buying_unit_price=Decimal("19.99"))
        for n in (1, 2, 150)
    ]
    ReservationFactory(account=account, selling_unit_price=Decimal("1300.00"))
    SoftwareSubscriptionFactory(account=account, expires_on=None, currency="USD")
    assert kept() == by_hand()
    assert len(kept()) > 3

    assets[0].status = AssetStatus.EXPIRED
    assets[1].status = AssetStatus.CANCELLED
    assets[2].buying_net += 1
    assets[2].expires_on += dt.timedelta(days=40)
    factories.session.commit()
    assert kept() == by_hand()

    factories.session.delete(assets[2])
    factories.session.commit()
    assert kept() == by_hand()


def test_spend_stands_in_the_month_of_purchase_and_a_cancelled_asset_in_none(world):
    direct = world.direct
    day = factories.session.scalar(sa.select(sa.func.current_date()))
    eleven_ago = months_around(day, -11, -11)[0]
    twelve_ago = months_around(day, -12, -12)[0]
    for month, price in ((day, "100.00"), (eleven_ago, "19.99"), (twelve_ago, "7.00")):
        at = dt.datetime(month.year, month.month, 1, 0, 0, tzinfo=dt.UTC)
        SoftwareSubscriptionFactory(
            account=direct, purchased_at=at, quantity=3, buying_unit_price=Decimal(price)
        )
    SoftwareSubscriptionFactory(account=direct, cancelled=True, purchased_at=NOW)

    [euros] = seen_by(direct).spend

    values = [each.value for each in euros.shown(with_vat=False)]
    assert [each.month for each in euros.months] == months_around(day, -11, 0)
    assert values == [Decimal("59.97"), *[Decimal(0)] * 10, Decimal("300.00")]
    assert euros.total(with_vat=False) == Decimal("359.97")
    assert euros.total(with_vat=True) == Decimal("446.36")  # 59.97 + 14.39, 300 + 72
    assert euros.margins is None


def test_each_currency_has_its_own_months(world):
    SoftwareSubscriptionFactory(account=world.direct, purchased_at=NOW)
    SoftwareSubscriptionFactory(account=world.direct, purchased_at=NOW, currency="USD")

    assert [each.currency for each in seen_by(world.direct).spend] == ["EUR", "USD"]


def test_expiries_are_counted_from_this_month_on_active_ones_alone(world):
    day = factories.session.scalar(sa.select(sa.func.current_date()))
    this, third, twelfth = (months_around(day, n, n)[0] for n in (0, 2, 12))
    for month in (this, third, third, twelfth):
        ReservationFactory(account=world.direct, expires_on=month)
    ReservationFactory(account=world.direct, expires_on=third, status=AssetStatus.CANCELLED)

    found = seen_by(world.direct).expiries

    assert [each.month for each in found] == months_around(day, 0, 11)
    assert [each.value for each in found] == [1, 0, 2, *[0] * 9]


def test_an_end_customer_sees_selling_prices_and_none_where_they_are_hidden(world):
    world.example(purchased_at=NOW)

    [own] = seen_by(world.customer).spend
    [resellers] = seen_by(world.reseller).spend
    world.customer.hides_prices = True
    factories.session.commit()

    assert own.total(with_vat=False) == Decimal("756.13")
    assert resellers.total(with_vat=False) == Decimal("680.55")
    assert seen_by(world.customer).spend is None


def test_nobody_sees_the_months_of_others(world):
    world.example(purchased_at=NOW)

    assert seen_by(world.direct).spend == []
    assert seen_by(world.direct).expiries == []


def test_margin_is_for_those_who_may_know_costs(world):
    world.example(purchased_at=NOW)  # seven times 101.77 = 712.39 of cost, 680.55 invoiced
    house = AccountFactory(distributor=True)

    [known] = seen_by(house, Role.STAFF_ADMINISTRATOR).spend
    [unknown] = seen_by(house, Role.STAFF_PROVISIONING).spend

    assert known.margins[-1].value == Decimal("-31.84")
    assert unknown.margins is None


def test_a_cost_that_no_rate_converts_leaves_the_margin_out(world):
    world.example(purchased_at=NOW, cost_currency="USD")
    house = AccountFactory(distributor=True)

    [months] = seen_by(house, Role.STAFF_ADMINISTRATOR).spend

    assert (months.months[-1].margin, months.margins) == (None, None)


def test_one_statement_reads_it(world, at_most):
    world.example(purchased_at=NOW)
    viewer = viewer_of(UserFactory(account=world.reseller, role=Role.VIEWER))

    with at_most(1):
        asset_months(viewer)
