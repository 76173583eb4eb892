"""A purchase against the real sandbox: once, found, and honest about what is not known."""

from dataclasses import replace
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.domain.assets import ProvisioningSyncStatus
from app.domain.money import round_money
from app.domain.purchase import PurchaseState
from app.domain.purchase_commands import OrderSeen, RecordCart, RecordOrder, RecordSent
from app.models import Reservation, SoftwareSubscription
from app.services.purchase_records import record
from app.services.purchase_rows import claim
from app.services.purchases import step
from tests import factories
from tests.factories import AccountFactory, SubscriptionFactory
from tests.support.buying import (
    events_of,
    new_reservation,
    new_software,
    purchase_of,
    queue_purchase,
    stored,
)

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def account(app):
    return AccountFactory()


@pytest.fixture
def plan(account, sandbox):
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    return plan


@pytest.fixture
def reservation(account, plan):
    return new_reservation(plan, account)


@pytest.fixture
def software(account, plan):
    return new_software(account)


def test_a_reservation_is_bought_once_and_gets_all_its_ids(reservation, sandbox, settle):
    queue_purchase(reservation)

    settle()

    found = stored(reservation)
    assert isinstance(found, Reservation)
    assert found.provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    assert found.reservation_id
    assert found.reservation_order_id
    assert found.reservation_status
    assert found.scope == "Shared"
    assert found.expires_on
    assert found.microsoft_order_id
    assert found.microsoft_order_alias
    assert not found.expiry_is_estimated
    assert found.reservation_id in found.search_text
    assert sandbox.orders_of(reservation) == 1
    assert events_of(reservation) == [
        "queued",
        "cart_created",
        "checkout_sent",
        "ordered",
        "synchronized",
    ]


def test_a_software_subscription_is_bought_once_and_gets_its_software_id(software, sandbox, settle):
    queue_purchase(software)

    settle()

    found = stored(software)
    assert isinstance(found, SoftwareSubscription)
    assert found.provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    assert found.software_id
    assert found.expires_on
    assert sandbox.orders_of(software) == 1


def test_perpetual_software_is_synchronized_without_an_id_or_an_end(account, plan, sandbox, settle):
    perpetual = new_software(account, term=None, expires_on=None)
    queue_purchase(perpetual)

    settle()

    found = stored(perpetual)
    assert found.provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    assert found.software_id is None
    assert found.expires_on is None
    assert purchase_of(perpetual).next_run_at is None


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ("checkout", "drop_before"),
        ("checkout", "drop_after"),
        ("checkout", "status:503"),
        ("checkout", "status_after:500"),
        ("checkout", "truncated"),
        ("checkout", "garbage"),
        ("checkout", "status:429"),
        ("create_cart", "drop_before"),
        ("create_cart", "drop_after"),
        ("create_cart", "status:500"),
        ("create_cart", "garbage"),
        ("get_order", "status:404"),
        ("get_order", "drop_before"),
        ("entitlements", "status:503"),
        ("artifact", "truncated"),
        ("catalog", "status:503"),
        ("pricesheet", "drop_before"),
        ("registration", "status:500"),
        ("inventory", "status:504"),
        ("token", "status:500"),
    ],
)
def test_whatever_the_network_does_there_is_exactly_one_order(
    reservation, sandbox, settle, app, route, kind
):
    app.extensions["purchase_driver"].partner_center._transport._tokens._tokens.clear()  # noqa: SLF001
    sandbox.fault(route, kind, times=2)
    queue_purchase(reservation)

    settle()

    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED
    assert sandbox.orders_of(reservation) == 1


def test_a_refusal_is_failed_with_microsofts_words_and_nothing_is_bought(
    reservation, sandbox, settle
):
    sandbox.fault("checkout", "status:400:800010", times=1)
    queue_purchase(reservation)

    settle()

    row = purchase_of(reservation)
    assert row.state is PurchaseState.FAILED
    assert row.error_code == "800010"
    assert row.error_message
    assert row.cart_id
    assert stored(reservation).provisioning_sync_status is ProvisioningSyncStatus.FAILED
    assert sandbox.orders_of(reservation) == 0


def test_an_order_error_inside_a_201_is_a_refusal(reservation, sandbox, settle):
    sandbox.fault("checkout", "order_errors", times=1)
    queue_purchase(reservation)

    settle()

    assert purchase_of(reservation).state is PurchaseState.FAILED
    assert sandbox.orders_of(reservation) == 0


def test_a_cart_with_an_error_on_its_line_is_never_checked_out(reservation, sandbox, settle):
    sandbox.fault("create_cart", "cart_line_error", times=1)
    queue_purchase(reservation)

    settle()

    row = purchase_of(reservation)
    assert row.state is PurchaseState.FAILED
    assert row.cart_id is None
    assert sandbox.orders_of(reservation) == 0


def test_a_suspended_plan_is_refused_in_microsofts_words(account, sandbox, settle):
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan, suspended=True)
    asset = new_reservation(plan, account)
    queue_purchase(asset)

    settle()

    assert purchase_of(asset).error_code == "800011"


def test_a_price_that_moved_since_the_order_is_refused_before_money(reservation, sandbox, settle):
    sandbox.set_price(reservation.microsoft_product_id, reservation.microsoft_sku_id, "999.0000")
    queue_purchase(reservation)

    settle()

    assert purchase_of(reservation).error_code == "price_changed"
    assert sandbox.orders_of(reservation) == 0


def test_a_step_that_nobody_asked_for_does_nothing(reservation, app):
    driver = app.extensions["purchase_driver"]

    assert step(uuid4(), driver=driver) is False


def test_while_provisioning_is_off_nothing_is_asked_of_microsoft(
    reservation, sandbox, settle, owner_engine
):
    with owner_engine.begin() as connection:
        connection.execute(sa.text("UPDATE control SET provisioning_enabled = false"))
    queue_purchase(reservation)

    settle()

    assert purchase_of(reservation).state is PurchaseState.QUEUED
    assert sandbox.orders_of(reservation) == 0


def test_workers_of_an_old_epoch_get_nothing(reservation, sandbox, settle, owner_engine):
    with owner_engine.begin() as connection:
        connection.execute(sa.text("UPDATE control SET min_epoch = 2"))
    queue_purchase(reservation)

    settle()

    assert purchase_of(reservation).state is PurchaseState.QUEUED


def test_a_late_software_id_is_read_by_the_refresh_and_nothing_is_bought(
    software, sandbox, settle, app
):
    sandbox.change(subscription_id_delay_seconds=300)
    queue_purchase(software)
    settle()
    assert stored(software).software_id is None
    assert stored(software).provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    sandbox.advance(301)

    row = purchase_of(software)
    row.next_run_at = factories.NOW
    factories.session.commit()
    step(row.id, driver=app.extensions["purchase_driver"])

    assert stored(software).software_id
    assert sandbox.orders_of(software) == 1


def test_a_late_order_of_more_than_is_asked_for_now_is_shown_as_it_was_bought(
    app, account, plan, sandbox
):
    """Refused, saved with fewer, and then the first request had arrived after all."""
    driver = app.extensions["purchase_driver"]
    asset = new_reservation(plan, account, quantity=1)
    purchase_id = queue_purchase(asset)
    held = claim(purchase_id, worker="w", epoch=driver.epoch, lease=driver.lease)
    record(held, RecordCart("cart-1"))
    record(held, RecordSent())
    unit, before = asset.buying_unit_price, asset.buying_net

    record(held, RecordOrder(order_of(held.wanted, quantity=3)))

    found = stored(asset)
    assert found.quantity == 3
    assert found.buying_net == round_money(unit * 3, "EUR") != before


def order_of(wanted, **changes):
    return replace(
        OrderSeen(
            order_id="order-1",
            alternate_id="",
            status="completed",
            ordered_at=None,
            product_id=wanted.product_id,
            sku_id=wanted.sku_id,
            quantity=wanted.quantity,
            friendly_name=wanted.own_ref,
            customer_id=wanted.customer_id,
        ),
        **changes,
    )
