"""Spend limits hold inside the transaction that sends, however many purchases press at once."""

import datetime as dt
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.errors import ConflictError, InvalidError, NotAllowedError
from app.domain.purchase import PurchaseState
from app.domain.purchase_commands import RecordSent
from app.domain.purchase_guards import SpendLimits, WaitsFor
from app.models import ControlEvent, Purchase
from app.services.approvals import ApprovalOutcome, approve, decline
from app.services.provisioning_switch import pause
from app.services.purchase_records import record
from app.services.purchase_rows import claim
from app.services.spend_limits import get_limits, set_account_limit, set_limits
from tests import factories
from tests.factories import (
    AccountFactory,
    PurchaseFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserFactory,
    viewer_of,
)
from tests.support.buying import (
    events_of,
    new_reservation,
    purchase_of,
    queue_purchase,
    stored,
)

pytestmark = pytest.mark.usefixtures("app_context")

LEASE = dt.timedelta(seconds=60)


@pytest.fixture
def admin(app):
    return viewer_of(UserFactory(staff=True))


@pytest.fixture
def second(app):
    return viewer_of(UserFactory(staff=True, role=Role.STAFF_PROVISIONING))


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


def cost_of(asset):
    return asset.unit_cost * asset.quantity


def limit(admin, **limits):
    set_limits(admin, SpendLimits(currency="EUR", **limits))


def ready_to_send(account, number, *, quantity):
    asset = ReservationFactory(
        account=account, purchase_state=PurchaseState.CART_READY, quantity=quantity
    )
    return PurchaseFactory(
        asset=asset,
        state=PurchaseState.CART_READY,
        order_id=None,
        cart_id=f"cart-{number}",
        next_run_at=sa.func.now(),
    ).id


def test_two_hundred_at_once_never_spend_more_than_the_limits(app, admin):
    accounts = [AccountFactory() for _ in range(4)]
    ids = [ready_to_send(accounts[n % 4], n, quantity=1 + n % 7) for n in range(200)]
    unit = factories.session.get_one(Purchase, ids[0]).params["cost"]
    per_account, altogether = Decimal(unit) * 60, Decimal(unit) * 200
    limit(admin, per_account=per_account, altogether=altogether)

    def send(purchase_id):
        with app.app_context():
            held = claim(purchase_id, worker="a test", epoch=1, lease=LEASE)
            return held is not None and record(held, RecordSent())

    with ThreadPoolExecutor(16) as threads:
        sent = list(threads.map(send, ids))

    factories.session.expire_all()
    spent = defaultdict(Decimal)
    for purchase_id, was_sent in zip(ids, sent, strict=True):
        purchase = factories.session.get_one(Purchase, purchase_id)
        assert (purchase.state is PurchaseState.CHECKOUT_SENT) == was_sent
        assert (purchase.waits_for is None) == was_sent
        if was_sent:
            spent[purchase.account_id] += Decimal(unit) * purchase.params["quantity"]
    assert max(spent.values()) <= per_account
    assert sum(spent.values()) <= altogether
    # and not by standing still: what is left is less than the largest purchase
    assert altogether - sum(spent.values()) < 7 * Decimal(unit)


def test_above_the_limit_a_purchase_waits_and_goes_on_once_a_person_raises_it(
    reservation, sandbox, settle, admin
):
    limit(admin, altogether=cost_of(reservation) - Decimal("0.0001"))
    queue_purchase(reservation)

    settle(rounds=3)

    row = purchase_of(reservation)
    assert (row.state, row.waits_for) == (PurchaseState.CART_READY, WaitsFor.HOURLY_LIMIT)
    assert row.error_code is None
    assert events_of(reservation) == ["queued", "cart_created", "held_back"]
    assert sandbox.orders_of(reservation) == 0

    limit(admin, altogether=cost_of(reservation))
    settle()

    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED
    assert sandbox.orders_of(reservation) == 1


def test_an_hour_later_there_is_room_again(account, plan, sandbox, settle, admin):
    first, other = new_reservation(plan, account), new_reservation(plan, account)
    limit(admin, per_account=cost_of(first))
    queue_purchase(first)
    settle()
    queue_purchase(other)
    settle(rounds=2)
    waiting = purchase_of(other)
    assert waiting.waits_for is WaitsFor.ACCOUNT_LIMIT
    until = purchase_of(first).spent_at + dt.timedelta(hours=1)
    assert waiting.next_run_at <= until + dt.timedelta(seconds=2)

    purchase_of(first).spent_at = sa.func.now() - sa.text("interval '60 minutes'")
    factories.session.commit()
    settle()

    assert purchase_of(other).state is PurchaseState.SYNCHRONIZED


def test_an_account_may_have_a_limit_of_its_own(account, reservation, settle, admin, second):
    limit(admin, per_account=Decimal(1))
    set_account_limit(admin, account.id, cost_of(reservation))
    queue_purchase(reservation)

    settle()

    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED


def test_a_send_that_was_lost_is_counted_once_and_never_held_back(
    reservation, sandbox, settle, admin
):
    limit(admin, altogether=cost_of(reservation))
    sandbox.fault("checkout", "drop_after", times=3)
    queue_purchase(reservation)

    settle()

    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED
    assert sandbox.orders_of(reservation) == 1


def test_a_large_purchase_goes_on_after_two_different_people_said_yes(
    reservation, sandbox, settle, admin, second
):
    limit(admin, four_eyes_above=cost_of(reservation) - 1)
    queue_purchase(reservation)
    settle(rounds=3)
    assert purchase_of(reservation).waits_for is WaitsFor.APPROVAL

    assert approve(admin, reservation.id) is ApprovalOutcome.FIRST_OF_TWO
    with pytest.raises(ConflictError, match="another one"):
        approve(admin, reservation.id)
    settle(rounds=3)
    assert sandbox.orders_of(reservation) == 0
    assert approve(second, reservation.id) is ApprovalOutcome.APPROVED
    settle()

    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED
    assert sandbox.orders_of(reservation) == 1
    assert events_of(reservation)[2:5] == ["held_back", "approval_given", "approved"]
    with pytest.raises(ConflictError):
        approve(second, reservation.id)


def test_two_people_at_the_same_moment_are_two_people(app, reservation, settle, admin, second):
    limit(admin, four_eyes_above=Decimal(1))
    queue_purchase(reservation)
    settle(rounds=3)

    def say_yes(viewer):
        with app.app_context():
            return approve(viewer, reservation.id)

    with ThreadPoolExecutor(2) as threads:
        said = set(threads.map(say_yes, [admin, second]))

    assert said == set(ApprovalOutcome)


def test_a_declined_purchase_fails_with_the_reason_and_is_asked_again_when_saved(
    reservation, sandbox, settle, admin
):
    limit(admin, four_eyes_above=Decimal(1))
    queue_purchase(reservation)
    settle(rounds=3)

    with pytest.raises(InvalidError):
        decline(admin, reservation.id, " ")
    decline(admin, reservation.id, "Ordered by mistake")

    row = purchase_of(reservation)
    assert (row.state, row.error_message) == (PurchaseState.FAILED, "Ordered by mistake")
    assert row.waits_for is None
    assert sandbox.orders_of(reservation) == 0


def test_a_yes_does_not_cover_more_than_it_was_said_for(reservation, settle, admin, second):
    limit(admin, four_eyes_above=Decimal(1))
    queue_purchase(reservation)
    settle(rounds=3)
    approve(admin, reservation.id)
    row = purchase_of(reservation)
    row.approval_amount = cost_of(reservation) - Decimal("0.0001")
    factories.session.commit()

    assert approve(second, reservation.id) is ApprovalOutcome.FIRST_OF_TWO


def test_a_pause_between_claim_and_checkout_stops_the_money(app, admin):
    purchase_id = ready_to_send(AccountFactory(), 1, quantity=1)
    held = claim(purchase_id, worker="a test", epoch=1, lease=LEASE)
    pause(admin, "A wrong price list")

    assert not record(held, RecordSent())

    purchase = factories.session.get_one(Purchase, purchase_id, populate_existing=True)
    assert (purchase.state, purchase.waits_for) == (PurchaseState.CART_READY, None)
    assert (purchase.lease_until, purchase.spent_at) == (None, None)
    assert claim(purchase_id, worker="a test", epoch=1, lease=LEASE) is None


def test_who_was_overtaken_spends_nothing(app, admin):
    limit(admin, altogether=Decimal(10**6))
    purchase_id = ready_to_send(AccountFactory(), 1, quantity=1)
    held = claim(purchase_id, worker="a test", epoch=1, lease=LEASE)
    purchase = factories.session.get_one(Purchase, purchase_id)
    purchase.fence += 1
    factories.session.commit()

    assert not record(held, RecordSent())

    assert stored(purchase).spent_at is None


def test_limits_are_kept_with_who_set_them(admin, account):
    limit(admin, four_eyes_above=Decimal(100), per_account=Decimal(200))

    found = get_limits(admin)
    assert (found.four_eyes_above, found.per_account, found.altogether) == (100, 200, None)
    event = factories.session.scalars(sa.select(ControlEvent)).one()
    assert (event.event, event.actor) == ("limits", admin.name)
    assert event.detail["per_account"] == "200"


@pytest.mark.parametrize("wrong", [{"per_account": Decimal(-1)}, {"altogether": Decimal(10**13)}])
def test_impossible_limits_are_refused_at_their_field(admin, wrong):
    with pytest.raises(InvalidError) as refused:
        limit(admin, **wrong)

    assert refused.value.field == next(iter(wrong))


def test_only_administrators_set_limits_and_only_provisioning_approves(app, second, account):
    support = viewer_of(UserFactory(staff=True, role=Role.STAFF_SUPPORT))

    with pytest.raises(NotAllowedError):
        limit(second, altogether=Decimal(1))
    with pytest.raises(NotAllowedError):
        set_account_limit(second, account.id, Decimal(1))
    with pytest.raises(NotAllowedError):
        approve(support, account.id)
