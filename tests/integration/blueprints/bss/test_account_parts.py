"""What an account has: short views under the mouse, sections that come with scrolling."""

import gzip
from uuid import uuid4

import pytest

from app.services.account_parts import AccountPart
from app.services.invoices import invoice_order
from tests import factories
from tests.factories import (
    AccountFactory,
    ContactFactory,
    OrderFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.support.back_office import names, title
from tests.support.html import page, words

PARTS = [part.value for part in AccountPart]


def abstract_of(account, part):
    return f"/bss/accounts/{account.id}/{part}/abstract"


def section_of(account, part):
    return f"/bss/accounts/{account.id}/{part}/newest"


def fill(account, part, number):
    for each in range(number):
        match part:
            case "contacts":
                ContactFactory(account=account, name=f"Contact {each}")
            case "orders":
                OrderFactory(account=account)
            case "subscriptions":
                SubscriptionFactory(account=account, name=f"Plan {each}")
            case "users":
                UserFactory(account=account, name=f"User {each}")
            case "customers":
                AccountFactory.customer_of(account, name=f"Customer {each}")
            case "invoices":
                order = OrderFactory(account=account)
                ReservationFactory(account=account, order_id=order.id)
                invoice_order(factories.session, order, actor="a test")
                factories.session.commit()


def test_the_shortcut_menu_counts_and_previews_every_part(bss, office):
    menu = page(bss.get(f"/bss/accounts/{office.reseller.id}/")).select_one(".shortcuts")

    shown = [words(entry) for entry in menu.select(".sc > a")]
    assert shown == [
        "Assets 0",
        "Subscriptions 1",
        "Orders 0",
        "Invoices 0",
        "Users 0",
        "Contacts 0",
        "Customers 1",
    ]
    previews = [body["hx-get"] for body in menu.select(".peek-body")]
    parts = ("assets", "subscriptions", "orders", "invoices", "users", "contacts", "customers")
    assert previews == [abstract_of(office.reseller, part) for part in parts]
    assert len(menu.select(".peek-btn[aria-label^=Preview]")) == len(parts)


@pytest.mark.parametrize("part", PARTS)
def test_the_first_five_and_how_many_there_are(bss, part):
    account = AccountFactory(reseller_account=True, name="Northwind Cloud")
    fill(account, part, 6)

    answer = bss.partial(abstract_of(account, part))

    assert len(names(answer)) == 5
    assert words(page(answer).select_one(".card-f a")) == "View all (6)"
    for link in page(answer).select("a"):
        assert bss.get(link["href"]).status_code == 200


@pytest.mark.parametrize("part", PARTS)
def test_three_statements_and_four_kilobytes_whatever_there_is(bss, at_most, part):
    account = AccountFactory(reseller_account=True, name="Northwind Cloud")
    fill(account, part, 12)

    with at_most(3):
        answer = bss.partial(abstract_of(account, part))

    assert len(gzip.compress(answer.data)) <= 4096


@pytest.mark.parametrize("part", PARTS)
def test_what_others_have_is_not_there(bss, part):
    fill(AccountFactory(reseller_account=True), part, 1)

    answer = bss.partial(abstract_of(AccountFactory(reseller_account=True, name="Empty Ltd"), part))

    assert "Empty Ltd has none yet." in answer.text


@pytest.mark.parametrize("part", PARTS)
def test_opened_as_a_page_it_is_a_page(bss, part):
    assert title(bss.get(abstract_of(AccountFactory(), part))).lower() == part


def test_unknown_accounts_are_not_found(bss):
    assert bss.partial(f"/bss/accounts/{uuid4()}/orders/abstract").status_code == 404


def test_a_resellers_orders_are_its_customers_too(bss, office):
    OrderFactory(account=office.customer)

    answer = bss.partial(abstract_of(office.reseller, "orders"))

    assert len(names(answer)) == 1
    assert "Aegean Foods S.A." in answer.text


@pytest.mark.parametrize("part", ["orders", "invoices", "users", "contacts"])
def test_a_section_is_asked_for_when_it_comes_into_view(bss, part):
    account = AccountFactory(reseller_account=True)
    fill(account, part, 2)
    section = page(bss.get(f"/bss/accounts/{account.id}/")).select_one(f"section#{part}")
    place = section.select_one("[hx-get]")

    answer = bss.partial(place["hx-get"])

    assert place["hx-trigger"] == "intersect once"
    assert place.select_one("a")["href"] == section_of(account, part) == place["hx-get"]
    assert len(names(answer)) == 2
    assert title(bss.get(place["hx-get"])).lower() == part


def test_the_accounts_page_asks_as_often_whatever_it_has(bss, office, at_most):
    for part in ("contacts", "orders", "users"):
        fill(office.customer, part, 6)
    for _ in range(12):
        office.reservation()

    with at_most(6):
        bss.get(f"/bss/accounts/{office.customer.id}/")
