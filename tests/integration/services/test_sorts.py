"""Every column of a list sorts it, up and down, through its pages by key."""

from decimal import Decimal

import pytest

from app.domain.access import Role
from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from app.domain.pricing import AdjustmentKind
from app.services import customers, invoice_lists, order_history, subscriptions
from app.services.catalogue import SoftwareSearch, list_software_plans
from app.services.catalogue_sorts import SoftwareSort
from app.services.customers import CustomerSort
from app.services.invoice_lists import InvoiceSort
from app.services.order_sorts import OrderSort
from app.services.orders import place_order
from app.services.pages import PageRequest
from app.services.subscriptions import PlanSort
from tests.factories import (
    AccountFactory,
    ProductFactory,
    ReservationFactory,
    SkuFactory,
    SubscriptionFactory,
)
from tests.integration.services.buyers import (
    Marketplace,
    change,
    person,
    price_line_for,
    staff,
)
from tests.integration.services.invoicing import bought, cancel, order_old

pytestmark = pytest.mark.usefixtures("app_context")

PAGE = PageRequest(size=25)


@pytest.fixture
def market(app):
    AccountFactory(distributor=True, name="Entrepot", vat_number="EL800000001")
    return Marketplace()


def walk(read, *, size=2):
    """Every row of the list, page after page by key, and back to the first page."""
    pages = [read(PageRequest(size=size))]
    while pages[-1].next:
        pages.append(read(PageRequest(size=size, after=pages[-1].next)))
    back = pages[-1]
    for page in pages[-2::-1]:
        back = read(PageRequest(size=size, before=back.previous))
        assert [row.id for row in back.items] == [row.id for row in page.items]
    return [row for page in pages for row in page.items]


def check(read, shown, *, rows):
    """`read` answers a page of the list for (descending, page request); `shown` is the column."""
    up = walk(lambda page: read(False, page))
    down = walk(lambda page: read(True, page))

    values = [shown(row) for row in up]
    assert len(values) == rows
    assert values == sorted(values)
    assert len(set(values)) > 1, "the column is the same in every row: it shows nothing"
    assert [row.id for row in down] == [row.id for row in up][::-1]


ORDERS = {
    OrderSort.NUMBER: lambda row: row.number,
    OrderSort.ACCOUNT: lambda row: row.account_name,
    OrderSort.TITLE: lambda row: row.title,
    OrderSort.STATUS: lambda row: row.status,
    OrderSort.PLACED: lambda row: row.placed_at,
    OrderSort.TOTAL: lambda row: row.total.net,
}


@pytest.fixture
def orders(market):
    """Five for the customer and its reseller; two wait, one has a discount."""
    buyer, reseller = person(market.customer), person(market.reseller)
    market.order(buyer, quantity=3)
    place_order(reseller, market.quote_plan(reseller, market.reseller, quantity=2))
    change(market.customer, needs_approval=True)
    market.order(buyer, quantity=1)
    change(market.prices, discount_percent=Decimal("12.5"))
    market.order(buyer, quantity=3)
    place_order(reseller, market.quote_plan(reseller, market.reseller, quantity=5))


@pytest.mark.parametrize("sort", OrderSort)
def test_orders_are_sorted_by_each_column(market, orders, sort):
    viewer = person(market.reseller)

    def read(descending, page):
        search = order_history.OrderSearch(sort=sort, descending=descending)
        return order_history.list_orders(viewer, search, page=page)

    check(read, ORDERS[sort], rows=5)


def test_a_customer_sorts_by_what_it_pays_and_not_by_what_its_reseller_pays(market):
    change(market.customer, markup=Decimal(100))
    buyer = person(market.customer)
    dear = market.order(buyer, quantity=1).order_id  # bought for 123.45, sold for 246.90
    change(market.customer, markup=Decimal(0))
    cheap = market.order(buyer, quantity=1).order_id  # sold for 123.45

    def ids(viewer):
        search = order_history.OrderSearch(sort=OrderSort.TOTAL, descending=False)
        return [row.id for row in order_history.list_orders(viewer, search, page=PAGE).items]

    assert ids(buyer) == [cheap, dear]
    assert ids(person(market.reseller)) == [dear, cheap]  # the same to it: by number


def test_hidden_totals_sort_nothing(market, orders):
    change(market.customer, hides_prices=True)
    viewer = person(market.customer)

    def ids(sort):
        search = order_history.OrderSearch(sort=sort)
        return [row.id for row in order_history.list_orders(viewer, search, page=PAGE).items]

    assert ids(OrderSort.TOTAL) == ids(OrderSort.NUMBER)


PLANS = {
    PlanSort.NUMBER: lambda row: row.number,
    PlanSort.ACCOUNT: lambda row: row.account_name,
    PlanSort.STATUS: lambda row: row.status,
    PlanSort.SYNC: lambda row: row.sync_status,
    PlanSort.MICROSOFT_ID: lambda row: row.microsoft_subscription_id,
    PlanSort.RESERVATIONS: lambda row: row.active_reservations,
}


@pytest.mark.parametrize("sort", PlanSort)
def test_azure_plans_are_sorted_by_each_column(market, sort):
    suspended = SubscriptionFactory(account=market.reseller, status=SubscriptionStatus.SUSPENDED)
    failed = SubscriptionFactory(
        account=market.customer, provisioning_sync_status=ProvisioningSyncStatus.FAILED
    )
    SubscriptionFactory(account=market.direct)
    ReservationFactory(account=market.customer, subscription=failed)
    ReservationFactory(account=market.customer, subscription=failed, expired=True)
    for _ in range(2):
        ReservationFactory(account=market.reseller, subscription=suspended)
    viewer = staff()

    def read(descending, page):
        search = subscriptions.PlanSearch(sort=sort, descending=descending)
        return subscriptions.list_subscriptions(viewer, search, page=page)

    check(read, PLANS[sort], rows=4)


CUSTOMERS = {
    CustomerSort.NAME: lambda row: row.name,
    CustomerSort.NUMBER: lambda row: row.number,
    CustomerSort.PLANS: lambda row: row.plans,
    CustomerSort.ASSETS: lambda row: row.active_assets,
    CustomerSort.ORDERS: lambda row: (row.may_order, not row.terms.needs_approval),
    CustomerSort.PRICES: lambda row: row.terms.hides_prices,
    CustomerSort.MARKUP: lambda row: row.terms.markup,
}


@pytest.mark.parametrize("sort", CustomerSort)
def test_customers_are_sorted_by_each_column(market, sort):
    change(market.reseller, default_markup=Decimal(7))
    for number, terms in enumerate(
        (
            {"markup": Decimal("6.5"), "hides_prices": True},
            {"markup": Decimal(20), "needs_approval": True},
            {"may_order": False, "hides_prices": True},
            {"markup": Decimal(-5)},
        )
    ):
        customer = AccountFactory.customer_of(market.reseller, **terms)
        for _ in range(number):
            plan = SubscriptionFactory(account=customer)
            ReservationFactory(account=customer, subscription=plan)
    viewer = person(market.reseller)

    def read(descending, page):
        query = customers.CustomerQuery(sort=sort, descending=descending, page=page)
        return customers.list_customers(viewer, query)

    check(read, CUSTOMERS[sort], rows=5)


INVOICES = {
    InvoiceSort.ISSUED: lambda row: row.issued_on,
    InvoiceSort.DUE: lambda row: row.due_on,
    InvoiceSort.TOTAL: lambda row: row.gross,
    InvoiceSort.NUMBER: lambda row: row.number,
    InvoiceSort.ACCOUNT: lambda row: row.account_name,
    InvoiceSort.ORDER: lambda row: row.order_number,
    InvoiceSort.STATUS: lambda row: row.state or "",
    InvoiceSort.OPEN: lambda row: row.open_amount,
}


@pytest.mark.parametrize("sort", InvoiceSort)
def test_invoices_are_sorted_by_each_column(market, sort):
    for days in (40, 50):
        order_old(market, days=days)
    buyer = person(market.customer)
    bought(market, buyer, quantity=2)
    cancel(bought(market, buyer, quantity=3))
    direct = person(market.direct, role=Role.BUYER)
    place_order(direct, market.quote_plan(direct, market.direct, quantity=4))
    viewer = staff()

    def read(descending, page):
        query = invoice_lists.InvoiceQuery(sort=sort, descending=descending, page=page)
        return invoice_lists.list_invoices(viewer, query).page

    check(read, INVOICES[sort], rows=6)


TERMS = ["Perpetual", "1 year", "3 years"]
SOFTWARE = {
    SoftwareSort.NAME: lambda plan: plan.name,
    SoftwareSort.TERMS: lambda plan: tuple(TERMS.index(term) for term in plan.terms),
    SoftwareSort.PRICE: lambda plan: plan.price_from.unit_price,
}


@pytest.mark.parametrize("sort", SoftwareSort)
def test_software_is_sorted_by_each_column(market, sort):
    for name, cost, terms in (
        ("Windows Server CAL", "16", ("P3Y", "P1Y")),
        ("Office LTSC", "300", (None,)),
        ("SQL Server", "12", ("P3Y",)),
        ("Exchange Server", "40", (None, "P1Y")),
    ):
        product = ProductFactory(name=name)
        for number, term in enumerate(terms, 1):
            SkuFactory(product=product, cost=Decimal(cost) * number, term_duration=term)
        if name == "SQL Server":  # 12 and half of it are more than 16 and a tenth
            price_line_for(
                market.prices,
                product.id,
                adjustment_kind=AdjustmentKind.MARKUP,
                percent=Decimal(50),
            )
    viewer = person(market.direct)

    def read(descending, page):
        search = SoftwareSearch(sort=sort, descending=descending)
        return list_software_plans(viewer, market.direct.id, search, page=page)

    check(read, SOFTWARE[sort], rows=5)


@pytest.mark.parametrize("buyer", ["customer", "reseller", "direct"])
def test_a_place_in_the_list_tells_no_price_but_the_one_that_is_shown(market, buyer):
    """It stands in the addresses of the next page, signed and for everybody to read."""
    for cost in ("16.0133", "300", "12.345", "7.7777"):
        SkuFactory(product=ProductFactory(), cost=Decimal(cost))
    change(market.customer, markup=Decimal("12.5"))
    account = getattr(market, buyer)
    search = SoftwareSearch(sort=SoftwareSort.PRICE)

    for size in (2, 3, 4):
        page = PageRequest(size=size)
        found = list_software_plans(person(account), account.id, search, page=page)
        assert Decimal(found.next.keys[0]) == found.items[-1].price_from.unit_price
