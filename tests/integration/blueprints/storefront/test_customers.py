"""Storefront: a reseller's pages about its customers."""

import csv
import io
from decimal import Decimal

import pytest

from app.domain.access import Role
from app.domain.orders import OrderStatus
from tests.factories import (
    AccountFactory,
    OrderFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.support.buying import stored
from tests.support.html import page, words


@pytest.fixture
def northwind(app):
    return AccountFactory(reseller_account=True, name="Northwind", default_markup=Decimal(5))


@pytest.fixture
def aegean(northwind):
    return AccountFactory.customer_of(northwind, name="Aegean Foods", city="Piraeus")


@pytest.fixture
def administrator(sign_in, northwind):
    return sign_in(UserFactory(account=northwind))


def names(answer):
    return [words(link) for link in page(answer).select("tbody a.row")]


def send_terms(client, customer, **fields):
    sent = {"markup": "", "prices": "shown", "orders": "direct", **fields}
    return client.post_form(f"/customers/{customer.id}/terms", sent)


def test_the_navigation_offers_customers_to_resellers_alone(client, sign_in, northwind, aegean):
    for account, is_offered in ((northwind, True), (aegean, False), (AccountFactory(), False)):
        sign_in(UserFactory(account=account))
        links = page(client.get("/")).select('nav a[href="/customers/"]')
        assert bool(links) is is_offered
        assert client.get("/customers/").status_code == (200 if is_offered else 403)


def test_the_list_names_customers_with_their_plans_assets_and_terms(administrator, aegean):
    plan = SubscriptionFactory(account=aegean)
    ReservationFactory(account=aegean, subscription=plan)

    found = page(administrator.get("/customers/"))

    row = words(found.tbody.tr)
    assert "Aegean Foods Piraeus, GR" in row
    assert row.endswith("1 1 Executed at once Shown 5% default")


def test_the_list_searches_pages_and_notices(administrator, northwind):
    for number in range(30):
        AccountFactory.customer_of(northwind, name=f"Customer {number:02d}")

    first = page(administrator.get("/customers/?per_page=25"))
    second = administrator.get(first.select_one('a[rel="next"]')["href"])

    assert names(second) == [f"Customer {number}" for number in range(25, 30)]
    assert names(administrator.get("/customers/?q=customer+07")) == ["Customer 07"]
    assert "No customers match" in administrator.get("/customers/?q=nobody").text
    assert "is ignored" in administrator.get("/customers/?orders=perhaps&sort=x&page=0").text
    assert administrator.partial("/customers/?q=07").text.lstrip().startswith("<section")


def test_the_list_is_a_file_too(administrator, aegean):
    rows = list(csv.reader(io.StringIO(administrator.get("/customers/?format=csv").text)))

    assert rows[0][0].endswith("Customer")
    assert rows[1][0] == "Aegean Foods"
    assert rows[1][-3:] == ["5", "Shown", "Not required"]


def test_a_reseller_without_customers_is_told_so(administrator):
    assert "No customers yet" in administrator.get("/customers/").text


def test_a_customers_page_shows_plans_assets_orders_users_and_the_margin(administrator, aegean):
    plan = SubscriptionFactory(account=aegean, name="Azure of Aegean")
    money = {"buying_unit_price": Decimal("100.00"), "selling_unit_price": Decimal("125.00")}
    asset = ReservationFactory(
        account=aegean, subscription=plan, name="Four cores", quantity=2, **money
    )
    order = OrderFactory(account=aegean, status=OrderStatus.PENDING_APPROVAL)
    user = UserFactory(account=aegean, name="Eleni")

    found = page(administrator.get(f"/customers/{aegean.id}/"))

    links = {link["href"] for link in found.main.select("a[href]")}
    assert f"/billing/assets/reservations/{asset.id}/" in links
    assert {f"/orders/{order.id}/", f"/users/{user.id}/", f"/subscriptions/{plan.id}/"} <= links
    assert f"/users/invite?account={aegean.id}" in links
    assert "€50.00 20% : they pay €250.00" in words(found.main).replace("20%:", "20% :")
    assert "1 waiting for approval" in words(found.main)


def test_a_customers_page_takes_six_statements(administrator, aegean, at_most):
    ReservationFactory(account=aegean)
    OrderFactory(account=aegean)
    administrator.get("/customers/")

    with at_most(6):
        assert administrator.get(f"/customers/{aegean.id}/").status_code == 200


@pytest.mark.parametrize("role", [Role.BILLING, Role.BUYER, Role.VIEWER])
def test_other_roles_read_and_change_nothing(client, sign_in, northwind, aegean, role):
    UserFactory(account=aegean, name="Eleni")
    sign_in(UserFactory(account=northwind, role=role))

    shown = client.get(f"/customers/{aegean.id}/")

    hrefs = [link["href"] for link in page(shown).main.select("a[href]")]
    assert not [href for href in hrefs if "/terms" in href or "/users/" in href]
    assert "Default markup" not in client.get("/customers/").text
    for path in (f"/customers/{aegean.id}/terms", "/customers/default-markup"):
        assert client.get(path).status_code == 403


def test_a_strangers_customer_is_not_found(administrator, northwind):
    foreign = AccountFactory.customer_of(AccountFactory(reseller_account=True))

    for account in (foreign, northwind):
        assert administrator.get(f"/customers/{account.id}/").status_code == 404
        assert administrator.get(f"/customers/{account.id}/terms").status_code == 404


def test_terms_are_agreed_on_a_form(administrator, aegean):
    answer = send_terms(administrator, aegean, markup="12,5 %", prices="hidden", orders="approved")

    assert answer.status_code == 303
    shown = words(page(administrator.get(answer.location)).main)
    assert "Markup 12.5%" in shown
    assert "Hidden from this customer" in shown
    assert "Wait for your approval" in shown


def test_an_empty_markup_is_the_default_and_a_zero_is_none(administrator, aegean):
    send_terms(administrator, aegean, markup="0")
    assert stored(aegean).markup == 0

    send_terms(administrator, aegean, markup="")
    assert stored(aegean).markup is None


@pytest.mark.parametrize("markup", ["abc", "-1", "1001", "1.234", "1e3", "🙂"])
def test_a_wrong_markup_is_kept_and_explained_at_its_field(administrator, aegean, markup):
    answer = send_terms(administrator, aegean, markup=markup)

    found = page(answer)
    assert answer.status_code == 422
    assert found.select_one("#markup")["value"] == markup
    assert found.select_one("#markup-error")
    assert stored(aegean).markup is None


def test_a_form_that_nobody_filled_in_changes_nothing(administrator, aegean):
    assert administrator.post_form(f"/customers/{aegean.id}/terms", {}).status_code == 422
    assert administrator.post_form("/customers/default-markup", {}).status_code == 422


def test_the_default_markup_is_changed(administrator, northwind):
    answer = administrator.post_form("/customers/default-markup", {"markup": "7.25"})

    assert answer.status_code == 303
    assert "they pay 7.25% more" in administrator.get("/customers/").text
    assert stored(northwind).default_markup == Decimal("7.25")


def test_lists_show_one_customer_where_they_are_asked_to(administrator, northwind, aegean):
    helios = AccountFactory.customer_of(northwind, name="Helios")
    for account in (aegean, helios):
        ReservationFactory(account=account, name=f"Of {account.name}")
        OrderFactory(account=account, buyer_reference=f"Of {account.name}")
    pages = ("/billing/assets/reservations/", "/orders/", "/subscriptions/")

    for path in pages:
        table = words(page(administrator.get(f"{path}?customer={aegean.id}")).tbody)
        assert "Aegean Foods" in table
        assert "Helios" not in table
        nothing = administrator.get(f"{path}?customer={AccountFactory().id}")
        assert page(nothing).tbody is None
        assert "is ignored" in administrator.get(f"{path}?customer=abc").text


def test_a_customer_has_no_such_filter(client, sign_in, aegean):
    ReservationFactory(account=aegean, name="Mine")
    sign_in(UserFactory(account=aegean))

    answer = client.get(f"/billing/assets/reservations/?customer={AccountFactory().id}")

    assert names(answer) == ["Mine"]
