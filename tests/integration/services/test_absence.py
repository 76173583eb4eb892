"""When the end of a checkout is not known: looked for, proved absent, decided by two people."""

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.purchase import PurchaseState
from app.domain.purchase_guards import WaitsFor
from app.models import Control, Purchase
from app.services.approvals import approve
from app.services.purchase_params import wanted_from
from app.services.purchase_traces import find_traces
from tests import factories
from tests.factories import (
    NOW,
    AccountFactory,
    SubscriptionFactory,
    UserFactory,
    viewer_of,
)
from tests.support.buying import events_of, new_reservation, purchase_of, queue_purchase

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
def two_people(app):
    return [
        viewer_of(UserFactory(staff=True)),
        viewer_of(UserFactory(staff=True, role=Role.STAFF_PROVISIONING)),
    ]


@pytest.fixture
def without_repeats(app, sandbox):
    """Mode C: a second checkout of a cart buys a second time, and we know that."""
    sandbox.change(mode="C")
    factories.session.execute(sa.update(Control).values(resends_checkout=False))
    factories.session.commit()


def an_hour_passes(asset):
    """For our row; its sends and the cart's end lie back."""
    hour = sa.text("interval '1 hour'")
    row = purchase_of(asset)
    factories.session.execute(
        sa.update(Purchase)
        .where(Purchase.id == row.id)
        .values(
            checkout_first_sent_at=Purchase.checkout_first_sent_at - hour,
            checkout_last_sent_at=Purchase.checkout_last_sent_at - hour,
            cart_gone_at=Purchase.cart_gone_at - hour,
        )
    )
    factories.session.commit()


@pytest.mark.usefixtures("without_repeats")
def test_where_nothing_may_be_repeated_a_lost_answer_is_parked_and_its_order_found(
    reservation, sandbox, settle
):
    sandbox.fault("checkout", "drop_after")
    sandbox.change(list_lag_seconds=900)
    queue_purchase(reservation)

    settle()

    assert purchase_of(reservation).state is PurchaseState.UNKNOWN
    assert events_of(reservation).count("checkout_sent") == 1
    sandbox.advance(1000)
    settle()
    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED
    assert sandbox.orders_of(reservation) == 1


@pytest.mark.usefixtures("without_repeats")
def test_what_never_arrived_is_never_sent_again_and_two_people_decide(
    reservation, sandbox, settle, two_people
):
    sandbox.fault("checkout", "drop_before")
    queue_purchase(reservation)
    settle()
    row = purchase_of(reservation)
    assert (row.state, row.absence_proved_at) == (PurchaseState.UNKNOWN, None)

    an_hour_passes(reservation)
    settle(rounds=2)

    row = purchase_of(reservation)
    assert (row.state, row.waits_for) == (PurchaseState.UNKNOWN, WaitsFor.NEW_CART_APPROVAL)
    assert row.absence_proved_at is not None
    assert sandbox.orders_of(reservation) == 0

    approve(two_people[0], reservation.id)
    settle(rounds=2)
    assert purchase_of(reservation).generation == 1
    approve(two_people[1], reservation.id)
    settle()

    row = purchase_of(reservation)
    assert (row.generation, row.state) == (2, PurchaseState.SYNCHRONIZED)
    assert sandbox.orders_of(reservation) == 1


def test_an_expired_cart_that_was_never_answered_takes_proof_and_two_people(
    reservation, sandbox, settle, two_people
):
    sandbox.fault("checkout", "drop_before", times=3)
    queue_purchase(reservation)
    settle(rounds=3)
    sandbox.advance(8 * 24 * 3600)
    settle(rounds=3)
    assert purchase_of(reservation).state is PurchaseState.UNKNOWN

    an_hour_passes(reservation)
    settle(rounds=3)
    assert purchase_of(reservation).waits_for is WaitsFor.NEW_CART_APPROVAL
    for person in two_people:
        approve(person, reservation.id)
    settle()

    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED
    assert sandbox.orders_of(reservation) == 1


def test_an_order_that_only_microsoft_knows_forbids_the_proof(account, plan, sandbox, settle, app):
    """Somebody bought the same item by hand; our own purchases of it explain themselves."""
    ours, by_hand = new_reservation(plan, account), new_reservation(plan, account)
    for asset in (ours, by_hand):
        queue_purchase(asset)
    settle()
    row = purchase_of(ours)
    wanted = wanted_from(row.params, row.own_ref)
    partner_center = app.extensions["purchase_driver"].partner_center
    assert find_traces(partner_center, wanted, NOW) == ()

    order_id = purchase_of(by_hand).order_id
    with factories.session.begin_nested():
        factories.session.execute(sa.text("ALTER TABLE purchases DISABLE TRIGGER guard_purchase"))
        factories.session.execute(
            sa.update(Purchase).where(Purchase.order_id == order_id).values(order_id=None)
        )
        factories.session.execute(sa.text("ALTER TABLE purchases ENABLE TRIGGER guard_purchase"))
    factories.session.execute(
        sa.text("UPDATE assets SET microsoft_order_id = null WHERE id = :id"), {"id": by_hand.id}
    )
    factories.session.commit()

    assert find_traces(partner_center, wanted, NOW) == (order_id.casefold(),)
