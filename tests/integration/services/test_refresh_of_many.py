"""Ten thousand assets read again without one call too many."""

import time

import pytest
import sqlalchemy as sa

from app.models import Asset
from app.services.customer_refresh import refresh_all_customers
from app.services.pace import Pace
from sandbox.catalogue.model import get_catalogue
from tests import factories
from tests.factories import AccountFactory, ReservationFactory, SoftwareSubscriptionFactory
from tests.factories import SubscriptionFactory as PlanFactory
from tests.support.buying import VM

CUSTOMERS = 20
# Microsoft bears 500 calls a minute; here 500 in 15 s, and we keep to three fifths.
CALLS, SECONDS, PER_MINUTE = 500, 15.0, 1200


def _software():
    items = get_catalogue().list_items("SoftwareSubscriptions", "commercial")
    return next(item for item in items if item.is_purchasable)


def _plant(sandbox, software, reservations):
    """Customers with this many orders of each kind, at Microsoft and here."""
    vm, plan_item = get_catalogue().find_titled(VM), _software()
    for _ in range(CUSTOMERS):
        account = AccountFactory()
        plan = PlanFactory(account=account)
        sandbox.knows(account, plan)
        for item, count in ((plan_item, software), (vm, reservations)):
            wish = {
                "customer_id": account.microsoft_tenant_id,
                "reference": "bought long ago",
                "catalog_item_id": item.catalog_item_id,
            }
            orders = sandbox.seed(orders=[wish] * count)["orders"]
            _add_assets(account, plan, item, orders)


def _add_assets(account, plan, item, orders):
    is_reservation = item.kind == "reservation"
    ids = {"microsoft_product_id": item.product_id, "microsoft_sku_id": item.sku_id}
    kind = ReservationFactory if is_reservation else SoftwareSubscriptionFactory
    more = {"subscription": plan} if is_reservation else {"software_id": None}
    more["product"] = factories.generic_product()
    with factories.session.no_autoflush:
        for order in orders:
            asset = kind.build(account=account, **ids, **more)
            asset.microsoft_order_id = order["id"]
            asset.buying_net, asset.buying_vat = 1200, 288
            factories.session.add(asset)
    factories.session.commit()


def _refresh(sandbox, driver, per_minute):
    since = sandbox.last_request()
    sandbox.change(throttle_calls=CALLS, throttle_seconds=SECONDS)
    began_at = time.monotonic()
    paced = type(driver)(**{**vars(driver), "pace": Pace(per_minute)})
    tally = refresh_all_customers(paced, actor="a test")
    seconds = time.monotonic() - began_at
    statuses = [entry["status"] for entry in sandbox.requests(since)]
    return tally, statuses, seconds


@pytest.mark.proof
@pytest.mark.by_hand
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("app_context")
def test_ten_thousand_assets_are_read_without_one_429(sandbox, driver, capsys):
    _plant(sandbox, software=400, reservations=100)

    tally, statuses, seconds = _refresh(sandbox, driver, PER_MINUTE)

    with capsys.disabled():
        print(f"\n{tally.assets} assets, {len(statuses)} calls, {seconds:.0f} s")  # noqa: T201
    assert (tally.assets, tally.unread_assets, tally.unread_customers) == (10_000, 0, 0)
    assert 429 not in statuses
    assert (
        factories.session.scalar(
            sa.select(sa.func.count()).where(Asset.microsoft_refreshed_at.is_not(None))
        )
        == tally.assets
    )
    assert len(statuses) <= 10_000 // 5 + CUSTOMERS * 4 + 10


@pytest.mark.usefixtures("app_context")
def test_without_its_pace_it_would_be_refused(sandbox, driver, monkeypatch):
    """The proof above can fail."""
    monkeypatch.setattr("tests.integration.services.test_refresh_of_many.CUSTOMERS", 1)
    monkeypatch.setattr("tests.integration.services.test_refresh_of_many.CALLS", 10)
    monkeypatch.setattr("tests.integration.services.test_refresh_of_many.SECONDS", 60.0)
    _plant(sandbox, software=1, reservations=20)

    tally, statuses, _ = _refresh(sandbox, driver, 10**9)

    assert 429 in statuses
    assert tally.unread_customers == 1
