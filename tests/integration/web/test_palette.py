"""The command palette: it finds pages and things, and keeps to what a person may see."""

from uuid import uuid4

import pytest

from app.domain.access import Role
from app.services.invoices import invoice_order
from tests import factories
from tests.factories import (
    AccountFactory,
    OrderFactory,
    PurchaseFactory,
    SoftwareSubscriptionFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.support.back_office import BackOffice, staff
from tests.support.html import page, words

BSS, STOREFRONT = "/bss/search", "/search"


@pytest.fixture
def office(app):
    return BackOffice()


@pytest.fixture
def bss(sign_in, app):
    return sign_in(staff())


def links(answer):
    return {words(link.span): link["href"] for link in page(answer).select("#palette-results a")}


def search(client, q, url=BSS):
    return client.partial(f"{url}?q={q}")


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get(f"{BSS}?q=x").location.startswith("/login")
    assert client.get(f"{STOREFRONT}?q=x").location.startswith("/login")


def test_it_finds_each_kind_of_thing(bss, office):
    asset = office.reservation(name="Reserved harbour")
    order = OrderFactory(account=office.customer, buyer_reference="Harbour PO 7")
    office.reservation(order_id=order.id, name="X")
    invoice = invoice_order(factories.session, order, actor="a test")
    factories.session.commit()
    other = AccountFactory(name="Harbour Ltd")
    plan = SubscriptionFactory(account=other, name="Harbour plan")

    found = links(search(bss, "harbour"))

    assert found["Reserved harbour"] == f"/bss/billing/assets/{asset.id}/"
    assert found["Harbour Ltd"] == f"/bss/accounts/{other.id}/"
    assert found["Harbour plan"] == f"/bss/billing/subscriptions/{plan.id}/"
    assert found[f"ORD-{order.number:06d}"] == f"/bss/sales/orders/{order.id}/"
    assert f"/bss/billing/invoices/{invoice}/" in found.values()
    for url in found.values():
        assert bss.get(url).status_code == 200


IDS = ("reservation_id", "reservation_order_id", "microsoft_order_id", "microsoft_order_alias")


@pytest.mark.parametrize("field", IDS)
def test_any_id_of_microsoft_opens_its_asset_at_once(bss, office, field):
    given = str(uuid4())
    asset = office.reservation(**{field: given}, microsoft_ids=given)
    office.reservation()

    answer = bss.get(f"{BSS}?q={given.upper()}")

    assert answer.status_code == 303
    assert answer.location == f"/bss/billing/assets/{asset.id}/"


def test_so_do_a_software_id_a_cart_and_our_reference(bss, office):
    given = str(uuid4())
    software = SoftwareSubscriptionFactory(
        account=office.customer, software_id=given, microsoft_ids=given
    )
    asset = office.reservation()
    purchase = PurchaseFactory(asset=asset, cart_id=str(uuid4()))

    for text, found in [
        (software.software_id, software),
        (purchase.cart_id, asset),
        (purchase.own_ref, asset),
        (f"AST-{asset.number:06d}", asset),
    ]:
        answer = bss.get(f"{BSS}?q={text}")
        assert answer.location == f"/bss/billing/assets/{found.id}/", text


def test_a_plan_and_a_tenant_open_by_their_ids_too(bss, office):
    plan = bss.get(f"{BSS}?q={office.plan.microsoft_subscription_id}")
    account = bss.get(f"{BSS}?q={office.customer.microsoft_tenant_id}")

    assert plan.location == f"/bss/billing/subscriptions/{office.plan.id}/"
    assert account.location == f"/bss/accounts/{office.customer.id}/"


def test_a_word_is_not_jumped_to(bss, office):
    office.reservation(name="Only one")

    assert bss.get(f"{BSS}?q=only+one").status_code == 200


def test_nothing_of_others_is_found_whatever_is_pasted(client, sign_in, office):
    asset = office.reservation(name="Aegean secret")
    PurchaseFactory(asset=asset)
    sign_in(UserFactory(account=AccountFactory(reseller_account=True)))

    for text in ("Aegean", asset.reservation_id, asset.microsoft_order_id, "AST-000001"):
        answer = search(client, text, STOREFRONT)
        assert links(answer) == {}
        assert "secret" not in answer.text


def test_a_cart_is_for_staff_alone(client, sign_in, office):
    asset = office.reservation(microsoft_order_id="order-7")
    purchase = PurchaseFactory(asset=asset, cart_id=str(uuid4()))
    sign_in(UserFactory(account=office.customer))

    assert links(search(client, purchase.cart_id, STOREFRONT)) == {}
    assert len(links(search(client, "order-7", STOREFRONT))) == 1


def test_a_reseller_finds_its_customer_and_the_customers_things(client, sign_in, office):
    asset = office.reservation(name="Of the customer")
    sign_in(UserFactory(account=office.reseller))

    found = links(search(client, "customer", STOREFRONT))
    named = links(search(client, "aegean", STOREFRONT))

    assert found["Of the customer"] == f"/billing/assets/reservations/{asset.id}/"
    assert named["Aegean Foods S.A."] == f"/customers/{office.customer.id}/"
    assert client.get(named["Aegean Foods S.A."]).status_code == 200


def test_pages_are_those_that_the_role_may_open(client, sign_in):
    sign_in(staff(Role.STAFF_SUPPORT))
    found = links(search(client, ""))
    assert found["Assets"] == "/bss/billing/assets/"
    assert all(client.get(url).status_code == 200 for url in found.values())

    sign_in(UserFactory(role=Role.VIEWER))
    assert "Users" not in links(search(client, "", STOREFRONT))


def test_a_page_is_found_by_a_part_of_its_name(bss):
    assert list(links(search(bss, "reconc"))) == ["Reconciliation"]


def test_nothing_found_and_too_little_typed_say_so(bss):
    assert "Nothing matches “%_zz”" in words(page(search(bss, "%25_zz")))
    assert "Type at least two characters" in words(page(search(bss, "")))


def test_as_many_statements_whatever_there_is(bss, office, at_most):
    for number in range(12):
        office.reservation(name=f"Aegean {number}")
        OrderFactory(account=office.customer, buyer_reference=f"Aegean {number}")

    with at_most(8):
        answer = search(bss, "aegean")

    assert len(links(answer)) > 6


def test_without_a_script_it_is_a_page_with_the_same_results(bss, office):
    office.reservation(name="Reserved harbour")

    answer = bss.get(f"{BSS}?q=harbour")

    assert words(page(answer).h1) == "Search"
    assert "Reserved harbour" in links(answer)
    button = page(bss.get("/bss/")).select_one("a.omni")
    assert button["href"] == BSS


def test_the_pages_list_the_keys(bss):
    soup = page(bss.get("/bss/"))

    assert "g a Assets" in words(soup.select_one("#keys"))
    assert soup.select_one('[data-key="g a"]')["href"] == "/bss/billing/assets/"
