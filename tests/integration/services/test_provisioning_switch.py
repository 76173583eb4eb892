"""Pause and resume; and a database that came out of a backup buys nothing by itself."""

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.errors import ConflictError, InvalidError, NotAllowedError
from app.domain.purchase import PurchaseState
from app.models import Control, ControlEvent
from app.services.control import may_dispatch
from app.services.dispatch import dispatch_once
from app.services.provisioning_switch import (
    ResumeOutcome,
    bump_epoch,
    declare_restored,
    get_provisioning,
    pause,
    resume,
)
from tests import factories
from tests.factories import (
    AccountFactory,
    PurchaseFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserFactory,
    viewer_of,
)
from tests.support.buying import new_reservation, purchase_of, queue_purchase

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def admin(app):
    return viewer_of(UserFactory(staff=True))


@pytest.fixture
def other_admin(app):
    return viewer_of(UserFactory(staff=True))


@pytest.fixture
def reservation(app, sandbox):
    account = AccountFactory()
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    return new_reservation(plan, account)


@pytest.fixture
def driver(app):
    return app.extensions["purchase_driver"]


def remember(**where):
    """As if the row had been written by another server."""
    factories.session.execute(sa.update(Control).values(**where))
    factories.session.commit()


def reconciled():
    """As reconciliation does once it went through every customer."""
    remember(reconciled_at=sa.func.clock_timestamp())


def test_while_paused_orders_wait_nobody_calls_microsoft_and_resuming_buys_them(
    reservation, sandbox, settle, admin, driver
):
    pause(admin, "A price list went wrong")
    before = sandbox.last_request()
    queue_purchase(reservation)

    assert dispatch_once(driver=driver) == 0
    settle(rounds=3)

    assert purchase_of(reservation).state is PurchaseState.QUEUED
    assert sandbox.requests(before) == []
    assert get_provisioning(admin).reason == "A price list went wrong"

    assert resume(admin, "Mended") is ResumeOutcome.RESUMED
    settle()

    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED
    events = factories.session.scalars(sa.select(ControlEvent).order_by(ControlEvent.id)).all()
    assert [(event.event, event.actor, event.reason) for event in events] == [
        ("paused", admin.name, "A price list went wrong"),
        ("resumed", admin.name, "Mended"),
    ]


def test_switching_takes_an_administrator_and_a_reason(app, admin):
    provisioner = viewer_of(UserFactory(staff=True, role=Role.STAFF_PROVISIONING))

    for switch in (pause, resume):
        with pytest.raises(NotAllowedError):
            switch(provisioner, "Because")
        with pytest.raises(InvalidError):
            switch(admin, "  ")
    with pytest.raises(ConflictError, match="on already"):
        resume(admin, "Because")


@pytest.mark.parametrize(
    "remembered", [{"system_identifier": "1"}, {"timeline_id": 7}, {"database_oid": 1}]
)
def test_in_a_restored_database_nothing_is_bought_and_the_dispatcher_says_so(
    reservation, sandbox, settle, admin, remembered
):
    assert may_dispatch(1)
    queue_purchase(reservation)
    before = sandbox.last_request()
    remember(**remembered)

    settle(rounds=2)  # a worker, before any dispatcher looked

    assert purchase_of(reservation).fence == 0
    assert not may_dispatch(1)
    shown = get_provisioning(admin)
    assert (shown.is_on, shown.is_restored, shown.is_reconciled) == (False, True, False)
    assert sandbox.requests(before) == []


def test_after_a_restore_it_takes_a_reconciliation_and_two_people(
    reservation, settle, admin, other_admin
):
    assert may_dispatch(1)
    reconciled()  # an old one does not count
    remember(timeline_id=7)
    assert not may_dispatch(1)
    queue_purchase(reservation)

    with pytest.raises(ConflictError, match="Reconcile"):
        resume(admin, "Looks fine")
    reconciled()
    assert resume(admin, "Reconciled") is ResumeOutcome.SECOND_PERSON_NEEDED
    assert not may_dispatch(1)
    with pytest.raises(ConflictError, match="another administrator"):
        resume(admin, "Again me")
    assert get_provisioning(other_admin).resume_asked_by == admin.name
    assert resume(other_admin, "I looked too") is ResumeOutcome.RESUMED

    assert may_dispatch(1)
    settle()
    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED


def test_a_pause_during_the_ban_does_not_lift_it(admin, other_admin):
    declare_restored("an operator")
    pause(admin, "Wait for me")

    with pytest.raises(ConflictError, match="Reconcile"):
        resume(other_admin, "No need to wait")


def test_old_workers_claim_nothing_once_the_epoch_moved(app, admin, driver):
    asset = ReservationFactory(purchase_state=PurchaseState.QUEUED)
    PurchaseFactory(asset=asset, state=PurchaseState.QUEUED, order_id=None)

    assert bump_epoch("an operator") == 2

    assert not may_dispatch(1)
    assert may_dispatch(2)
    assert bump_epoch("an operator", 2) == 2
    with pytest.raises(ConflictError, match="never goes back"):
        bump_epoch("an operator", 1)
