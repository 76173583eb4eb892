"""Which price list, markup and VAT an account's prices come from."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import AccountKind, Role
from app.domain.assets import AssetKind
from app.domain.errors import ConflictError, NotFoundError
from app.domain.pricing import AdjustmentKind
from app.services.prices import pricing_for, pricing_seen_by, shown_to
from tests.factories import (
    NOW,
    AccountFactory,
    PriceListFactory,
    SkuFactory,
    TaxRuleFactory,
    generic_product,
)
from tests.integration.services.buyers import person, price_line_for, staff, stranger

pytestmark = pytest.mark.usefixtures("app_context")

YESTERDAY = NOW.date() - dt.timedelta(days=1)
TOMORROW = NOW.date() + dt.timedelta(days=1)


@pytest.fixture
def default_list(app):
    TaxRuleFactory()
    return PriceListFactory(is_default=True, percent=Decimal(10))


def buying(account, sku):
    return pricing_for(account.id).price(sku).buying.unit_price


def test_the_default_list_serves_whoever_has_no_other(default_list):
    assert buying(AccountFactory(), SkuFactory(cost=Decimal("112.2273"))) == Decimal("123.45")


def test_the_accounts_own_list_comes_first(default_list):
    own = PriceListFactory(percent=Decimal(20))
    reseller = AccountFactory(
        reseller_account=True, price_list_id=PriceListFactory(percent=Decimal(30)).id
    )
    customer = AccountFactory.customer_of(reseller, price_list_id=own.id)

    assert buying(customer, SkuFactory()) == Decimal("120.00")


def test_the_resellers_list_serves_its_customers(default_list):
    reseller = AccountFactory(
        reseller_account=True, price_list_id=PriceListFactory(percent=Decimal(30)).id
    )
    customer = AccountFactory.customer_of(reseller)

    assert buying(customer, SkuFactory()) == Decimal("130.00")


@pytest.mark.parametrize(
    ("days", "price"),
    [
        ({"starts_on": TOMORROW}, "110.00"),
        ({"ends_on": YESTERDAY}, "110.00"),
        ({"starts_on": YESTERDAY, "ends_on": TOMORROW}, "120.00"),
    ],
)
def test_a_list_serves_only_in_its_time(default_list, days, price):
    own = PriceListFactory(percent=Decimal(20), **days)

    assert buying(AccountFactory(price_list_id=own.id), SkuFactory()) == Decimal(price)


def test_a_product_may_have_other_prices_than_its_list(default_list):
    sku = SkuFactory()
    price_line_for(
        default_list,
        sku.product_id,
        adjustment_kind=AdjustmentKind.MARGIN,
        percent=Decimal(20),
        discount_percent=Decimal("12.5"),
    )

    priced = pricing_for(AccountFactory().id).price(sku, 2)

    assert priced.buying.unit_price == Decimal("125.00")
    assert priced.buying.total.net == Decimal("218.75")


@pytest.mark.parametrize(
    ("own", "default", "selling"),
    [(None, "0", "110.00"), (None, "5", "115.50"), ("10", "5", "121.00"), ("0", "5", "110.00")],
)
def test_the_reseller_adds_its_markup_for_the_customer(default_list, own, default, selling):
    reseller = AccountFactory(reseller_account=True, default_markup=Decimal(default))
    customer = AccountFactory.customer_of(reseller, markup=own and Decimal(own))

    assert pricing_for(customer.id).price(SkuFactory()).selling.unit_price == Decimal(selling)


@pytest.mark.parametrize("kind", [AccountKind.RESELLER, AccountKind.DIRECT_CUSTOMER])
def test_nothing_is_sold_on_where_no_reseller_stands_between(default_list, kind):
    account = AccountFactory(kind=kind, default_markup=Decimal(5))

    assert pricing_for(account.id).price(SkuFactory()).selling is None


def test_vat_follows_the_kind_of_product_and_the_country(default_list):
    TaxRuleFactory(product_kind=AssetKind.RESERVATION, rate=Decimal(13))
    TaxRuleFactory(country="CY", rate=Decimal(19))
    reservation = SkuFactory(reservation=True, product=generic_product())

    pricing = pricing_for(AccountFactory().id)
    cypriot = pricing_for(AccountFactory(country="CY").id)

    assert pricing.price(reservation).buying.vat_rate == Decimal(13)
    assert pricing.price(SkuFactory()).buying.vat_rate == Decimal(24)
    assert cypriot.price(reservation).buying.vat_rate == Decimal(19)


def test_an_exempt_account_pays_no_vat(default_list):
    account = AccountFactory(is_tax_exempt=True)

    assert pricing_for(account.id).price(SkuFactory()).buying.total.vat == 0


@pytest.mark.parametrize(
    ("sku", "account", "reason"),
    [
        ({"cost": None}, {}, "Microsoft does not sell this"),
        ({"currency": "USD"}, {}, "Microsoft prices this in USD, the account pays in EUR"),
        ({}, {"country": "CH"}, "No VAT rate is set for the country CH"),
    ],
)
def test_what_has_no_price_says_why(default_list, sku, account, reason):
    pricing = pricing_for(AccountFactory(**account).id)

    with pytest.raises(ConflictError, match=reason):
        pricing.price(SkuFactory(**sku))


def test_without_a_price_list_nothing_is_for_sale():
    TaxRuleFactory()

    reason = pricing_for(AccountFactory().id).reason_not_for_sale(SkuFactory())

    assert reason == "No price list is in force for this account."


def test_an_unknown_account_is_not_found():
    with pytest.raises(NotFoundError):
        pricing_for(uuid4())


def test_pricing_is_one_statement(default_list, at_most):
    account = AccountFactory.customer_of(AccountFactory(reseller_account=True))

    with at_most(1):
        pricing_for(account.id)


def test_only_those_who_see_the_account_see_its_prices(default_list):
    reseller = AccountFactory(reseller_account=True)
    customer = AccountFactory.customer_of(reseller)

    for viewer in (person(customer), person(reseller), staff()):
        assert pricing_seen_by(viewer, customer.id).account_id == customer.id
    for viewer in (stranger(), person(AccountFactory.customer_of(reseller))):
        with pytest.raises(NotFoundError):
            pricing_seen_by(viewer, customer.id)
    with pytest.raises(NotFoundError):
        pricing_seen_by(person(customer), reseller.id)


def test_each_audience_sees_its_own_price(default_list):
    reseller = AccountFactory(reseller_account=True, default_markup=Decimal(25))
    customer = AccountFactory.customer_of(reseller)
    priced = pricing_for(customer.id).price(SkuFactory())

    def shown(viewer, *, hides_prices=False):
        return shown_to(viewer, priced.buying, priced.selling, hides_prices=hides_prices)

    assert shown(person(customer)).price.unit_price == Decimal("137.50")
    assert shown(person(customer)).resale is None
    assert shown(person(customer), hides_prices=True).price is None
    assert shown(person(reseller), hides_prices=True).price.unit_price == Decimal("110.00")
    assert shown(person(reseller)).resale.margin == Decimal("27.50")
    assert shown(person(reseller)).resale.margin_percent == Decimal("20.00")
    assert shown(staff()).resale.price.unit_price == Decimal("137.50")
    assert shown(staff(Role.STAFF_SUPPORT)).price.unit_price == Decimal("110.00")
    assert shown(staff(Role.STAFF_SUPPORT)).resale is None
