"""A nothing-bought end: only with the proof, and the customer is told."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.assets import AssetStatus
from app.domain.errors import ConflictError, InvalidError, NotAllowedError
from app.domain.purchase import PurchaseState
from app.models import AssetEvent, Purchase
from app.services.giving_up import get_giving_up, give_up
from app.services.ports import PartnerCenter
from tests import factories
from tests.factories import UserFactory, viewer_of
from tests.support.buying import events_of, purchase_of, stored
from tests.support.reconciling import buy_by_hand, unguarded

pytestmark = pytest.mark.usefixtures("app_context")

LONG_AGO = factories.NOW - dt.timedelta(hours=2)


@pytest.fixture
def staff(app):
    return viewer_of(UserFactory(staff=True, name="Eleni"))


@pytest.fixture
def refused(queued):
    """A purchase that Microsoft refused an hour after it was sent."""
    with unguarded("purchases") as session:
        session.execute(
            sa.update(Purchase).values(
                state=PurchaseState.FAILED,
                checkout_first_sent_at=LONG_AGO,
                checkout_last_sent_at=LONG_AGO,
                error_code="800023",
                next_run_at=sa.func.now() + dt.timedelta(days=1),
            )
        )
    return queued


def end(staff, asset, driver, **changes):
    wish = {"version": stored(asset).version, "reason": "Not sold any more.", **changes}
    give_up(staff, asset.id, partner_center=driver.partner_center, **wish)


def test_it_is_cancelled_with_the_proof_and_the_reason(staff, refused, driver, sandbox):
    end(staff, refused, driver)

    asset, purchase = stored(refused), purchase_of(refused)
    assert (asset.status, asset.cancellation_reason) == (
        AssetStatus.CANCELLED,
        "Not sold any more.",
    )
    assert (purchase.state, purchase.next_run_at) == (PurchaseState.ABANDONED, None)
    assert events_of(refused)[-1] == "abandoned"
    (event,) = factories.session.query(AssetEvent).filter_by(asset_id=asset.id)
    assert (event.event, event.actor) == ("given_up", "Eleni")
    assert sandbox.orders_of(refused) == 0


def test_what_was_never_sent_needs_no_word_of_microsoft(staff, queued, driver, sandbox):
    with unguarded("purchases") as session:
        session.execute(sa.update(Purchase).values(state=PurchaseState.FAILED))
    since = sandbox.last_request()

    end(staff, queued, driver)

    assert stored(queued).status is AssetStatus.CANCELLED
    assert sandbox.requests(since) == []


@pytest.mark.parametrize("state", [s for s in PurchaseState if s is not PurchaseState.FAILED])
def test_only_a_refused_purchase_is_given_up(staff, queued, driver, state):
    with unguarded("purchases") as session:
        session.execute(sa.update(Purchase).values(state=state))

    with pytest.raises(ConflictError):
        end(staff, queued, driver)
    assert stored(queued).status is AssetStatus.ACTIVE


def test_half_an_hour_of_quiet_comes_first(staff, refused, driver):
    purchase_of(refused).checkout_last_sent_at = factories.NOW
    factories.session.commit()
    assert get_giving_up(staff, refused.id).rests_until is not None

    with pytest.raises(ConflictError, match="may still arrive"):
        end(staff, refused, driver)


def test_an_order_with_our_reference_forbids_it(staff, refused, driver, customer, sandbox):
    buy_by_hand(sandbox, customer, purchase_of(refused).own_ref)

    with pytest.raises(ConflictError, match="our reference"):
        end(staff, refused, driver)
    assert purchase_of(refused).state is PurchaseState.FAILED


def test_an_order_of_the_item_that_nothing_explains_forbids_it(
    staff, refused, driver, customer, sandbox
):
    buy_by_hand(sandbox, customer, "somebody's own words")

    with pytest.raises(ConflictError, match="nothing of ours explains"):
        end(staff, refused, driver)


def test_a_cart_in_a_state_that_we_do_not_know_forbids_it(staff, queued, driver, sandbox, settle):
    sandbox.fault("checkout", "status:400:800010")
    settle()
    with unguarded("purchases") as session:
        times = ("checkout_first_sent_at", "checkout_last_sent_at")
        session.execute(sa.update(Purchase).values(dict.fromkeys(times, LONG_AGO)))
    sandbox.fault("get_cart", "unknown_state")

    with pytest.raises(ConflictError, match="does not say whether it was bought: Rebalancing"):
        end(staff, queued, driver)
    assert purchase_of(queued).state is PurchaseState.FAILED


@dataclass
class Slow:
    """Partner Center, and what a worker did while it answered."""

    microsoft: PartnerCenter
    meanwhile: Callable[[], None]

    def __getattr__(self, name):
        self.meanwhile()
        return getattr(self.microsoft, name)


def test_what_was_tried_again_while_microsoft_was_asked_is_not_given_up(staff, refused, driver):
    def try_again():
        purchase_of(refused).fence += 1
        factories.session.commit()

    wish = {"version": stored(refused).version, "reason": "Not sold any more."}
    with pytest.raises(ConflictError, match="changed meanwhile"):
        give_up(staff, refused.id, partner_center=Slow(driver.partner_center, try_again), **wish)
    assert stored(refused).status is AssetStatus.ACTIVE


def test_silence_of_microsoft_forbids_it(staff, refused, driver, sandbox):
    sandbox.fault("list_orders", "drop_after")

    with pytest.raises(ConflictError, match="does not say"):
        end(staff, refused, driver)


def test_a_reason_a_right_and_the_newest_version_are_needed(staff, refused, driver):
    with pytest.raises(InvalidError):
        end(staff, refused, driver, reason="")
    with pytest.raises(ConflictError, match="changed meanwhile"):
        end(staff, refused, driver, version=99)
    with pytest.raises(NotAllowedError):
        end(viewer_of(UserFactory(staff=True, role=Role.STAFF_BILLING)), refused, driver)
