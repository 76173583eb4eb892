"""Billing > Price lists, with exchange rates and the calculator."""

import pytest

from tests.factories import AccountFactory, PriceListFactory, SkuFactory, TaxRuleFactory
from tests.support.back_office import title
from tests.support.html import page, words

LIST = "/bss/billing/price-lists/"
PARTNERS = {
    "name": "Partners",
    "adjustment_kind": "markup",
    "percent": "10",
    "discount_percent": "0",
    "starts_on": "",
    "ends_on": "",
}


def send(client, path, action=None, **fields):
    token = page(client.get(path)).select_one("main [name=csrf_token]")["value"]
    return client.post(action or path, data={"csrf_token": token, **fields})


def rows(answer):
    return [words(row) for row in page(answer).select("main tbody tr")]


@pytest.fixture
def default_list(app):
    TaxRuleFactory()
    return PriceListFactory(is_default=True, name="Default")


def test_without_lists_the_page_says_what_that_means(bss):
    assert "Without one nobody can buy." in words(page(bss.get(LIST)).main)


def test_a_list_is_added_and_shown(bss, default_list):
    answer = send(
        bss, f"{LIST}new", **PARTNERS | {"starts_on": "2026-01-01", "ends_on": "2026-01-31"}
    )

    shown = page(bss.get(answer.location))
    assert words(shown.h1) == "Partners"
    assert "1 Jan 2026 – 31 Jan 2026 Not in force" in words(shown.main)  # noqa: RUF001
    assert rows(bss.get(LIST))[1].startswith("Partners Markup 10% –")  # noqa: RUF001


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "default"),
        ("percent", "lots"),
        ("percent", "-100"),
        ("discount_percent", "101"),
        ("starts_on", "someday"),
        ("adjustment_kind", "gift"),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_kept(bss, default_list, field, value):
    answer = send(bss, f"{LIST}new", **PARTNERS | {field: value})

    assert answer.status_code == 422
    assert page(answer).select_one(f"#{field}-error")
    if field != "adjustment_kind":
        assert page(answer).select_one(f"#{field}")["value"] == value


def test_a_last_day_before_the_first_is_refused(bss, default_list):
    wrong = PARTNERS | {"starts_on": "2026-02-01", "ends_on": "2026-01-01"}

    answer = send(bss, f"{LIST}new", **wrong)

    assert words(page(answer).select_one("#ends_on-error")) == "The last day is before the first."


def test_a_product_gets_a_rule_of_its_own_and_loses_it(bss, default_list):
    sku = SkuFactory()
    view = f"{LIST}{default_list.id}/"
    rule = {
        "line-product_id": str(sku.product_id),
        "line-adjustment_kind": "margin",
        "line-percent": "20",
        "line-discount_percent": "5",
    }

    token = page(bss.get(view)).select_one("#line-form [name=line-csrf_token]")["value"]
    bss.post(f"{view}lines", data={"line-csrf_token": token, **rule})
    assert "Margin 20% 5%" in rows(bss.get(view))[0]

    send(bss, view, f"{view}lines/remove", removed=str(sku.product_id))
    assert "Every product follows the list." in words(page(bss.get(view)).main)


def test_an_account_is_assigned_and_an_unknown_one_named(bss, default_list):
    account = AccountFactory()
    view = f"{LIST}{default_list.id}/"

    refused = send(bss, view, f"{view}accounts", account="Nobody")
    assert refused.status_code == 422
    assert page(refused).select_one("#account")["value"] == "Nobody"

    send(bss, view, f"{view}accounts", account=account.name)
    assert account.name in words(page(bss.get(view)).aside)


def test_a_rate_is_set_and_removed(bss):
    rates = "/bss/billing/exchange-rates/"

    send(bss, rates, from_currency="USD", to_currency="EUR", rate="0,92")
    assert rows(bss.get(rates))[0].startswith("1 USD EUR 0.92")

    refused = send(bss, rates, from_currency="USD", to_currency="USD", rate="1")
    assert refused.status_code == 422

    send(bss, rates, f"{rates}remove", from_currency="USD", to_currency="EUR")
    assert rows(bss.get(rates)) == []


class TestCalculator:
    URL = "/bss/billing/price-calculator/"

    def test_it_begins_with_a_search(self, bss):
        SkuFactory(title="Server Plan - 1 year")

        answer = bss.get(f"{self.URL}?q=server")

        assert title(answer) == "Price calculator"
        assert [words(each) for each in page(answer).select("#sku option")] == [
            "Server Plan - 1 year"
        ]

    @pytest.mark.usefixtures("default_list")
    def test_it_shows_the_steps(self, bss):
        sku, account = SkuFactory(), AccountFactory()

        answer = bss.get(f"{self.URL}?q=server&sku={sku.id}&account={account.name}&quantity=3")

        shown = words(page(answer).aside)
        assert "Cost at Microsoft: 100.0000 EUR" in shown
        assert "Total, incl. VAT €372.00" in shown

    @pytest.mark.parametrize(
        "asked", ["sku=x&account=y", "sku={sku}&account=nobody", "sku={sku}&account=y&quantity=0"]
    )
    def test_what_cannot_be_calculated_is_said(self, bss, asked):
        sku = SkuFactory()

        answer = bss.get(f"{self.URL}?{asked.format(sku=sku.id)}")

        assert answer.status_code == 200
        assert page(answer).select_one(".banner.bad")
