"""What keeps a purchase single beneath the protocol: ids, clocks, leases, bells."""

import datetime as dt
from contextlib import suppress

import pytest
import sqlalchemy as sa
import time_machine

from app.config import Settings, SettingsError
from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.purchase import PurchaseState
from app.models import Account, Asset, Purchase, Subscription
from app.services.asset_editing import AssetEdit, save_asset
from app.services.purchase_rows import claim
from app.services.purchases import start_purchase, step
from tests import factories
from tests.factories import AccountFactory, SubscriptionFactory, UserFactory, viewer_of
from tests.support.buying import new_reservation, purchase_of, queue_purchase, stored
from tests.support.reconciling import unguarded

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def reservation(app, sandbox):
    account = AccountFactory()
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    return new_reservation(plan, account)


@pytest.fixture
def checkout_ids(sandbox):
    """The MS-RequestId of each checkout since now."""
    since = sandbox.last_request()

    def ids():
        sent = sandbox.requests(since)
        return [entry["ms_request_id"] for entry in sent if entry["path"].endswith("/checkout")]

    return ids


def test_silence_keeps_the_request_id(reservation, sandbox, settle, checkout_ids):
    sandbox.fault("checkout", "drop_before", times=2)
    queue_purchase(reservation)

    settle()

    assert len(checkout_ids()) == 3
    assert len(set(checkout_ids())) == 1


def test_a_definite_answer_renews_the_request_id(reservation, sandbox, settle, checkout_ids):
    sandbox.fault("checkout", "status:400:800010", times=1)
    queue_purchase(reservation)
    settle()
    staff = viewer_of(UserFactory(staff=True))

    save_asset(staff, reservation.id, AssetEdit(version=stored(reservation).version))
    settle()

    assert len(set(checkout_ids())) == 2


@pytest.mark.parametrize("shift", [dt.timedelta(days=1), dt.timedelta(days=-1)])
def test_only_postgresqls_clock_says_what_is_due(app, reservation, shift):
    """A worker whose clock is a day off claims what is due, and nothing else."""
    driver = app.extensions["purchase_driver"]
    now, later = reservation, new_reservation_like(reservation)
    ids = {"due": queue_purchase(now), "not due": queue_purchase(later)}
    row = purchase_of(later)
    row.next_run_at = sa.func.now() + sa.text("interval '1 hour'")
    factories.session.commit()

    with time_machine.travel(dt.datetime.now(dt.UTC) + shift):
        claimed = {
            what: claim(row_id, worker="w", epoch=driver.epoch, lease=driver.lease) is not None
            for what, row_id in ids.items()
        }

    assert claimed == {"due": True, "not due": False}


def new_reservation_like(asset):
    account = AccountFactory()
    return new_reservation(SubscriptionFactory(account=account), account)


def test_a_lease_outlasts_the_longest_answer(servers, settings):
    environment = servers.environment(
        ENTREPOT_ENV="test",
        DATABASE_URL=settings.database_url,
        ENTREPOT_LEASE_SECONDS="40",
        MICROSOFT_READ_TIMEOUT="40",
    )

    with pytest.raises(SettingsError, match="ENTREPOT_LEASE_SECONDS"):
        Settings.from_env(environment)


def test_no_bell_is_rung_for_what_was_rolled_back(app, reservation):
    with suppress(LookupError), transaction(SYSTEM_SCOPE) as session:
        start_purchase(session, session.get_one(Asset, reservation.id), actor="a buyer")
        raise LookupError

    assert app.extensions["queue"].count == 0


def test_a_job_is_never_run_again_by_the_queue(app, reservation):
    queue_purchase(reservation)

    (job,) = app.extensions["queue"].jobs

    assert not job.retries_left


def test_an_order_of_another_purchase_is_never_taken_for_ours(reservation, sandbox, settle, app):
    plan = factories.session.get_one(Subscription, reservation.subscription_id)
    other = new_reservation(plan, factories.session.get_one(Account, reservation.account_id))
    queue_purchase(other)
    settle()
    sandbox.fault("checkout", "drop_after")
    step(queue_purchase(reservation), driver=app.extensions["purchase_driver"])
    (answered,) = sandbox.ledger(purchase_of(reservation).own_ref)
    with unguarded("purchases") as session:
        its = sa.update(Purchase).where(Purchase.id == purchase_of(other).id)
        session.execute(its.values(order_id=answered["order_id"]))
        session.execute(sa.update(Purchase).values(next_run_at=sa.func.now()))

    step(purchase_of(reservation).id, driver=app.extensions["purchase_driver"])

    purchase = purchase_of(reservation)
    assert (purchase.state, purchase.error_code) == (PurchaseState.UNKNOWN, "order_differs")
    assert purchase.order_id is None
    assert stored(reservation).microsoft_order_id is None
