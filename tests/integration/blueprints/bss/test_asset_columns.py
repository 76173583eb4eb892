"""Every column of the list of assets sorts and filters, and filters add up."""

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import (
    NOW,
    AccountFactory,
    ProductFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
)
from tests.support.back_office import ASSETS, heads, names
from tests.support.html import page, words


@pytest.fixture
def world(office):
    """Three assets that differ in every column, named by their place."""
    day = dt.timedelta(days=1)
    other = AccountFactory(name="Zeta Ltd")
    fabrikam = AccountFactory(reseller_account=True, name="Fabrikam")
    office.failed(
        name="A one",
        quantity=1,
        buying_unit_price=Decimal(100),
        purchased_at=NOW - 90 * day,
        expires_on=NOW.date() + 40 * day,
    )
    ReservationFactory(
        account=AccountFactory.customer_of(fabrikam, name="Beta Ltd"),
        name="B two",
        quantity=5,
        buying_unit_price=Decimal(100),
        purchased_at=NOW - 60 * day,
        expires_on=NOW.date() + 80 * day,
    )
    SoftwareSubscriptionFactory(
        account=other,
        product=ProductFactory(name="Zulu Server"),
        name="C three",
        quantity=9,
        buying_unit_price=Decimal(100),
        expired=True,
        purchased_at=NOW - 30 * day,
        expires_on=NOW.date() - 2 * day,
    )
    return office


SORTS = {
    "name": ["A one", "B two", "C three"],
    "customer": ["A one", "B two", "C three"],
    "reseller": ["C three", "B two", "A one"],
    "product": ["A one", "B two", "C three"],
    "quantity": ["A one", "B two", "C three"],
    "total": ["A one", "B two", "C three"],
    "purchased": ["A one", "B two", "C three"],
    "expires": ["C three", "A one", "B two"],
}


@pytest.mark.usefixtures("world")
class TestSort:
    @pytest.mark.parametrize("sort", sorted(SORTS))
    def test_up_and_down(self, bss, sort):
        up = names(bss.get(f"{ASSETS}?sort={sort}"))
        down = names(bss.get(f"{ASSETS}?sort=-{sort}"))

        if sort == "product":  # two are of the same one
            assert up[-1] == "C three"
            assert down[0] == "C three"
        else:
            assert up == SORTS[sort]
            assert down == SORTS[sort][::-1]

    def test_what_has_few_values_is_grouped(self, bss):
        assert names(bss.get(f"{ASSETS}?sort=-status"))[0] == "C three"
        assert names(bss.get(f"{ASSETS}?sort=sync"))[0] == "A one"
        assert len(names(bss.get(f"{ASSETS}?sort=frequency"))) == 3

    def test_every_head_is_a_link_that_sorts(self, bss):
        soup = page(bss.get(ASSETS))

        links = [th.a["href"] for th in soup.select("thead th")]
        assert len(links) == len(heads(bss.get(ASSETS))) == 11
        for link in links:
            assert page(bss.get(link)).select("thead th[aria-sort]")

    @pytest.mark.parametrize("sort", ["reseller", "product", "status", "sync", "quantity"])
    def test_pages_follow_one_another_without_gaps(self, bss, world, sort):
        for number in range(30):
            world.reservation(name=f"More {number:02}", quantity=number % 3 + 1)

        first = bss.get(f"{ASSETS}?per_page=25&sort={sort}")
        second = bss.get(page(first).find("a", rel="next")["href"])
        back = bss.get(page(second).find("a", rel="prev")["href"])

        assert len(names(first)) == 25
        assert len({*names(first), *names(second)}) == 33
        assert names(back) == names(first)


FILTERS = {
    "name=one": ["A one"],
    "account_name=zeta": ["C three"],
    "reseller_name=fabri": ["B two"],
    "product_name=zulu": ["C three"],
    "status=expired": ["C three"],
    "sync=failed": ["A one"],
    "frequency=one_time": ["A one", "B two", "C three"],
    "quantity_from=5&quantity_to=5": ["B two"],
    "amount_from=100&amount_to=500.00": ["A one", "B two"],
    "amount_from=100.01": ["B two", "C three"],
    "currency=USD": [],
    "currency=EUR": ["A one", "B two", "C three"],
    "expiring=60": ["A one"],
    "expiring=90": ["A one", "B two"],
    "expiring=30": [],
}


@pytest.mark.usefixtures("world")
class TestFilter:
    @pytest.mark.parametrize("query", sorted(FILTERS))
    def test_each_column(self, bss, query):
        answer = bss.get(f"{ASSETS}?sort=name&{query}")

        assert names(answer) == FILTERS[query]
        assert "was not understood" not in answer.text

    def test_days_include_both_ends(self, bss):
        bought = (NOW - dt.timedelta(days=60)).date()
        ends = NOW.date() + dt.timedelta(days=80)

        by_purchase = bss.get(f"{ASSETS}?purchased_from={bought}&purchased_to={bought}")
        by_end = bss.get(f"{ASSETS}?expires_from={ends}&expires_to={ends}")

        assert names(by_purchase) == names(by_end) == ["B two"]

    def test_they_add_up_and_each_is_a_chip_that_goes(self, bss):
        answer = bss.get(f"{ASSETS}?sort=name&quantity_from=2&account_name=ltd&sync=synchronized")

        assert names(answer) == ["B two", "C three"]
        chips = {words(chip): chip["href"] for chip in page(answer).select("a.chip.on")}
        without = chips["Quantity from: 2 , on: take away"]
        assert "account_name=ltd" in without
        assert "quantity_from" not in without
        assert "Account: ltd , on: take away" in chips

    def test_the_form_keeps_what_was_typed_and_the_other_filters(self, bss):
        form = page(bss.get(f"{ASSETS}?kind=reservation&q=two&amount_to=9")).select_one(
            ".filters form"
        )

        assert form.find(attrs={"name": "amount_to"})["value"] == "9"
        assert form.find(attrs={"name": "kind"})["value"] == "reservation"
        assert form.find(attrs={"name": "q"})["value"] == "two"

    def test_empty_fields_filter_nothing_and_are_no_mistake(self, bss):
        answer = bss.get(f"{ASSETS}?name=&quantity_from=&status=&purchased_to=")

        assert len(names(answer)) == 3
        assert "was not understood" not in answer.text

    @pytest.mark.parametrize(
        "query",
        [
            "quantity_from=x",
            "quantity_to=-1",
            "amount_from=1e9",
            "amount_to=NaN",
            "currency=Euro",
            "purchased_from=yesterday",
            "purchased_to=9999-12-31",
            "expires_from=2026-02-30",
            "frequency=weekly",
            "expiring=31",
        ],
    )
    def test_nonsense_is_ignored_with_a_notice(self, bss, query):
        answer = bss.get(f"{ASSETS}?{query}")

        assert answer.status_code == 200
        assert "was not understood and is ignored" in answer.text
        assert len(names(answer)) == 3

    def test_the_file_has_the_same_rows(self, bss):
        text = bss.get(f"{ASSETS}?quantity_from=5&format=csv").text

        assert "B two" in text
        assert "C three" in text
        assert "A one" not in text

    def test_all_that_match_are_those(self, bss):
        listed = bss.get(f"{ASSETS}?quantity_from=5")
        action = page(listed).select_one("#bulk-form")["action"]
        assert "quantity_from=5" in action

        answer = bss.post_form(
            action, {"action": "retry", "scope": "all"}, form_at=f"{ASSETS}?quantity_from=5"
        )

        assert "2 assets" in words(page(answer).main)

    def test_the_filter_survives_an_edit(self, bss, world):
        asset = world.reservation(name="D four", quantity=7)
        bss.get(f"{ASSETS}?quantity_from=7&sort=quantity")

        view = page(bss.get(f"{ASSETS}{asset.id}/"))

        back = view.select_one(".crumbs a")["href"]
        assert back == f"{ASSETS}?quantity_from=7&sort=quantity"
        assert names(bss.get(back)) == ["D four", "C three"]

    def test_at_most_six_statements_with_every_filter(self, bss, at_most):
        with at_most(6):
            bss.get(
                f"{ASSETS}?name=o&account_name=l&reseller_name=f&product_name=a&quantity_from=1"
                "&amount_from=1&currency=EUR&purchased_from=2020-01-01&sort=reseller"
            )
