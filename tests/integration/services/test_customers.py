"""A reseller's customers: the list, one of them, and what is agreed with it."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import AccountKind, Permission, Role
from app.domain.assets import AssetKind, AssetStatus
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.domain.orders import OrderStatus
from app.models import Account
from app.services.customer_details import get_customer, get_terms
from app.services.customer_terms import AgreedTerms, save_default_markup, save_terms
from app.services.customers import CustomerQuery, default_markup, export_customers, list_customers
from app.services.pages import PageRequest
from app.services.prices import pricing_for
from tests import factories
from tests.factories import (
    AccountFactory,
    OrderFactory,
    PriceListFactory,
    ReservationFactory,
    SkuFactory,
    SoftwareSubscriptionFactory,
    SubscriptionFactory,
    TaxRuleFactory,
    UserFactory,
)
from tests.integration.services.buyers import change, person, staff, stranger
from tests.support.buying import stored

pytestmark = pytest.mark.usefixtures("app_context")

RESELLER_ROLES = (Role.ADMINISTRATOR, Role.BILLING, Role.BUYER, Role.VIEWER)


@pytest.fixture
def northwind(app):
    return AccountFactory(reseller_account=True, name="Northwind", default_markup=Decimal(5))


@pytest.fixture
def aegean(northwind):
    return AccountFactory.customer_of(northwind, name="Aegean Foods", city="Piraeus")


def names(viewer, **wanted):
    return [row.name for row in list_customers(viewer, CustomerQuery(**wanted)).items]


def agree(viewer, customer, markup="10", **changes):
    values = {"hides_prices": False, "needs_approval": False, **changes}
    agreed = AgreedTerms(markup=None if markup is None else Decimal(markup), **values)
    save_terms(viewer, customer.id, agreed)


def test_a_reseller_lists_its_own_customers_and_nobody_else(northwind, aegean):
    fabrikam = AccountFactory(reseller_account=True)
    AccountFactory.customer_of(fabrikam, name="Thistle")
    AccountFactory(name="Kalamata")

    assert names(person(northwind)) == ["Aegean Foods"]


@pytest.mark.parametrize(
    ("q", "found"), [("aeg", True), ("PIRAEUS", True), ("ACC-", False), ("%", False), ("\0", True)]
)
def test_customers_are_searched_by_name_and_city(northwind, aegean, q, found):
    assert bool(names(person(northwind), q=q)) is found


def test_customers_are_found_by_their_number(northwind, aegean):
    number = f"acc-{stored(aegean).number:05d}"

    assert names(person(northwind), q=number) == ["Aegean Foods"]


def test_customers_are_filtered_by_what_is_agreed(northwind, aegean):
    AccountFactory.customer_of(northwind, name="Helios", needs_approval=True, hides_prices=True)
    viewer = person(northwind)

    assert names(viewer, needs_approval=True) == ["Helios"]
    assert names(viewer, hides_prices=False) == ["Aegean Foods"]


def test_every_customer_stands_on_one_page_of_the_list(northwind):
    for number in range(60):
        AccountFactory.customer_of(northwind, name=f"Customer {number % 20:02d}")
    viewer = person(northwind)

    seen, page = [], PageRequest(size=25)
    while page:
        found = list_customers(viewer, CustomerQuery(page=page))
        seen += [row.id for row in found.items]
        page = found.next and PageRequest(size=25, after=found.next)

    assert len(seen) == len(set(seen)) == 60


def test_the_number_of_statements_does_not_grow(northwind, aegean, at_most):
    viewer = person(northwind)
    for _ in range(30):
        customer = AccountFactory.customer_of(northwind)
        SubscriptionFactory(account=customer)
        ReservationFactory(account=customer)

    with at_most(2):
        found = list_customers(viewer, CustomerQuery())

    assert found.total == 31


def test_a_row_counts_plans_assets_and_orders_that_wait(northwind, aegean):
    plan = SubscriptionFactory(account=aegean)
    ReservationFactory(account=aegean, subscription=plan)
    SoftwareSubscriptionFactory(account=aegean, status=AssetStatus.EXPIRED)
    OrderFactory(account=aegean, status=OrderStatus.PENDING_APPROVAL)
    OrderFactory(account=aegean)

    row = list_customers(person(northwind), CustomerQuery()).items[0]

    assert (row.plans, row.assets, row.active_assets, row.pending_orders) == (1, 2, 1, 1)


@pytest.mark.parametrize("kind", [AccountKind.DIRECT_CUSTOMER, AccountKind.DISTRIBUTOR])
def test_only_resellers_have_customers(app, kind):
    viewer = staff() if kind is AccountKind.DISTRIBUTOR else person(AccountFactory(kind=kind))

    assert not viewer.may(Permission.VIEW_CUSTOMERS)
    with pytest.raises(NotAllowedError):
        list_customers(viewer, CustomerQuery())
    with pytest.raises(NotAllowedError):
        get_customer(viewer, uuid4())


def test_an_end_customer_has_no_customers_not_even_itself(aegean):
    with pytest.raises(NotAllowedError):
        get_customer(person(aegean), aegean.id)


def test_the_file_has_every_row_and_needs_the_right(northwind, aegean):
    rows = export_customers(person(northwind, Role.BILLING), CustomerQuery(q="aegean"))

    assert [row.name for row in rows] == ["Aegean Foods"]
    with pytest.raises(NotAllowedError):
        export_customers(person(northwind, Role.VIEWER), CustomerQuery())


# ------------------------------------------------------------------------------ one of them


def test_a_customers_page_knows_what_it_has(northwind, aegean):
    plan = SubscriptionFactory(account=aegean)
    money = {"buying_unit_price": Decimal("100.00"), "selling_unit_price": Decimal("125.00")}
    ReservationFactory(account=aegean, subscription=plan, quantity=2, **money)
    waiting = OrderFactory(account=aegean, status=OrderStatus.PENDING_APPROVAL)
    OrderFactory(account=aegean)
    OrderFactory(account=aegean, status=OrderStatus.QUOTED, placed_at=None)
    UserFactory(account=aegean, name="Eleni")

    found = get_customer(person(northwind), aegean.id)

    assert (found.plan_count, found.order_count, found.pending_orders, found.assets) == (1, 2, 1, 1)
    assert found.active == {AssetKind.RESERVATION: 1, AssetKind.SOFTWARE_SUBSCRIPTION: 0}
    assert found.orders[0].id == waiting.id
    assert [user.name for user in found.users] == ["Eleni"]
    [earned] = found.earned
    assert (earned.buying, earned.selling) == (Decimal("200.00"), Decimal("250.00"))
    assert (earned.margin, earned.margin_percent) == (Decimal("50.00"), Decimal("20.00"))
    assert found.newest_assets[0].shown.resale.margin == Decimal("50.00")


def test_a_customers_page_takes_five_statements(northwind, aegean, at_most):
    for _ in range(12):
        ReservationFactory(account=aegean)
        OrderFactory(account=aegean)
        UserFactory(account=aegean)
    viewer = person(northwind)

    with at_most(5):
        found = get_customer(viewer, aegean.id)

    assert (len(found.newest_assets), len(found.orders), len(found.users)) == (5, 5, 10)


def test_a_strangers_customer_the_own_account_and_nothing_are_missing(northwind, aegean):
    for viewer, account_id in (
        (stranger(), aegean.id),
        (person(northwind), northwind.id),
        (person(northwind), uuid4()),
    ):
        with pytest.raises(NotFoundError):
            get_customer(viewer, account_id)
        with pytest.raises(NotFoundError):
            get_terms(viewer, account_id)


# ---------------------------------------------------------------------------------- terms


@pytest.fixture
def sku(app):
    PriceListFactory(is_default=True)
    TaxRuleFactory()
    return SkuFactory(cost=Decimal("100.0000"))


def selling(customer, sku):
    return pricing_for(customer.id).price(sku).selling.unit_price


def test_a_markup_holds_from_the_next_price_on(northwind, aegean, sku):
    viewer = person(northwind)
    assert selling(aegean, sku) == Decimal("105.00")

    agree(viewer, aegean, "12.5")
    assert selling(aegean, sku) == Decimal("112.50")
    agree(viewer, aegean, "0")
    assert selling(aegean, sku) == Decimal("100.00")
    agree(viewer, aegean, None)
    save_default_markup(viewer, Decimal(20))
    assert selling(aegean, sku) == Decimal("120.00")
    assert default_markup(viewer) == Decimal(20)


def test_a_markup_changes_nothing_that_was_bought(northwind, aegean):
    asset = ReservationFactory(account=aegean, selling_unit_price=Decimal("125.00"))
    order = OrderFactory(account=aegean)
    before = (stored(asset).selling_net, stored(asset).selling_vat, stored(order).quote_ends_at)

    agree(person(northwind), aegean, "50")
    save_default_markup(person(northwind), Decimal(70))

    after = stored(asset)
    assert (after.selling_net, after.selling_vat, stored(order).quote_ends_at) == before
    assert after.selling_unit_price == Decimal("125.00")


def test_prices_and_approval_are_kept(northwind, aegean):
    agree(person(northwind), aegean, None, hides_prices=True, needs_approval=True)

    name, terms = get_terms(person(northwind), aegean.id)
    assert (name, terms.hides_prices, terms.needs_approval) == ("Aegean Foods", True, True)
    assert (terms.own_markup, terms.markup) == (None, Decimal(5))


@pytest.mark.parametrize("markup", ["-0.01", "1000.01"])
def test_a_markup_has_bounds(northwind, aegean, markup):
    with pytest.raises(InvalidError) as caught:
        agree(person(northwind), aegean, markup)
    assert caught.value.field == "markup"
    with pytest.raises(InvalidError):
        save_default_markup(person(northwind), Decimal(markup))


@pytest.mark.parametrize("role", RESELLER_ROLES[1:])
def test_only_administrators_agree_terms(northwind, aegean, role):
    with pytest.raises(NotAllowedError):
        agree(person(northwind, role), aegean)
    with pytest.raises(NotAllowedError):
        save_default_markup(person(northwind, role), Decimal(1))


def test_nobody_agrees_terms_with_a_strangers_customer(northwind, aegean):
    before = stored(aegean).markup

    with pytest.raises(NotFoundError):
        agree(stranger(), aegean)
    with pytest.raises(NotFoundError):
        agree(person(northwind), northwind)
    with pytest.raises(NotAllowedError):
        agree(person(aegean), aegean)

    assert stored(aegean).markup == before


def test_a_default_markup_is_the_own_accounts_alone(northwind, aegean):
    fabrikam = AccountFactory(reseller_account=True, default_markup=Decimal(3))

    save_default_markup(person(northwind), Decimal(8))

    assert stored(fabrikam).default_markup == Decimal(3)
    assert stored(aegean).default_markup == 0


def test_orders_of_a_new_end_customer_need_approval_others_do_not(northwind):
    def new(kind, reseller_id=None):
        account = Account(
            kind=kind, name="New", reseller_id=reseller_id, country="GR", currency="EUR"
        )
        change(account)
        factories.session.refresh(account)
        return account.needs_approval

    assert new(AccountKind.END_CUSTOMER, northwind.id) is True
    assert new(AccountKind.DIRECT_CUSTOMER) is False
    assert new(AccountKind.RESELLER) is False
