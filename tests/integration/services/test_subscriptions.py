"""Azure plans: seen by those who own them, and what may be bought from them."""

from uuid import uuid4

import pytest

from app.database import db
from app.domain.access import Role
from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from app.domain.errors import NotFoundError
from app.models import Product
from app.services.pages import PageRequest
from app.services.subscriptions import PlanSearch, get_subscription, list_subscriptions
from tests.factories import (
    AccountFactory,
    ReservationFactory,
    SubscriptionFactory,
    generic_product,
    session,
)
from tests.integration.services.buyers import change, person, staff, stranger

pytestmark = pytest.mark.usefixtures("app_context")

PAGE = PageRequest(size=25)


@pytest.fixture
def reseller(app):
    generic_product()
    return AccountFactory(reseller_account=True)


@pytest.fixture
def customer(reseller):
    return AccountFactory.customer_of(reseller)


@pytest.fixture
def plan(customer):
    return SubscriptionFactory(account=customer, name="Production")


def listed(viewer, **wanted):
    return list_subscriptions(viewer, PlanSearch(**wanted), page=PAGE).items


def test_a_plan_with_its_reservations(customer, plan):
    ReservationFactory(account=customer, subscription=plan)
    ReservationFactory(account=customer, subscription=plan, expired=True)
    ReservationFactory(account=customer)

    shown = get_subscription(person(customer), plan.id)

    assert (shown.number, shown.name) == (f"SUB-{plan.number:05d}", "Production")
    assert (shown.reservations, shown.active_reservations) == (2, 1)
    assert shown.may_buy_reservation


def test_only_those_with_several_accounts_read_whose_plan_it_is(reseller, customer, plan):
    assert [row.account_name for row in listed(person(customer))] == [None]
    assert [row.account_name for row in listed(person(reseller))] == [customer.name]
    assert [row.account_name for row in listed(staff())] == [customer.name]


def test_foreign_plans_are_neither_listed_nor_found(reseller, customer, plan):
    sibling = person(AccountFactory.customer_of(reseller))

    for viewer in (stranger(), sibling):
        assert listed(viewer) == []
        assert listed(viewer, account_id=customer.id) == []
        with pytest.raises(NotFoundError):
            get_subscription(viewer, plan.id)
    with pytest.raises(NotFoundError):
        get_subscription(person(customer), uuid4())


def test_the_query_hides_foreign_plans_even_without_postgresqls_wall(plan, no_walls):
    viewer = stranger()

    assert listed(viewer) == []
    with pytest.raises(NotFoundError):
        get_subscription(viewer, plan.id)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"status": SubscriptionStatus.PENDING_CANCELLATION}, None),
        ({"status": SubscriptionStatus.SUSPENDED}, "The Azure plan is suspended."),
        ({"status": SubscriptionStatus.CANCELLED}, "The Azure plan is cancelled."),
        (
            {"provisioning_sync_status": ProvisioningSyncStatus.FAILED},
            "The Azure plan is not synchronized with Microsoft.",
        ),
    ],
)
def test_whether_a_reservation_can_be_bought_from_the_plan(customer, plan, values, reason):
    change(plan, **values)

    shown = get_subscription(person(customer), plan.id)

    assert (shown.reason, shown.may_buy_reservation) == (reason, reason is None)


def test_other_reasons_not_to_buy(customer, plan):
    assert "role" in get_subscription(person(customer, role=Role.VIEWER), plan.id).reason
    assert "role" in get_subscription(staff(Role.STAFF_SUPPORT), plan.id).reason
    assert get_subscription(staff(), plan.id).reason is None

    change(customer, may_order=False)

    assert "switched off" in get_subscription(person(customer), plan.id).reason


def test_nothing_is_sold_while_the_product_is_not_published(customer, plan):
    change(generic_product(), is_published=False)
    assert "not sold" in get_subscription(person(customer), plan.id).reason

    session.query(Product).delete()
    session.commit()
    assert "not sold" in get_subscription(person(customer), plan.id).reason


def test_searching_and_filtering(reseller, customer, plan):
    other = SubscriptionFactory(
        account=AccountFactory.customer_of(reseller, name="Helios Clinics"),
        name="Development",
        status=SubscriptionStatus.SUSPENDED,
    )
    viewer = person(reseller)

    def ids(**wanted):
        return [row.id for row in listed(viewer, **wanted)]

    assert ids() == [other.id, plan.id]
    assert ids(q="helios") == ids(q="develop") == [other.id]
    assert ids(q=f"SUB-{plan.number:05d}") == ids(q=plan.microsoft_subscription_id) == [plan.id]
    assert ids(status=SubscriptionStatus.SUSPENDED) == [other.id]
    assert ids(account_id=customer.id) == [plan.id]
    assert ids(q="100%") == ids(q="nul\0") == []


def test_lists_and_plans_cost_few_statements(customer, plan, at_most):
    viewer = person(customer)
    for _ in range(10):
        SubscriptionFactory(account=customer)
    db.session.rollback()

    with at_most(2):
        listed(viewer)
    with at_most(1):
        get_subscription(viewer, plan.id)
