"""Price lists: who has which, what single products have of their own, exchange rates."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.pricing import AdjustmentKind
from app.services.currency_rates import list_rates, remove_rate, save_rate
from app.services.price_calculator import calculate, find_skus
from app.services.price_lists import (
    LineEdit,
    PriceListEdit,
    assign_account,
    get_price_list,
    list_price_lists,
    remove_line,
    save_line,
    save_price_list,
    unassign_account,
)
from app.services.prices import pricing_for
from tests.factories import AccountFactory, PriceListFactory, SkuFactory, TaxRuleFactory
from tests.integration.services.buyers import staff

pytestmark = pytest.mark.usefixtures("app_context")

MARKUP_10 = PriceListEdit(
    name="Partners",
    is_default=False,
    adjustment_kind=AdjustmentKind.MARKUP,
    percent=Decimal(10),
    discount_percent=Decimal(0),
    starts_on=None,
    ends_on=None,
)


@pytest.fixture
def default_list(app):
    TaxRuleFactory()
    return PriceListFactory(is_default=True, name="Default")


@pytest.fixture
def sku(default_list):
    return SkuFactory(cost=Decimal(900))


def unit_price(account, sku):
    return pricing_for(account.id).price(sku).buying.unit_price


def test_an_account_pays_by_the_list_it_is_given(sku):
    account = AccountFactory()
    list_id = save_price_list(staff(), MARKUP_10)
    assert unit_price(account, sku) == 900

    assert assign_account(staff(), list_id, account.name.upper()) == account.name

    assert unit_price(account, sku) == 990
    view = get_price_list(staff(), list_id)
    assert [shown.name for shown in view.accounts] == [account.name]
    unassign_account(staff(), list_id, account.id)
    assert unit_price(account, sku) == 900


def test_an_account_is_found_by_its_number_too(default_list):
    account = AccountFactory()

    assert assign_account(staff(), default_list.id, f"ACC-{account.number:05d}") == account.name


@pytest.mark.parametrize(("names", "problem"), [((), "No account"), (("A", "a"), "Several")])
def test_a_name_that_is_not_one_account_is_refused(default_list, names, problem):
    for name in names:
        AccountFactory(name=name)

    with pytest.raises(InvalidError, match=problem):
        assign_account(staff(), default_list.id, "A")


def test_a_product_may_have_a_rule_of_its_own(default_list, sku):
    edit = LineEdit(
        product_id=sku.product_id,
        adjustment_kind=AdjustmentKind.MARGIN,
        percent=Decimal(20),
        discount_percent=Decimal(0),
    )
    account = AccountFactory()

    save_line(staff(), default_list.id, edit)
    assert unit_price(account, sku) == 1125
    save_line(staff(), default_list.id, replace(edit, adjustment_kind=AdjustmentKind.MARKUP))
    assert unit_price(account, sku) == 1080
    assert len(get_price_list(staff(), default_list.id).lines) == 1

    remove_line(staff(), default_list.id, sku.product_id)
    remove_line(staff(), default_list.id, sku.product_id)
    assert unit_price(account, sku) == 900


def test_a_new_default_takes_the_place_of_the_old(default_list):
    save_price_list(staff(), replace(MARKUP_10, is_default=True))

    assert [(row.name, row.is_default) for row in list_price_lists(staff())] == [
        ("Partners", True),
        ("Default", False),
    ]


def test_there_is_always_a_default(default_list):
    with pytest.raises(InvalidError) as refused:
        save_price_list(staff(), MARKUP_10, price_list_id=default_list.id)

    assert refused.value.field == "is_default"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("percent", {"adjustment_kind": AdjustmentKind.MARGIN, "percent": Decimal(100)}),
        ("percent", {"percent": Decimal(-100)}),
        ("percent", {"percent": Decimal(1001)}),
        ("discount_percent", {"discount_percent": Decimal("100.01")}),
        ("discount_percent", {"discount_percent": Decimal(-1)}),
        ("name", {"name": "DEFAULT"}),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(default_list, field, changes):
    with pytest.raises(InvalidError) as refused:
        save_price_list(staff(), replace(MARKUP_10, **changes))

    assert refused.value.field == field


def test_who_does_not_keep_prices_changes_none(default_list):
    support = staff(Role.STAFF_SUPPORT)

    for change in (
        lambda: save_price_list(support, MARKUP_10),
        lambda: assign_account(support, default_list.id, "A"),
        lambda: save_rate(support, "USD", "EUR", Decimal(1)),
        lambda: find_skus(support, "Server"),
    ):
        with pytest.raises(NotAllowedError):
            change()


def test_what_is_not_there_is_not_found():
    with pytest.raises(NotFoundError):
        get_price_list(staff(), uuid4())
    with pytest.raises(NotFoundError):
        save_price_list(staff(), MARKUP_10, price_list_id=uuid4())


class TestExchangeRates:
    def test_the_cost_is_converted_before_the_margin(self, default_list):
        """Cost 1,000 USD at 0.90 and a margin of 15 % make 1,058.82 EUR."""
        dollars = SkuFactory(cost=Decimal(1000), currency="USD")
        account = AccountFactory()
        margin = replace(
            MARKUP_10,
            name="Default",
            is_default=True,
            adjustment_kind=AdjustmentKind.MARGIN,
            percent=Decimal(15),
        )
        save_price_list(staff(), margin, price_list_id=default_list.id)
        with pytest.raises(ConflictError, match="Microsoft prices this in USD"):
            unit_price(account, dollars)

        save_rate(staff(), "USD", "EUR", Decimal("0.9"))

        priced = pricing_for(account.id).price(dollars)
        assert priced.buying.unit_price == Decimal("1058.82")
        assert (priced.cost, priced.cost_currency) == (1000, "USD")
        assert priced.conversion_rate == Decimal("0.9")

    def test_a_rate_is_replaced_and_removed(self):
        save_rate(staff(), "USD", "EUR", Decimal("0.9"))
        save_rate(staff(), "USD", "EUR", Decimal("0.92"))

        assert [row.rate for row in list_rates(staff())] == [Decimal("0.92")]
        remove_rate(staff(), "USD", "EUR")
        assert list_rates(staff()) == []

    @pytest.mark.parametrize(("to", "rate"), [("USD", "1"), ("EUR", "0"), ("EUR", "-1")])
    def test_a_rate_that_is_none_is_refused(self, to, rate):
        with pytest.raises(InvalidError):
            save_rate(staff(), "USD", to, Decimal(rate))


class TestCalculator:
    def test_it_explains_every_step(self, sku):
        reseller = AccountFactory(reseller_account=True, default_markup=Decimal(10))
        customer = AccountFactory.customer_of(reseller)

        found = calculate(staff(), account=customer.name, sku_id=sku.id, quantity=2)

        assert (found.rate, found.converted, found.buying_exact) == (1, 900, 900)
        assert found.buying.total.net == 1800
        assert (found.selling_markup, found.selling.unit_price) == (10, 990)

    @pytest.mark.usefixtures("default_list")
    def test_it_says_why_something_is_not_for_sale(self):
        withdrawn = SkuFactory(cost=None)
        account = AccountFactory()

        found = calculate(staff(), account=account.name, sku_id=withdrawn.id, quantity=1)

        assert found.reason == "Microsoft does not sell this at the moment."
        assert found.buying is None

    def test_skus_are_found_by_all_words(self, sku):
        assert [found.id for found in find_skus(staff(), "server plan")] == [sku.id]
        assert find_skus(staff(), "server 100%") == []
        assert find_skus(staff(), "") == []
