"""Edit and save against the sandbox: it cures, and it never buys twice."""

import pytest

from app.domain.assets import ProvisioningSyncStatus
from app.services.asset_editing import AssetEdit, save_asset
from app.services.purchases import step
from tests.factories import AccountFactory, SubscriptionFactory, viewer_of
from tests.support.back_office import staff as staff_user
from tests.support.buying import new_reservation, purchase_of, queue_purchase, stored

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def staff(app):
    return viewer_of(staff_user())


@pytest.fixture
def account(app):
    return AccountFactory()


@pytest.fixture
def plan(account):
    return SubscriptionFactory(account=account)


def test_choosing_another_plan_cures_a_suspended_one_and_buys_once(staff, account, sandbox, settle):
    bad, good = SubscriptionFactory(account=account), SubscriptionFactory(account=account)
    sandbox.knows(account, bad, suspended=True)
    sandbox.seed(
        plans=[
            {
                "id": good.microsoft_subscription_id,
                "customer_id": account.microsoft_tenant_id,
                "name": good.name,
                "status": "active",
                "registered": True,
            }
        ]
    )
    asset = new_reservation(bad, account)
    queue_purchase(asset)
    settle()
    assert stored(asset).provisioning_sync_status is ProvisioningSyncStatus.FAILED

    save_asset(staff, asset.id, AssetEdit(version=1, subscription_id=good.id))
    settle()

    assert stored(asset).provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    assert sandbox.orders_of(asset) == 1


def test_saving_a_bought_asset_again_and_again_never_buys(
    app, staff, account, plan, sandbox, settle
):
    sandbox.knows(account, plan)
    asset = new_reservation(plan, account)
    queue_purchase(asset)
    settle()

    for version in range(1, 6):
        save_asset(staff, asset.id, AssetEdit(version=version, notes=f"{version}"))
        step(purchase_of(asset).id, driver=app.extensions["purchase_driver"])

    assert sandbox.orders_of(asset) == 1
