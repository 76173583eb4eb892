"""Edit and save, state by state: what it wakes, what it refuses, and who comes second."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.assets import ProvisioningSyncStatus
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.purchase import PurchaseState
from app.models import PurchaseEvent
from app.services.asset_editing import AssetEdit, SaveEffect, save_asset
from app.services.purchase_rows import Change, claim, renew_lease, write
from tests import factories
from tests.factories import (
    NOW,
    AccountFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    SubscriptionFactory,
    UserFactory,
    viewer_of,
)
from tests.support.back_office import purchase_for
from tests.support.back_office import staff as staff_user
from tests.support.buying import purchase_of, stored

pytestmark = pytest.mark.usefixtures("app_context")

BUSY = [PurchaseState.QUEUED, PurchaseState.CART_READY, PurchaseState.CHECKOUT_SENT]
NOT_FAILED = [*BUSY, PurchaseState.UNKNOWN, PurchaseState.ORDERED, PurchaseState.SYNCHRONIZED]


@pytest.fixture
def staff(app):
    return viewer_of(staff_user())


@pytest.fixture
def account(app):
    return AccountFactory()


@pytest.fixture
def plan(account):
    return SubscriptionFactory(account=account)


def reservation(plan, account, state, **purchase):
    """A reservation of five, its purchase in `state`."""
    asset = ReservationFactory(account=account, subscription=plan, quantity=5, purchase_state=state)
    was_ordered = state in {PurchaseState.ORDERED, PurchaseState.SYNCHRONIZED}
    order_id = asset.microsoft_order_id if was_ordered else None
    purchase_for(asset, state=state, order_id=order_id, **purchase)
    return asset


def edit(**fields):
    return AssetEdit(version=1, **fields)


def is_due(asset):
    return purchase_of(asset).next_run_at is not None


def queue_of(app):
    return app.extensions["queue"].count


def last_event(asset):
    factories.session.expire_all()
    purchase = purchase_of(asset)
    return factories.session.scalar(
        sa.select(PurchaseEvent)
        .where(PurchaseEvent.purchase_id == purchase.id)
        .order_by(PurchaseEvent.id.desc())
        .limit(1)
    )


class TestWhatEachStateDoes:
    @pytest.mark.parametrize("state", BUSY)
    def test_under_way_is_woken_and_goes_on(self, app, staff, account, plan, state):
        asset = reservation(plan, account, state)

        effect = save_asset(staff, asset.id, edit(notes="Seen."))

        assert effect is SaveEffect.TRIES_AGAIN
        assert purchase_of(asset).state is state
        assert is_due(asset)
        assert queue_of(app) == 1

    def test_unknown_is_only_asked_about(self, app, staff, account, plan):
        asset = reservation(plan, account, PurchaseState.UNKNOWN)

        effect = save_asset(staff, asset.id, edit())

        assert effect is SaveEffect.CHECKS_WITH_MICROSOFT
        assert purchase_of(asset).state is PurchaseState.UNKNOWN
        assert is_due(asset)
        assert queue_of(app) == 1

    def test_ordered_is_read(self, staff, account, plan):
        asset = reservation(plan, account, PurchaseState.ORDERED)

        assert save_asset(staff, asset.id, edit()) is SaveEffect.READS_MISSING_ID
        assert purchase_of(asset).state is PurchaseState.ORDERED
        assert is_due(asset)

    def test_synchronized_without_its_software_id_is_read(self, staff, account):
        asset = SoftwareSubscriptionFactory(account=account, software_id=None)
        purchase_for(asset)

        assert save_asset(staff, asset.id, edit()) is SaveEffect.READS_MISSING_ID
        assert purchase_of(asset).state is PurchaseState.SYNCHRONIZED
        assert is_due(asset)

    def test_perpetual_software_misses_nothing(self, staff, account):
        asset = SoftwareSubscriptionFactory(
            account=account, software_id=None, term_duration=None, expires_on=None
        )
        purchase_for(asset)

        assert save_asset(staff, asset.id, edit()) is SaveEffect.SAVED
        assert not is_due(asset)

    def test_synchronized_and_complete_is_a_plain_edit(self, app, staff, account, plan):
        asset = reservation(plan, account, PurchaseState.SYNCHRONIZED)

        effect = save_asset(staff, asset.id, edit(name="Ours", custom_fields={"a": "1"}))

        assert effect is SaveEffect.SAVED
        assert stored(asset).name == "Ours"
        assert stored(asset).custom_fields == {"a": "1"}
        assert not is_due(asset)
        assert queue_of(app) == 0

    def test_an_asset_without_a_purchase_is_a_plain_edit(self, staff, account):
        asset = SoftwareSubscriptionFactory(account=account)

        assert save_asset(staff, asset.id, edit(tags=["adopted"])) is SaveEffect.SAVED
        assert stored(asset).tags == ["adopted"]

    def test_failed_goes_back_to_its_cart_even_if_nothing_changed(self, app, staff, account, plan):
        asset = reservation(plan, account, PurchaseState.FAILED, cart_id="cart-1")

        effect = save_asset(staff, asset.id, edit())

        purchase = purchase_of(asset)
        assert effect is SaveEffect.TRIES_AGAIN
        assert purchase.state is PurchaseState.CART_READY
        assert (purchase.cart_id, purchase.generation) == ("cart-1", 1)
        assert not purchase.cart_is_stale
        assert stored(asset).provisioning_sync_status is ProvisioningSyncStatus.IN_PROGRESS
        assert stored(asset).version == 2
        assert queue_of(app) == 1

    def test_failed_before_any_cart_begins_at_the_beginning(self, staff, account, plan):
        asset = reservation(plan, account, PurchaseState.FAILED)

        save_asset(staff, asset.id, edit())

        assert purchase_of(asset).state is PurchaseState.QUEUED

    def test_failed_with_other_parameters_makes_its_cart_stale(self, staff, account, plan):
        other = SubscriptionFactory(account=account)
        asset = reservation(plan, account, PurchaseState.FAILED, cart_id="cart-1")

        save_asset(staff, asset.id, edit(quantity=3, subscription_id=other.id))

        purchase = purchase_of(asset)
        assert purchase.cart_is_stale
        assert purchase.cart_id == "cart-1"
        assert purchase.params["quantity"] == 3
        assert purchase.params["plan_id"] == other.microsoft_subscription_id
        found = stored(asset)
        assert found.subscription_id == other.id
        assert (found.quantity, found.buying_net) == (3, Decimal("3600.00"))
        assert found.buying_vat == Decimal("864.00")

    @pytest.mark.parametrize("trait", ["expired", "cancelled"])
    @pytest.mark.parametrize(
        "state", [PurchaseState.FAILED, PurchaseState.UNKNOWN, PurchaseState.SYNCHRONIZED]
    )
    def test_what_has_ended_wakes_nothing_whatever_its_purchase(
        self, app, staff, account, plan, trait, state
    ):
        asset = ReservationFactory(
            account=account, subscription=plan, purchase_state=state, **{trait: True}
        )
        purchase_for(asset, state=state, order_id=None)

        effect = save_asset(staff, asset.id, edit(notes="Kept.", tags=["old"]))

        assert effect is SaveEffect.SAVED
        assert stored(asset).notes == "Kept."
        assert purchase_of(asset).state is state
        assert not is_due(asset)
        assert queue_of(app) == 0

    def test_the_history_keeps_who_and_what(self, staff, account, plan):
        asset = reservation(plan, account, PurchaseState.FAILED)
        before = asset.name

        save_asset(staff, asset.id, edit(quantity=4, name="Four"))

        event = last_event(asset)
        assert (event.event, event.actor) == ("saved", staff.name)
        assert event.detail == {
            "effect": "tries_again",
            "changed": {"quantity": ["5", "4"], "name": [before, "Four"]},
        }


class TestWhatIsRefused:
    @pytest.mark.parametrize("state", NOT_FAILED)
    def test_purchase_fields_are_closed_unless_it_failed(self, staff, account, plan, state):
        other = SubscriptionFactory(account=account)
        asset = reservation(plan, account, state)

        with pytest.raises(ConflictError):
            save_asset(staff, asset.id, edit(quantity=3))
        with pytest.raises(ConflictError):
            save_asset(staff, asset.id, edit(subscription_id=other.id))
        assert stored(asset).version == 1
        assert stored(asset).quantity == 5

    @pytest.mark.parametrize("state", NOT_FAILED)
    def test_the_same_values_are_no_change(self, staff, account, plan, state):
        asset = reservation(plan, account, state)

        save_asset(staff, asset.id, edit(quantity=5, subscription_id=plan.id, name=asset.name))

        assert stored(asset).version == 2

    @pytest.mark.parametrize("quantity", [6, 0, -1])
    def test_the_quantity_goes_downwards_only(self, staff, account, plan, quantity):
        asset = reservation(plan, account, PurchaseState.FAILED)

        with pytest.raises(InvalidError) as refused:
            save_asset(staff, asset.id, edit(quantity=quantity))

        assert refused.value.field == "quantity"
        assert purchase_of(asset).state is PurchaseState.FAILED

    def test_another_accounts_plan_is_refused(self, staff, account, plan):
        foreign = SubscriptionFactory()
        asset = reservation(plan, account, PurchaseState.FAILED)

        with pytest.raises(InvalidError) as refused:
            save_asset(staff, asset.id, edit(subscription_id=foreign.id))

        assert refused.value.field == "subscription_id"
        assert stored(asset).subscription_id == plan.id

    @pytest.mark.parametrize("trait", ["expired", "cancelled"])
    @pytest.mark.parametrize("field", [{"name": "Other"}, {"quantity": 1}])
    def test_what_has_ended_keeps_name_and_quantity(self, staff, account, plan, trait, field):
        asset = ReservationFactory(
            account=account,
            subscription=plan,
            quantity=5,
            purchase_state=PurchaseState.FAILED,
            **{trait: True},
        )
        purchase_for(asset, state=PurchaseState.FAILED, order_id=None)

        with pytest.raises(ConflictError):
            save_asset(staff, asset.id, edit(**field))

    @pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_BILLING])
    def test_staff_who_only_read_are_refused(self, account, plan, role):
        asset = reservation(plan, account, PurchaseState.FAILED)

        with pytest.raises(NotAllowedError):
            save_asset(viewer_of(staff_user(role)), asset.id, edit())

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.BUYER, Role.VIEWER])
    def test_people_of_the_storefront_are_refused(self, account, plan, role):
        asset = reservation(plan, account, PurchaseState.FAILED)
        viewer = viewer_of(UserFactory(account=account, role=role))

        with pytest.raises(NotAllowedError):
            save_asset(viewer, asset.id, edit())
        assert purchase_of(asset).state is PurchaseState.FAILED

    def test_an_asset_that_is_not_there_is_not_found(self, staff, account):
        with pytest.raises(NotFoundError):
            save_asset(staff, account.id, edit())


class TestTwoAtOnce:
    def test_the_second_of_two_savers_is_told(self, staff, account, plan):
        asset = reservation(plan, account, PurchaseState.FAILED)
        save_asset(staff, asset.id, edit(notes="First"))

        with pytest.raises(ConflictError):
            save_asset(staff, asset.id, edit(notes="Second"))

        assert stored(asset).notes == "First"

    def test_of_forty_saves_at_once_one_wins(self, app, staff, account, plan):
        asset = reservation(plan, account, PurchaseState.FAILED, cart_id="cart-1")
        viewers = (staff, replace(staff, name="Nikos"))

        def save(number):
            with app.app_context():
                try:
                    save_asset(viewers[number % 2], asset.id, edit(notes=f"Number {number}"))
                except ConflictError:
                    return None
                return number

        with ThreadPoolExecutor(max_workers=8) as pool:
            winners = [number for number in pool.map(save, range(40)) if number is not None]

        found = stored(asset)
        assert len(winners) == 1
        assert found.notes == f"Number {winners[0]}"
        assert found.version == 2
        assert purchase_of(asset).state is PurchaseState.CART_READY
        assert queue_of(app) == 1

    def test_a_worker_that_holds_the_failed_row_is_fenced_out(
        self, app, settings, staff, account, plan
    ):
        asset = reservation(plan, account, PurchaseState.FAILED, cart_id="cart-1", next_run_at=NOW)
        driver = app.extensions["purchase_driver"]
        held = claim(purchase_of(asset).id, worker="slow", epoch=settings.epoch, lease=driver.lease)
        assert held

        save_asset(staff, asset.id, edit(quantity=3))

        assert not renew_lease(held)
        with factories.session.begin_nested():
            late = write(
                factories.session,
                held,
                Change(event="failed", state=PurchaseState.FAILED, ends_step=True),
            )
        assert late is None
        purchase = purchase_of(asset)
        assert purchase.state is PurchaseState.CART_READY
        assert purchase.lease_until is None
        assert purchase.fence == held.fence + 1

    def test_a_wake_of_a_row_under_way_leaves_its_worker_alone(
        self, app, settings, staff, account, plan
    ):
        asset = reservation(plan, account, PurchaseState.CART_READY, next_run_at=NOW)
        driver = app.extensions["purchase_driver"]
        held = claim(purchase_of(asset).id, worker="busy", epoch=settings.epoch, lease=driver.lease)
        assert held

        save_asset(staff, asset.id, edit(notes="While it runs."))

        assert renew_lease(held)
