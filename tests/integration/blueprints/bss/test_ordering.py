"""Ordering on behalf of an account: wizard, software, review, buying, once."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.assets import SubscriptionStatus
from app.domain.orders import OrderStatus
from app.models import Asset, Order, Purchase
from tests.factories import (
    AccountFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserFactory,
    viewer_of,
)
from tests.integration.services.buyers import Marketplace, change, rows
from tests.support.back_office import facts, names, title
from tests.support.html import page, words
from tests.support.ids import NOBODYS_ID
from tests.support.order_pages import AGREED, hidden_fields

PLANS, ORDERS, SOFTWARE = (
    "/bss/billing/subscriptions/",
    "/bss/sales/orders/",
    "/bss/sales/software/",
)


@pytest.fixture
def market(app):
    market = Marketplace()
    change(market.reseller, name="Northwind Cloud")
    change(market.customer, name="Aegean Foods S.A.")
    return market


@pytest.fixture
def eleni(market, sign_in):
    """Staff with the provisioning right, signed in. Costs are not for her."""
    user = UserFactory(staff=True, role=Role.STAFF_PROVISIONING, name="Eleni Papadaki")
    sign_in(user)
    return user


@pytest.fixture
def wizard(market):
    return f"{PLANS}{market.plan.id}/buy-reservation/"


@pytest.fixture
def software(market):
    return f"{SOFTWARE}{market.software.product_id}/?customer={market.direct.id}"


@pytest.fixture
def quoted(app, market, eleni):
    """The review page of seven reservations."""
    with app.app_context():
        return f"{ORDERS}{market.quote(viewer_of(eleni))}/review/"


def the_order():
    [order] = rows(Order)
    return order


@pytest.mark.usefixtures("eleni")
class TestReservation:
    def test_the_wizard_is_the_storefronts_in_the_back_office(self, client, market, wizard):
        answer = client.get(f"{wizard}?region={market.sku.arm_region}")

        found = page(answer)
        assert title(answer) == "Buy a reservation"
        assert "On behalf of Aegean Foods S.A." in words(found.main)
        assert found.select_one("nav.side")
        assert found.select_one("tbody a.btn")["href"].startswith(wizard)

    def test_choosing_and_saying_how_many_leads_to_the_review(self, client, market, wizard):
        sent = client.post_form(
            f"{wizard}?sku={market.sku.id}", {"quantity": "7", "scope": "Shared"}
        )

        order = the_order()
        assert sent.location == f"{ORDERS}{order.id}/review/"
        assert order.account_id == market.customer.id
        assert order.status is OrderStatus.QUOTED

    @pytest.mark.parametrize(
        ("quantity", "message"),
        [("0", "Enter a quantity of 1 or more."), ("1.5", "Enter a whole number, such as 3.")],
    )
    def test_a_wrong_quantity_is_told_at_its_field(self, client, market, wizard, quantity, message):
        answer = client.post_form(f"{wizard}?sku={market.sku.id}", {"quantity": quantity})

        found = page(answer)
        assert answer.status_code == 422
        assert words(found.find(id="quantity-error")) == message
        assert found.find(id="quantity")["value"] == quantity
        assert rows(Order) == []

    def test_a_plan_that_cannot_buy_says_why(self, client, market):
        plan = SubscriptionFactory(account=market.customer, status=SubscriptionStatus.SUSPENDED)

        text = words(page(client.get(f"{PLANS}{plan.id}/buy-reservation/")).main)

        assert "No reservation can be bought from this Azure plan" in text
        assert "The Azure plan is suspended." in text


@pytest.mark.usefixtures("eleni")
class TestSoftware:
    def test_the_catalogue_has_the_prices_of_the_account(self, client, market):
        found = page(client.get(f"{SOFTWARE}?customer={market.direct.id}"))

        row = found.select_one("tbody tr")
        assert words(row.select_one(".num")) == "€110.00"
        assert f"customer={market.direct.id}" in row.a["href"]
        assert "On behalf of" in words(found.main)

    def test_without_an_account_it_asks_for_one(self, client):
        found = page(client.get(SOFTWARE))

        assert "Choose an account" in words(found.main)
        assert found.select("tbody tr") == []

    def test_an_account_that_is_not_there_is_not_found(self, client):
        assert client.get(f"{SOFTWARE}?customer={NOBODYS_ID}").status_code == 404

    def test_what_is_no_account_is_ignored_with_a_notice(self, client):
        assert "was not understood and is ignored" in client.get(f"{SOFTWARE}?customer=x").text

    def test_an_account_that_may_not_order_says_why(self, client, market, software):
        change(market.direct, may_order=False)

        for url in (f"{SOFTWARE}?customer={market.direct.id}", software):
            assert f"Ordering is switched off for {market.direct.name}." in client.get(url).text

    def test_a_plan_leads_to_the_review(self, client, market, software):
        sent = client.post_form(software, {"sku": market.software.id, "quantity": "3"})

        order = the_order()
        assert sent.location == f"{ORDERS}{order.id}/review/"
        assert order.account_id == market.direct.id

    def test_without_an_account_nothing_is_ordered(self, client, market, software):
        hidden = hidden_fields(client.get(software))
        wish = {**hidden, "sku": market.software.id, "quantity": "3"}

        answer = client.post(software.partition("?")[0], data=wish)

        assert answer.status_code == 422
        assert rows(Order) == []


@pytest.mark.usefixtures("eleni")
class TestReview:
    def test_it_says_on_whose_behalf_and_who_is_invoiced(self, client, quoted):
        answer = client.get(quoted)

        text = words(page(answer).main)
        assert title(answer) == "Review your order"
        assert "On behalf of Aegean Foods S.A.: nothing is bought until you press Buy." in text
        assert facts(answer)["Account"] == "Aegean Foods S.A."
        assert facts(answer)["Invoiced to"] == "Northwind Cloud"
        assert "Reference of the account (optional)" in text
        assert "Microsoft charges the full term now." in text
        assert words(page(answer).select_one("form button.primary")) == "Buy for €1,071.55"

    def test_crumbs_and_navigation_agree(self, client, quoted):
        found = page(client.get(quoted))

        assert words(found.select_one(".crumbs a")) == "Orders"
        assert words(found.select_one("nav [aria-current=page]")) == "Orders"

    def test_change_leads_back_with_everything_chosen(self, client, market, quoted):
        link = page(client.get(quoted)).select_one("#what-title + a")

        back = page(client.get(link["href"]))

        assert link["href"].startswith(f"{PLANS}{market.plan.id}/buy-reservation/")
        assert back.find(id="quantity")["value"] == "7"

    def test_whoever_may_not_know_costs_sees_no_resale(self, client, market, app, eleni):
        change(market.customer, markup=Decimal(10))
        with app.app_context():
            url = f"{ORDERS}{market.quote(viewer_of(eleni))}/review/"

        text = client.get(url).text

        assert "123.45" in text
        assert "135.80" not in text
        assert "112.22" not in text

    def test_an_administrator_sees_what_the_reseller_earns(self, client, market, app, sign_in):
        change(market.customer, markup=Decimal(10))
        admin = UserFactory(staff=True)
        sign_in(admin)
        with app.app_context():
            url = f"{ORDERS}{market.quote(viewer_of(admin))}/review/"

        text = words(page(client.get(url)).main)

        assert "What the customer pays its reseller" in text
        assert "Their unit price, excl. VAT €135.80" in text

    def test_the_box_must_be_ticked(self, client, quoted):
        answer = client.post_form(quoted, {"buyer_reference": "PO-17"})

        assert answer.status_code == 422
        assert page(answer).find(id="buyer_reference")["value"] == "PO-17"
        assert the_order().status is OrderStatus.QUOTED

    def test_an_approval_of_the_reseller_is_not_waited_for_and_that_is_said(
        self, client, market, quoted
    ):
        change(market.customer, needs_approval=True)

        review = words(page(client.get(quoted)).main)
        client.post_form(quoted, AGREED)

        assert "What you order on its behalf is bought at once." in review
        assert the_order().status is OrderStatus.EXECUTED


class TestBuying:
    def test_the_order_says_who_placed_it_for_whom(self, client, market, quoted):
        bought = client.post_form(quoted, {**AGREED, "buyer_reference": "PO-17"})

        answer = client.get(bought.location)
        order, [asset] = the_order(), rows(Asset)
        shown = facts(answer)
        assert bought.location == f"{ORDERS}{order.id}/"
        assert title(answer) == f"Order ORD-{order.number:06d}"
        assert shown["Account"] == "Aegean Foods S.A."
        assert shown["Placed by"] == "Eleni Papadaki"
        assert shown["On behalf, by"] == rows(type(market.direct), kind="distributor")[0].name
        assert shown["Buyer\N{RIGHT SINGLE QUOTATION MARK}s reference"] == "PO-17"
        assert shown["Provisioning Sync Status"] == "In progress"
        assert asset.account_id == market.customer.id
        link = page(answer).find("a", string=f"AST-{asset.number:06d}")
        assert link["href"] == f"/bss/billing/assets/{asset.id}/"

    def test_its_badge_follows_the_purchase(self, client, quoted):
        bought = client.post_form(quoted, AGREED)
        badge = page(client.get(bought.location)).select_one("[hx-get*=sync]")

        answer = page(client.partial(badge["hx-get"]))

        assert words(answer) == "In progress"
        assert answer.div["hx-get"] == badge["hx-get"]

    @pytest.mark.usefixtures("eleni")
    def test_its_badge_rests_once_the_purchase_is_final(self, client, market):
        asset = ReservationFactory(account=market.customer, subscription=market.plan)

        answer = page(client.partial(f"/bss/billing/assets/{asset.id}/sync?on=order"))

        assert words(answer) == "Synchronized"
        assert "hx-get" not in answer.div.attrs

    def test_the_customer_sees_the_order_in_its_storefront(self, client, market, quoted, sign_in):
        client.post_form(quoted, AGREED)
        sign_in(UserFactory(account=market.customer))

        text = client.get(f"/orders/{the_order().id}/").text

        assert "Eleni Papadaki" in text
        assert "On behalf, by" not in text
        assert "Northwind Cloud" not in text

    def test_pressing_twice_is_one_purchase(self, client, quoted):
        hidden = hidden_fields(client.get(quoted))

        answers = [client.post(quoted, data={**hidden, **AGREED}) for _ in range(2)]

        assert len({answer.location for answer in answers}) == 1
        assert len(rows(Asset)) == len(rows(Purchase)) == 1

    @pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_BILLING])
    def test_whoever_may_only_read_buys_nothing(self, client, sign_in, quoted, role):
        sign_in(UserFactory(staff=True, role=role))
        token = page(client.get("/bss/")).select_one("[name=csrf_token]")["value"]

        answer = client.post(quoted, data={"csrf_token": token, **AGREED})

        assert answer.status_code == 403
        assert rows(Asset) == []


class TestOrders:
    def test_the_list_shows_orders_of_every_account(self, client, quoted):
        client.post_form(quoted, AGREED)

        answer = client.get(ORDERS)

        row = page(answer).select_one("tbody tr")
        assert title(answer) == "Orders"
        assert names(answer) == [f"ORD-{the_order().number:06d}"]
        assert "Aegean Foods S.A. Northwind Cloud" in words(row)
        assert words(row.select("td")[-1]) == "€864.15"

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("account={market.customer.id}", 1),
            ("account={market.direct.id}", 0),
            ("reseller={market.reseller.id}", 1),
            ("q=aegean", 1),
            ("q=nobody", 0),
            ("status=executed", 1),
            ("status=declined", 0),
        ],
    )
    def test_search_and_filters_narrow_it(self, client, market, quoted, query, found):
        client.post_form(quoted, AGREED)

        answer = client.get(f"{ORDERS}?{query.format(market=market)}")

        assert len(names(answer)) == found

    @pytest.mark.usefixtures("eleni")
    def test_its_menu_leads_to_both_ways_of_ordering(self, client, sign_in):
        links = page(client.get(ORDERS)).find(id="place-order").select("a")
        sign_in(UserFactory(staff=True, role=Role.STAFF_SUPPORT))

        assert [link["href"] for link in links] == [PLANS, "/bss/accounts/"]
        assert page(client.get(ORDERS)).find(id="place-order") is None

    def test_it_is_also_a_file(self, client, quoted):
        client.post_form(quoted, AGREED)

        answer = client.get(f"{ORDERS}?format=csv")

        assert answer.text.startswith("\ufeffOrder,Account,What")
        assert "Aegean Foods S.A." in answer.text

    def test_its_statements_do_not_grow(self, client, app, market, eleni, at_most):
        with app.app_context():
            for _ in range(10):
                market.order(viewer_of(eleni), quantity=1)

        with at_most(6):
            client.get(ORDERS)

    @pytest.mark.usefixtures("eleni")
    def test_an_order_that_is_not_there_is_not_found(self, client):
        assert client.get(f"{ORDERS}{uuid4()}/").status_code == 404


class TestDecision:
    @pytest.fixture
    def pending(self, app, market):
        """What a customer ordered and its reseller has not approved."""
        change(market.customer, needs_approval=True)
        buyer = UserFactory(account=market.customer, role=Role.BUYER)
        with app.app_context():
            return f"{ORDERS}{market.order(viewer_of(buyer)).order_id}/"

    def test_an_administrator_approves_on_the_resellers_behalf(self, client, sign_in, pending):
        sign_in(UserFactory(staff=True, name="Nikos Doukas"))
        shown = client.get(pending)

        sent = client.post_form(f"{pending}approve", form_at=pending)

        assert "its reseller or you approve" in words(page(shown).main)
        assert sent.location == pending
        assert facts(client.get(pending))["Approved by"] == "Nikos Doukas"
        assert len(rows(Asset)) == 1

    def test_declining_needs_a_reason(self, client, sign_in, pending):
        sign_in(UserFactory(staff=True))

        without = client.post_form(f"{pending}decline", {"reason": " "}, form_at=pending)
        declined = client.post_form(f"{pending}decline", {"reason": "Too early"}, form_at=pending)

        assert without.status_code == 422
        assert declined.status_code == 303
        assert the_order().status is OrderStatus.DECLINED
        assert rows(Asset) == []

    @pytest.mark.usefixtures("eleni")
    def test_others_of_the_staff_read_it_and_do_not_decide(self, client, pending):
        found = page(client.get(pending))
        token = found.select_one("[name=csrf_token]")["value"]

        answer = client.post(f"{pending}approve", data={"csrf_token": token})

        assert found.find(id="order-decision") is None
        assert answer.status_code == 403
        assert rows(Asset) == []


def test_somebody_of_the_storefront_finds_nothing_there(client, sign_in, market):
    sign_in(UserFactory(account=AccountFactory()))

    for path in (ORDERS, SOFTWARE, PLANS):
        assert client.get(path).status_code == 404
