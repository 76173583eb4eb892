"""Software for sale, and ordering it, as a browser without script does."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import AccountKind, Role
from app.models import Order
from tests.factories import AccountFactory, ProductFactory, SkuFactory, UserFactory
from tests.integration.services.buyers import Marketplace, change, rows
from tests.support.html import page, words

URL = "/catalogue/software/"


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def buyer(market, sign_in):
    user = UserFactory(account=market.direct, role=Role.BUYER)
    sign_in(user)
    return user


@pytest.fixture
def reseller(market, sign_in):
    user = UserFactory(account=market.reseller, role=Role.BUYER)
    sign_in(user)
    return user


def plan_url(market):
    return f"{URL}{market.software.product_id}/"


def names(answer):
    return [words(link) for link in page(answer).select("tbody a.row")]


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get(URL).status_code == 303


def test_the_back_office_staff_has_no_storefront(client, sign_in):
    sign_in(UserFactory(staff=True))

    assert client.get(URL).status_code == 403


def test_a_plan_shows_its_lowest_price_with_the_vat_words(client, buyer, market):
    product = rows(type(market.software), id=market.software.id)[0].product_id
    SkuFactory(product=ProductFactory(name="Other"), cost=Decimal(5))
    SkuFactory(product_id=product, product=None, term_duration="P3Y", cost=Decimal(250))

    found = page(client.get(URL))

    row = next(row for row in found.select("tbody tr") if "Server Plan" in words(row))
    assert words(row.select_one('[data-l="Unit Price from, excl. VAT"]')) == "€110.00"
    assert words(row.select_one("[data-l=Terms]")) == "1 year, 3 years"


def test_search_segment_and_term_narrow_the_list(client, buyer, market):
    SkuFactory(product=ProductFactory(name="Forever"), term_duration=None)
    SkuFactory(product=ProductFactory(name="School"), segment="education")

    assert names(client.get(f"{URL}?q=forev")) == ["Forever"]
    assert names(client.get(f"{URL}?term=perpetual")) == ["Forever"]
    assert names(client.get(f"{URL}?segment=education")) == ["School"]


@pytest.mark.parametrize(
    "query", ["segment=x", "term=P9Y", "sort=cost", "page=-1", "after=%00", "per_page=1"]
)
def test_values_nobody_knows_are_ignored_with_a_notice(client, buyer, query):
    answer = client.get(f"{URL}?{query}")

    assert answer.status_code == 200
    assert "was not understood and is ignored" in answer.text


def test_htmx_gets_the_table_alone(client, buyer):
    assert client.partial(URL).text.lstrip().startswith('<section id="software-table"')


def test_a_search_that_finds_nothing_says_so(client, buyer):
    assert "No software matches" in client.get(f"{URL}?q=nothing").text


def test_a_reseller_chooses_between_itself_and_its_customers_first(client, reseller, market):
    AccountFactory.customer_of(AccountFactory(kind=AccountKind.RESELLER), name="Not mine")

    found = page(client.get(URL))

    options = [words(option) for option in found.select("#customer option")]
    assert options == [
        "Choose a customer",
        f"{market.reseller.name} (your company)",
        market.customer.name,
    ]
    assert words(found.select_one(".empty h2")) == "Choose a customer"


def test_a_customer_of_somebody_else_cannot_be_chosen(client, reseller):
    other = AccountFactory.customer_of(AccountFactory(kind=AccountKind.RESELLER))

    answer = client.get(f"{URL}?customer={other.id}")

    assert "was not understood and is ignored" in answer.text
    assert "Choose a customer" in answer.text


def test_a_customer_is_not_asked_for_whom(client, buyer):
    assert page(client.get(URL)).find(id="customer") is None


def test_lists_and_plans_ask_postgresql_little(client, reseller, market, at_most):
    for number in range(30):
        SkuFactory(product=ProductFactory(name=f"Plan {number}"))

    with at_most(6):
        client.get(f"{URL}?customer={market.customer.id}")
    with at_most(6):
        client.get(f"{plan_url(market)}?customer={market.customer.id}")


def test_reviewing_leads_to_a_quote_and_buys_nothing(client, buyer, market):
    answer = client.post_form(plan_url(market), {"sku": str(market.software.id), "quantity": "3"})

    order = rows(Order)[0]
    assert answer.status_code == 303
    assert answer.location == f"/orders/{order.id}/review/"
    assert order.account_id == market.direct.id


def test_the_same_form_sent_twice_is_one_quote(client, buyer, market):
    sent = {"sku": str(market.software.id), "quantity": "3", "form_token": str(uuid4())}

    answers = [client.post_form(plan_url(market), sent) for _ in range(2)]

    assert len({answer.location for answer in answers}) == 1
    assert len(rows(Order)) == 1


def test_a_reseller_orders_for_the_customer_of_the_page(client, reseller, market):
    url = f"{plan_url(market)}?customer={market.customer.id}"

    answer = client.post_form(url, {"sku": str(market.software.id), "quantity": "1"})

    assert answer.status_code == 303
    assert rows(Order)[0].account_id == market.customer.id


def test_a_reseller_that_has_not_said_for_whom_orders_nothing(client, reseller, market):
    found = page(client.get(plan_url(market)))
    token = found.select_one("[name=csrf_token]")["value"]

    answer = client.post(
        plan_url(market),
        data={"csrf_token": token, "sku": str(market.software.id), "quantity": "1"},
    )

    assert "What to buy" in words(found)
    assert found.find("input", type="radio") is None
    assert answer.status_code == 422
    assert "Choose a customer." in words(page(answer).find(id="error-summary"))
    assert rows(Order) == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("0", "Enter a quantity of 1 or more."),
        ("1.5", "Enter a whole number, such as 3."),
        ("abc", "Enter a whole number, such as 3."),
        ("1001", "Microsoft sells at most 1,000 of these at once."),
    ],
)
def test_a_wrong_quantity_is_told_at_the_field_and_all_stays_typed(
    client, buyer, market, typed, message
):
    product = market.software.product_id
    second = SkuFactory(product_id=product, product=None, term_duration="P3Y", title="Three years")

    answer = client.post_form(plan_url(market), {"sku": str(second.id), "quantity": typed})

    found = page(answer)
    assert answer.status_code == 422
    assert words(found.find(id="quantity-error")) == message
    assert found.find(id="quantity")["value"] == typed
    assert found.select_one("[type=radio][checked]")["value"] == str(second.id)


def test_nothing_chosen_is_told_at_the_choice(client, buyer, market):
    answer = client.post_form(plan_url(market), {"sku": "x", "quantity": "1"})

    assert answer.status_code == 422
    assert words(page(answer).find(id="sku-error")) == "Choose what to buy."


def test_a_viewer_may_look_and_not_buy(client, sign_in, market):
    sign_in(UserFactory(account=market.direct, role=Role.VIEWER))

    found = page(client.get(plan_url(market)))

    assert found.find("button", string="Review order") is None
    assert client.post_form(plan_url(market)).status_code == 403


def test_a_plan_that_is_not_published_is_not_there(client, buyer, market):
    hidden = ProductFactory(is_published=False)
    SkuFactory(product=hidden)

    assert client.get(f"{URL}{hidden.id}/").status_code == 404
    assert client.get(f"{URL}{uuid4()}/").status_code == 404


def test_a_customer_whose_reseller_hides_prices_sees_no_amount(client, sign_in, market):
    change(market.customer, hides_prices=True)
    sign_in(UserFactory(account=market.customer))

    pages = [client.get(URL), client.get(plan_url(market))]

    assert all("€" not in answer.text for answer in pages)
    assert len(page(pages[1]).select("[type=radio]")) == 1
