"""VAT rates by country and kind of product, and whom they reach."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.domain.access import AccountKind, Role
from app.domain.assets import AssetKind
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.models import TaxRule
from app.services.prices import pricing_for
from app.services.taxes import (
    TaxRuleEdit,
    delete_tax_rule,
    get_tax_rule,
    list_tax_rules,
    save_tax_rule,
)
from tests.factories import AccountFactory, TaxRuleFactory, session
from tests.integration.services.buyers import staff

pytestmark = pytest.mark.usefixtures("app_context")

GERMAN = "DE136695976"


def edit(country="GR", kind=None, rate="24"):
    return TaxRuleEdit(country=country, product_kind=kind, rate=Decimal(rate))


def rate_for(account, kind=AssetKind.RESERVATION):
    return pricing_for(account.id).vat_rates[kind]


def test_a_rule_that_is_added_applies_at_once():
    account = AccountFactory(country="CY")
    viewer = staff(Role.STAFF_BILLING)

    rule_id = save_tax_rule(viewer, edit("CY", rate="19"))

    assert rate_for(account) == 19
    row = get_tax_rule(viewer, rule_id)
    assert (row.country, row.rate, row.accounts) == ("CY", 19, 1)


def test_a_rule_of_one_kind_goes_before_the_one_of_every_kind():
    account = AccountFactory()
    save_tax_rule(staff(), edit())
    save_tax_rule(staff(), edit(kind=AssetKind.SOFTWARE_SUBSCRIPTION, rate="13"))

    assert rate_for(account) == 24
    assert rate_for(account, AssetKind.SOFTWARE_SUBSCRIPTION) == 13


def test_a_rule_changes_in_place():
    rule = TaxRuleFactory()

    save_tax_rule(staff(), edit(rate="25.5"), rule_id=rule.id)

    assert [row.rate for row in list_tax_rules(staff()).rows] == [Decimal("25.5")]


def test_two_rules_of_one_country_and_kind_are_refused():
    TaxRuleFactory()

    with pytest.raises(InvalidError) as refused:
        save_tax_rule(staff(), edit(rate="13"))

    assert refused.value.field == "country"


def test_of_two_that_add_the_same_rule_at_once_one_is_told(app):
    viewer = staff()

    def add(_number):
        with app.app_context():
            try:
                save_tax_rule(viewer, edit("IT", rate="22"))
            except InvalidError:
                return "told"
            return "added"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(add, range(4)))

    assert outcomes == ["added", "told", "told", "told"]


@pytest.mark.parametrize("rate", ["-1", "100.01"])
def test_a_rate_is_between_0_and_100(rate):
    with pytest.raises(InvalidError):
        save_tax_rule(staff(), edit(rate=rate))


def test_a_country_without_a_rule_is_named():
    TaxRuleFactory()
    AccountFactory.create_batch(2, country="CY")
    AccountFactory(country="MT", is_tax_exempt=True)

    assert list_tax_rules(staff()).uncovered == (("CY", 2),)


def test_a_deleted_rule_is_gone():
    rule = TaxRuleFactory()

    delete_tax_rule(staff(), rule.id)

    assert session.scalar(sa.select(sa.func.count()).select_from(TaxRule)) == 0
    with pytest.raises(NotFoundError):
        get_tax_rule(staff(), rule.id)


@pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_PROVISIONING])
def test_who_does_not_keep_prices_changes_none(role):
    rule = TaxRuleFactory()

    with pytest.raises(NotAllowedError):
        save_tax_rule(staff(role), edit(), rule_id=rule.id)
    with pytest.raises(NotAllowedError):
        delete_tax_rule(staff(role), rule.id)


def test_what_is_not_there_is_not_found():
    with pytest.raises(NotFoundError):
        delete_tax_rule(staff(), uuid4())
    with pytest.raises(NotFoundError):
        save_tax_rule(staff(), edit(), rule_id=uuid4())


@pytest.fixture
def german_rule(app):
    TaxRuleFactory(country="DE", rate=Decimal(19))


@pytest.mark.usefixtures("german_rule")
class TestReverseCharge:
    def test_a_business_abroad_in_the_union_is_charged_no_vat(self):
        assert rate_for(AccountFactory(country="DE", vat_number=GERMAN)) == 0

    def test_without_a_valid_number_it_is(self):
        assert rate_for(AccountFactory(country="DE", vat_number="DE1")) == 19

    def test_a_resellers_customer_is_taxed_as_its_country_says(self):
        reseller = AccountFactory(kind=AccountKind.RESELLER, country="DE")
        customer = AccountFactory.customer_of(reseller, country="DE", vat_number=GERMAN)

        assert rate_for(customer) == 19
