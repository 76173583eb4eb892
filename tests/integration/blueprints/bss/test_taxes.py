"""Setup > Taxes."""

import pytest

from app.domain.access import Role
from app.services.taxes import list_tax_rules
from tests.factories import AccountFactory, TaxRuleFactory
from tests.integration.services.buyers import staff as viewer
from tests.support.back_office import staff, title
from tests.support.html import page, words

LIST = "/bss/setup/taxes/"
GREEK = {"country": "GR", "product_kind": "every", "rate": "24"}


def send(client, path, **fields):
    """What a browser sends: the page's form with these fields."""
    token = page(client.get(path)).select_one("[name=csrf_token]")["value"]
    return client.post(path, data={"csrf_token": token, **fields})


def rows(answer):
    return [words(row) for row in page(answer).select("tbody tr")]


def test_without_rules_the_page_says_what_that_means(bss):
    answer = bss.get(LIST)

    assert title(answer) == "Taxes"
    assert "Without a rule for its country an account cannot buy." in words(page(answer).main)


def test_a_rule_is_added(bss):
    answer = send(bss, f"{LIST}new", **GREEK)

    assert answer.location == LIST
    assert rows(bss.get(LIST)) == ["Greece GR Every product 24% 1"]  # the distributor itself


def test_a_rule_is_changed(bss):
    rule = TaxRuleFactory(country="CY", rate=18)

    send(bss, f"{LIST}{rule.id}/", country="CY", product_kind="reservation", rate="19,5 %")

    assert rows(bss.get(LIST)) == ["Cyprus CY Azure Plan Reservation 19.5% 0"]


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        ("", "Enter a percentage, such as 12.5."),
        ("a lot", "Enter a percentage, such as 12.5."),
        ("NaN", "Enter a percentage, such as 12.5."),
        ("1e5", "Enter a percentage, such as 12.5."),
        ("24.123", "Use at most 2 decimals."),
        ("-1", "A VAT rate is between 0 and 100 %."),
        ("101", "A VAT rate is between 0 and 100 %."),
    ],
)
def test_a_wrong_rate_is_named_and_kept(bss, rate, message):
    answer = send(bss, f"{LIST}new", **GREEK | {"rate": rate})

    assert answer.status_code == 422
    assert words(page(answer).select_one("#rate-error")) == message
    assert page(answer).select_one("#rate")["value"] == rate


def test_an_unknown_country_is_refused(bss):
    assert send(bss, f"{LIST}new", **GREEK | {"country": "XX"}).status_code == 422


def test_deleting_asks_once_more(app_context, bss):
    rule = TaxRuleFactory()
    token = page(bss.get(f"{LIST}{rule.id}/")).select_one("[name=csrf_token]")["value"]

    refused = bss.post(f"{LIST}{rule.id}/delete", data={"csrf_token": token})
    assert refused.status_code == 422
    assert words(page(refused).select_one("#agrees-error")) == "Tick this to delete it."

    done = bss.post(f"{LIST}{rule.id}/delete", data={"csrf_token": token, "agrees": "y"})
    assert done.location == LIST
    assert list_tax_rules(viewer()).rows == ()


def test_countries_that_no_rule_covers_are_named(bss):
    TaxRuleFactory()
    AccountFactory(country="CY")

    assert "Cyprus (1)." in words(page(bss.get(LIST)).select_one(".banner"))


def test_support_reads_and_is_offered_no_change(app, sign_in):
    rule = TaxRuleFactory()
    client = sign_in(staff(Role.STAFF_SUPPORT))

    assert rows(client.get(LIST)) == ["Greece GR Every product 24% 1"]
    assert not page(client.get(LIST)).select("main a.btn, main a.row")
    assert client.get(f"{LIST}{rule.id}/").status_code == 403
