"""R01 and the schedule: what a restored database forgot is taken over from Microsoft."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.domain.assets import AssetOrigin, AssetStatus, ProvisioningSyncStatus
from app.domain.purchase import PurchaseState
from app.domain.reconciliation import CaseKind, CaseState
from app.models import (
    AssetEvent,
    Control,
    CustomerReading,
    Purchase,
    PurchaseEvent,
    ReconciliationRun,
    Reservation,
)
from app.services.reconciliation import (
    ask_for_reconciliation,
    keep_reconciling,
    reconcile_customer,
)
from sandbox.catalogue.model import get_catalogue
from tests import factories
from tests.factories import (
    AccountFactory,
    UserFactory,
    viewer_of,
)
from tests.support.buying import (
    VM,
    new_reservation,
    purchase_of,
    queue_purchase,
    stored,
)
from tests.support.reconciling import bought, buy_by_hand, cases, forget, unguarded

pytestmark = pytest.mark.usefixtures("app_context")


# ------------------------------------------------------------------- after a restored database


@pytest.mark.parametrize(
    "state",
    [
        PurchaseState.QUEUED,
        PurchaseState.CART_READY,
        PurchaseState.CHECKOUT_SENT,
        PurchaseState.UNKNOWN,
        PurchaseState.FAILED,
    ],
)
def test_progress_that_was_lost_is_taken_over_by_our_reference(
    queued, customer, driver, settle, sandbox, state
):
    asset = queued
    own_ref = purchase_of(asset).own_ref
    with unguarded("purchases") as session:
        session.execute(sa.update(Purchase).values(state=state, next_run_at=None))
    order = buy_by_hand(sandbox, customer, own_ref)

    found = reconcile_customer(driver, customer)
    settle()

    assert (found.adopted, cases()) == (1, [])
    assert purchase_of(asset).order_id == order["id"]
    assert stored(asset).provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    assert stored(asset).reservation_id == order["reservation_id"]
    assert len(sandbox.ledger(own_ref)) == 1


def test_a_purchase_that_a_worker_holds_is_left_to_it(account, plan, customer, driver, sandbox):
    asset = new_reservation(plan, account)
    queue_purchase(asset)
    factories.session.execute(
        sa.update(Purchase).values(lease_until=sa.func.now() + dt.timedelta(seconds=60))
    )
    factories.session.commit()
    buy_by_hand(sandbox, customer, purchase_of(asset).own_ref)

    assert reconcile_customer(driver, customer).adopted == 0
    assert purchase_of(asset).state is PurchaseState.QUEUED


def test_what_is_gone_here_is_made_again_once_with_its_ids(
    reservation, customer, driver, sandbox, sku
):
    asset = reservation
    own_ref, order_id = purchase_of(asset).own_ref, asset.microsoft_order_id
    forget(asset)

    first = reconcile_customer(driver, customer)
    second = reconcile_customer(driver, customer)

    assert (first.adopted, second.adopted, second.matched) == (1, 0, 1)
    (made,) = factories.session.scalars(sa.select(Reservation))
    assert (made.origin, made.status) == (AssetOrigin.FOUND_AT_MICROSOFT, AssetStatus.ACTIVE)
    assert made.provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    assert (made.microsoft_order_id, made.quantity) == (order_id, 2)
    assert made.reservation_id
    assert purchase_of(made).own_ref == own_ref
    assert factories.session.query(AssetEvent).filter_by(event="found_at_microsoft").count() == 1
    (case,) = cases()
    assert (case.kind, case.state, case.asset_id) == (
        CaseKind.RECREATED,
        CaseState.OPEN,
        made.id,
    )
    assert len(sandbox.ledger(own_ref)) == 1


def test_what_has_no_price_here_waits_for_people(account, plan, customer, driver, settle):
    asset = bought(new_reservation(plan, account), settle)  # our catalogue does not know it
    forget(asset)

    reconcile_customer(driver, customer)

    assert [case.kind for case in cases()] == [CaseKind.LOST_HERE]


# ------------------------------------------------------------------------------- the schedule


def runs():
    factories.session.expire_all()
    query = sa.select(ReconciliationRun).order_by(ReconciliationRun.started_at)
    return list(factories.session.scalars(query))


def test_every_day_all_customers_are_compared_once(account, plan, driver, settle):
    bought(new_reservation(plan, account), settle)

    keep_reconciling(driver)
    keep_reconciling(driver)

    (run,) = runs()
    assert (run.matched, run.unread, run.is_full) == (1, 0, True)
    assert run.customers >= 1
    assert run.finished_at is not None
    assert factories.session.query(Control).one().reconciled_at > run.started_at


def test_a_run_that_was_broken_off_is_made_again(account, plan, driver):
    factories.session.add(ReconciliationRun(is_full=True, actor="somebody"))
    factories.session.commit()

    keep_reconciling(driver)

    (run,) = runs()
    assert run.finished_at is not None


def test_a_run_with_a_customer_unread_or_something_lost_ends_no_ban(
    account, plan, driver, sandbox, settle
):
    factories.session.execute(sa.update(Control).values(reconciled_at=None))
    factories.session.commit()
    bought(new_reservation(plan, account), settle)
    sandbox.fault("entitlements", "status:503", times=0)
    keep_reconciling(driver)
    assert runs()[0].unread >= 1
    assert factories.session.query(Control).one().reconciled_at is None

    sandbox.reset()
    sandbox.seed(
        orders=[
            {
                "customer_id": account.microsoft_tenant_id,
                "reference": "AST-000777-ABCDEFGH",
                "catalog_item_id": get_catalogue().find_titled(VM).catalog_item_id,
            }
        ]
    )
    ask_for_reconciliation(viewer_of(UserFactory(staff=True)))
    keep_reconciling(driver)

    assert CaseKind.LOST_HERE in {case.kind for case in cases()}
    assert factories.session.query(Control).one().reconciled_at is None


def test_half_an_hour_after_an_order_its_customer_is_compared(account, plan, driver, settle):
    bought(new_reservation(plan, account), settle)
    other = AccountFactory(microsoft_tenant_id="66666666-7777-4888-8999-000000000000")
    factories.session.add(CustomerReading(customer_id=other.microsoft_tenant_id))
    factories.session.commit()
    keep_reconciling(driver)  # the day's own
    factories.session.execute(sa.update(CustomerReading).values(reconciled_at=None))
    factories.session.commit()
    keep_reconciling(driver)
    assert reconciled_at(account) is None

    with unguarded("purchase_events") as session:
        session.execute(
            sa.update(PurchaseEvent).values(at=factories.NOW - dt.timedelta(minutes=31))
        )
    keep_reconciling(driver)

    assert reconciled_at(account) is not None
    assert reconciled_at(other) is None, "nothing was ordered for it"
    assert len(runs()) == 1


def reconciled_at(account):
    factories.session.expire_all()
    return factories.session.get_one(CustomerReading, account.microsoft_tenant_id).reconciled_at
