"""R02: our purchases against the sandbox's orders, entitlements and subscriptions."""

import datetime as dt
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from app.domain.assets import AssetOrigin, AssetStatus, ProvisioningSyncStatus
from app.domain.purchase import PurchaseState
from app.domain.reconciliation import CaseKind, CaseState
from app.models import (
    Asset,
    AssetEvent,
    Control,
    CustomerReading,
    Purchase,
    PurchaseEvent,
    ReconciliationCase,
    ReconciliationRun,
    Reservation,
)
from app.services.reconciliation import (
    ask_for_reconciliation,
    keep_reconciling,
    reconcile_customer,
)
from app.services.reconciliation_cases import Customer
from sandbox.catalogue.model import get_catalogue
from tests import factories
from tests.factories import (
    AccountFactory,
    PriceListFactory,
    SkuFactory,
    SubscriptionFactory,
    TaxRuleFactory,
    UserFactory,
    viewer_of,
)
from tests.support.buying import (
    VM,
    new_reservation,
    new_software,
    purchase_of,
    queue_purchase,
    stored,
)

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def driver(app):
    return app.extensions["purchase_driver"]


@pytest.fixture
def account(app):
    PriceListFactory(is_default=True)
    TaxRuleFactory()
    return AccountFactory(created_at=factories.NOW - dt.timedelta(days=3))


@pytest.fixture
def plan(account, sandbox):
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    return plan


@pytest.fixture
def customer(account, plan):
    return Customer(id=account.microsoft_tenant_id, name=account.name, account_id=account.id)


@pytest.fixture
def sku(app):
    """The catalogue's VM, in our catalogue too."""
    item = get_catalogue().find_titled(VM)
    return SkuFactory(
        reservation=True,
        product=factories.generic_product(),
        microsoft_product_id=item.product_id,
        microsoft_sku_id=item.sku_id,
        cost=item.unit_price,
    )


def bought(asset, settle):
    queue_purchase(asset)
    settle()
    return stored(asset)


def cases(*states):
    factories.session.expire_all()
    query = sa.select(ReconciliationCase).order_by(ReconciliationCase.number)
    if states:
        query = query.where(ReconciliationCase.state.in_(states))
    return list(factories.session.scalars(query))


def buy_by_hand(sandbox, customer, reference, **changes):
    item = get_catalogue().find_titled(VM)
    order = {
        "customer_id": customer.id,
        "reference": reference,
        "catalog_item_id": item.catalog_item_id,
        "quantity": 2,
    }
    return sandbox.seed(orders=[order | changes])["orders"][0]


@contextmanager
def unguarded(*tables):
    """The database's owner changes what PostgreSQL's triggers forbid."""
    for table in tables:
        factories.session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    yield factories.session
    for table in tables:
        factories.session.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    factories.session.commit()


def forget(asset):
    """As if a backup from before the order had been restored."""
    purchases = "purchase_id IN (SELECT id FROM purchases WHERE asset_id = :id)"
    with unguarded("purchase_events", "asset_events") as session:
        for rows in (
            f"purchase_events WHERE {purchases}",
            "purchases WHERE asset_id = :id",
            "asset_events WHERE asset_id = :id",
            "reservations WHERE id = :id",
            "assets WHERE id = :id",
        ):
            session.execute(sa.text(f"DELETE FROM {rows}"), {"id": asset.id})
    factories.session.expire_all()


def test_what_agrees_is_a_match_and_opens_nothing(account, plan, customer, driver, settle):
    bought(new_reservation(plan, account), settle)
    bought(new_software(account), settle)

    found = reconcile_customer(driver, customer)

    assert (found.matched, found.differences, found.adopted) == (2, 0, 0)
    assert cases() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 7}, "Quantity"),
        ({"params": {"sku_id": "FFFF"}}, "Product ID"),
        ({"params": {"term_duration": "P3Y"}}, "Term"),
        ({"params": {"cost": "1.2345"}}, "Cost"),
        ({"params": {"customer_id": "another"}}, "Customer"),
    ],
    ids=["quantity", "SKU", "term", "price", "customer"],
)
def test_each_difference_is_named_with_both_values(
    account, plan, customer, driver, settle, change, field
):
    asset = bought(new_reservation(plan, account), settle)
    params = {**purchase_of(asset).params, **change.pop("params", {})}
    with unguarded("purchases") as session:
        session.execute(sa.update(Purchase).values(params=params))
        if change:
            session.execute(sa.update(Asset).values(**change))

    reconcile_customer(driver, customer)

    (case,) = cases()
    assert (case.kind, list(case.differs), case.asset_id) == (CaseKind.DIFFERS, [field], asset.id)
    ours, theirs = case.differs[field]
    assert ours != theirs


def test_what_was_bought_by_hand_is_microsofts_alone(customer, driver, sandbox):
    order = buy_by_hand(sandbox, customer, "for the web shop")

    reconcile_customer(driver, customer)
    reconcile_customer(driver, customer)

    (case,) = cases()
    assert (case.kind, case.state, case.order_id) == (
        CaseKind.THEIRS_ONLY,
        CaseState.OPEN,
        order["id"],
    )


def test_what_was_bought_by_hand_and_cancelled_again_is_nobodys_matter(customer, driver, sandbox):
    buy_by_hand(sandbox, customer, "a mistake", status="cancelled", catalog_item_id=software_item())

    reconcile_customer(driver, customer)

    assert cases() == []


def software_item():
    items = get_catalogue().list_items("SoftwareSubscriptions", "commercial")
    return next(item.catalog_item_id for item in items if item.is_purchasable)


def test_an_order_that_microsoft_does_not_know_is_ours_alone(
    account, plan, customer, driver, settle
):
    asset = bought(new_reservation(plan, account), settle)
    with unguarded("purchases") as session:
        session.execute(
            sa.update(Purchase).values(
                order_id="unheard-of",
                own_ref="AST-999999-ZZZZZZZZ",
                created_at=factories.NOW - dt.timedelta(hours=1),
            )
        )
    stored_asset = factories.session.get_one(Asset, asset.id)
    stored_asset.microsoft_ordered_at = factories.NOW - dt.timedelta(hours=1)
    factories.session.commit()

    reconcile_customer(driver, customer)

    assert sorted(case.kind for case in cases()) == [CaseKind.LOST_HERE, CaseKind.OURS_ONLY]


def test_an_order_that_the_list_does_not_show_yet_alarms_nobody(
    account, plan, customer, driver, settle, sandbox
):
    sandbox.change(list_lag_seconds=900)
    asset = bought(new_reservation(plan, account), settle)
    factories.session.execute(
        sa.update(Purchase).values(created_at=factories.NOW - dt.timedelta(hours=1))
    )
    stored(asset).microsoft_ordered_at = factories.NOW - dt.timedelta(hours=1)
    factories.session.commit()

    found = reconcile_customer(driver, customer)

    assert (found.matched, cases()) == (1, [])


def test_a_second_order_with_our_reference_is_a_difference(
    account, plan, customer, driver, settle, sandbox
):
    asset = bought(new_reservation(plan, account), settle)
    buy_by_hand(sandbox, customer, purchase_of(asset).own_ref)

    reconcile_customer(driver, customer)

    (case,) = cases()
    assert (case.kind, list(case.differs)) == (CaseKind.DIFFERS, ["Order ID"])


def test_a_difference_that_goes_away_ends_its_case(
    account, plan, customer, driver, settle
):
    asset = bought(new_reservation(plan, account), settle)
    stored(asset).quantity = 7
    factories.session.commit()
    reconcile_customer(driver, customer)
    stored(asset).quantity = 2
    factories.session.commit()

    reconcile_customer(driver, customer)

    (case,) = cases()
    assert (case.state, case.outcome) == (
        CaseState.RESOLVED,
        "The next comparison did not see it any more.",
    )


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
    account, plan, customer, driver, settle, sandbox, state
):
    asset = new_reservation(plan, account, purchase_state=state)
    queue_purchase(asset)
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
    account, plan, customer, driver, settle, sandbox, sku
):
    asset = bought(new_reservation(plan, account), settle)
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
    assert len(runs()) == 1


def reconciled_at(account):
    factories.session.expire_all()
    return factories.session.get_one(CustomerReading, account.microsoft_tenant_id).reconciled_at
