"""The wizard that orders a reservation, as a browser without script uses it."""

from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.domain.access import AccountKind, Role
from app.domain.assets import SubscriptionStatus
from app.models import Order, OrderLine, Sku
from tests import factories
from tests.factories import (
    AccountFactory,
    SkuFactory,
    SubscriptionFactory,
    UserFactory,
    generic_product,
)
from tests.integration.services.buyers import Marketplace, change, rows
from tests.support.html import page, words


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def url(market):
    return f"/subscriptions/{market.plan.id}/buy-reservation/"


@pytest.fixture
def buyer(market, sign_in):
    user = UserFactory(account=market.customer, role=Role.BUYER)
    sign_in(user)
    return user


def titles(answer):
    return [words(cell) for cell in page(answer).select("tbody .strong:first-child")]


def order_it(client, market, url, **data):
    return client.post_form(
        url,
        {"quantity": "7", **data},
        form_at=f"{url}?type=Virtual+Machine&region=westeurope&sku={market.sku.id}",
    )


def test_whoever_is_not_signed_in_is_asked_to(client, url):
    assert client.get(url).status_code == 303


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_who_may_not_order_may_not_use_it(client, sign_in, market, url, role):
    sign_in(UserFactory(account=market.customer, role=role))

    assert client.get(url).status_code == 403
    token = page(client.get("/")).select_one("[name=csrf_token]")["value"]
    assert client.post(url, data={"csrf_token": token}).status_code == 403


def test_somebody_elses_plan_is_not_there(client, buyer):
    plan = SubscriptionFactory(account=AccountFactory())

    assert client.get(f"/subscriptions/{plan.id}/buy-reservation/").status_code == 404


def test_it_begins_with_the_filters_and_asks_for_a_region(client, buyer, url):
    found = page(client.get(url))

    labels = [words(label) for label in found.select("form[role=search] label")]
    assert labels == ["Reservation type", "Category", "Region", "Term", "Cores", "RAM"]
    assert words(found.select_one("select#type option[selected]")) == "Virtual Machine"
    assert [words(option) for option in found.select("#region option")] == [
        "Choose a region",
        "EU West",
    ]
    assert "Choose a region" in words(found.select_one(".empty h2"))


def test_what_is_offered_shows_term_and_unit_price_with_the_vat_words(client, buyer, url):
    found = page(client.get(f"{url}?region=westeurope"))

    row = found.select_one("tbody tr")
    assert "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year" in words(row)
    assert words(row.select_one("[data-l=Term]")) == "1 year"
    assert words(row.select_one('[data-l="Unit Price, excl. VAT"]')) == "€123.45"


def test_prices_are_shown_with_vat_on_request(client, buyer, url):
    found = page(client.get(f"{url}?region=westeurope&vat=incl"))

    assert words(found.select_one('[data-l="Unit Price, incl. VAT"]')) == "€153.08"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"D2", "D4"}),
        ("category=Memory+optimized", {"D4"}),
        ("term=P3Y", {"D4"}),
        ("cores=4", {"D4"}),
        ("ram=8.0000", {"D2"}),
        ("q=D2", {"D2"}),
        ("type=SQL+Database", {"SQL"}),
    ],
)
def test_filters_narrow_what_is_offered(client, buyer, market, url, query, expected):
    change(market.sku, title="D2")
    vm = {"reservation": True, "product": generic_product()}
    SkuFactory(
        **vm,
        title="D4",
        category="Memory optimized",
        term_duration="P3Y",
        cores=4,
        ram_gb=Decimal(16),
    )
    SkuFactory(**vm, title="SQL", reservation_type="SQL Database", category="vCore")
    SkuFactory(**vm, title="Elsewhere", arm_region="northeurope", region="EU North")

    assert set(titles(client.get(f"{url}?region=westeurope&{query}"))) == expected


@pytest.mark.parametrize(
    "query",
    [
        "type=Nothing",
        "category=x",
        "term=P9Y",
        "cores=many",
        "ram=-1",
        "cores=2%00",
        "per_page=3",
        "after=x",
        "page=99999999999",
        "q=%00%25_",
        "sku=x",
        "quantity=x",
    ],
)
def test_values_nobody_knows_never_break_it(client, buyer, url, query):
    assert client.get(f"{url}?region=westeurope&{query}").status_code == 200


def test_a_filter_that_the_type_does_not_know_is_named_and_ignored(client, buyer, url):
    answer = client.get(f"{url}?region=westeurope&category=vCore")

    assert "Category: the chosen value does not exist for Virtual Machine" in answer.text
    assert len(titles(answer)) == 1


def test_htmx_gets_the_finder_alone(client, buyer, url):
    answer = client.partial(f"{url}?region=westeurope")

    assert answer.text.lstrip().startswith('<section id="reservation-finder"')


def test_choosing_leads_to_quantity_and_scope(client, buyer, url):
    offers = page(client.get(f"{url}?region=westeurope"))

    chosen = page(client.get(offers.select_one("tbody a.btn")["href"]))

    assert [words(label) for label in chosen.select("form.stack label")] == ["Quantity", "Scope"]
    assert [words(option) for option in chosen.select("#scope option")] == ["Shared"]
    assert words(chosen.find("button", string="Review order")) == "Review order"


def test_reviewing_leads_to_a_quote_and_buys_nothing(client, buyer, market, url):
    answer = order_it(client, market, url)

    order = rows(Order)[0]
    assert answer.status_code == 303
    assert answer.location == f"/orders/{order.id}/review/"
    assert [line.quantity for line in rows(OrderLine)] == [7]


def test_the_same_form_sent_twice_is_one_quote(client, buyer, market, url):
    token = str(uuid4())

    first = order_it(client, market, url, form_token=token)
    second = order_it(client, market, url, form_token=token, quantity="8")

    assert first.location == second.location
    assert [line.quantity for line in rows(OrderLine)] == [8]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("0", "Enter a quantity of 1 or more."),
        ("-1", "Enter a quantity of 1 or more."),
        ("", "Enter a quantity of 1 or more."),
        ("1.5", "Enter a whole number, such as 3."),
        ("abc", "Enter a whole number, such as 3."),
        ("1_000", "Enter a whole number, such as 3."),
        ("1000000000", "Microsoft sells at most 999,999,999 of these at once."),
        ("9" * 900, "Microsoft sells at most 999,999,999 of these at once."),
    ],
)
def test_a_wrong_quantity_is_told_at_the_field_and_stays_typed(
    client, buyer, market, url, typed, message
):
    where = f"{url}?type=Virtual+Machine&region=westeurope"
    answer = client.post_form(where, {"quantity": typed}, form_at=f"{where}&sku={market.sku.id}")

    found = page(answer)
    assert answer.status_code == 422
    assert words(found.find(id="quantity-error")) == message
    assert words(found.select_one("#error-summary a[href='#quantity']")) == message
    assert found.find(id="quantity")["value"] == typed
    assert found.find(id="quantity")["aria-invalid"] == "true"
    assert words(found.title).startswith("Error: ")
    assert "region=westeurope" in found.find("a", string="Choose another")["href"]
    assert rows(Order) == []


def test_a_form_without_a_choice_shows_the_finder_again(client, buyer, market, url):
    answer = order_it(client, market, url, sku="")

    assert answer.status_code == 422
    assert "Choose what to buy." in answer.text


@pytest.mark.parametrize("status", [SubscriptionStatus.SUSPENDED, SubscriptionStatus.CANCELLED])
def test_a_plan_that_may_not_buy_says_why(client, buyer, market, url, status):
    change(market.plan, status=status)

    found = page(client.get(url))

    assert f"The Azure plan is {status.value}." in words(found.select_one(".banner.warn"))
    assert found.find(id="reservation-finder") is None


def test_a_plan_suspended_meanwhile_is_told_on_the_form(client, buyer, market, url):
    form = page(client.get(f"{url}?sku={market.sku.id}"))
    hidden = {each["name"]: each["value"] for each in form.select("main form.stack [type=hidden]")}
    change(market.plan, status=SubscriptionStatus.SUSPENDED)

    answer = client.post(url, data={**hidden, "quantity": "1"})

    assert answer.status_code == 422
    assert "The Azure plan is suspended." in answer.text


def test_a_sku_nobody_sells_is_not_there(client, buyer, market, url):
    assert client.get(f"{url}?sku={uuid4()}").status_code == 404
    assert client.get(f"{url}?sku={market.software.id}").status_code == 404


def test_a_customer_whose_reseller_hides_prices_sees_no_amount(client, buyer, market, url):
    change(market.customer, hides_prices=True)

    found = client.get(f"{url}?region=westeurope")
    chosen = client.get(f"{url}?sku={market.sku.id}")

    assert len(titles(found)) == 1
    assert "€" not in found.text + chosen.text
    assert "Price" not in words(page(found).table)


def test_a_reseller_buys_for_its_customer(client, market, sign_in, url):
    sign_in(UserFactory(account=market.reseller, role=Role.BUYER))

    answer = order_it(client, market, url)

    assert answer.status_code == 303
    assert [order.account_id for order in rows(Order)] == [market.customer.id]


def test_another_reseller_does_not(client, market, sign_in, url):
    sign_in(UserFactory(account=AccountFactory(kind=AccountKind.RESELLER)))

    assert client.get(url).status_code == 404


def test_five_thousand_skus_cost_no_more_statements(client, buyer, market, url, at_most):
    _sell_many(market, 5000)

    with at_most(6):
        answer = client.get(f"{url}?type=Virtual+Machine&region=westeurope&term=P1Y&cores=2")
    with at_most(6):
        client.get(f"{url}?sku={market.sku.id}")

    assert len(titles(answer)) == 50
    assert "1\N{EN DASH}50 of" in words(page(answer).select_one(".card-f"))
    following = client.get(page(answer).find("a", rel="next")["href"])
    assert set(titles(following)).isdisjoint(titles(answer))


def _sell_many(market, count):
    columns = {
        column.name: column
        for column in Sku.__table__.columns
        if column.name not in {"id", "title", "microsoft_sku_id", "cores", "region", "arm_region"}
    }
    series = sa.func.generate_series(1, count).table_valued("n").render_derived()
    number = series.c.n
    rows_to_be = (
        sa.select(
            sa.func.gen_random_uuid(),
            sa.literal("Reserved VM Instance, ").concat(sa.cast(number, sa.Text)),
            sa.cast(number, sa.Text),
            number % 4 + 1,
            sa.case((number % 5 == 0, "EU North"), else_="EU West"),
            sa.case((number % 5 == 0, "northeurope"), else_="westeurope"),
            *columns.values(),
        )
        .select_from(sa.join(Sku, series, sa.true()))
        .where(Sku.id == market.sku.id)
    )
    names = ["id", "title", "microsoft_sku_id", "cores", "region", "arm_region", *columns]
    factories.session.execute(sa.insert(Sku).from_select(names, rows_to_be))
    factories.session.commit()
