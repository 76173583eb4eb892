"""Accounts: the list, and the Account View with its menu and sections."""

from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.orders import OrderStatus
from tests.factories import AccountFactory, OrderFactory, ReservationFactory, UserFactory
from tests.support.back_office import facts, heads, names, staff, title
from tests.support.html import page, words
from tests.support.ids import NOBODYS_ID

LIST = "/bss/accounts/"


def view_of(account):
    return f"{LIST}{account.id}/"


@pytest.mark.parametrize("path", [LIST, f"{LIST}{NOBODYS_ID}/"])
def test_whoever_is_not_signed_in_is_asked_to(client, path):
    assert client.get(path).location.startswith("/login")


@pytest.mark.parametrize("path", [LIST, f"{LIST}{NOBODYS_ID}/"])
def test_customers_find_nothing_there(client, sign_in, path):
    sign_in(UserFactory())

    assert client.get(path).status_code == 404


def test_an_account_that_is_not_there_is_not_found(bss):
    assert bss.get(f"{LIST}{uuid4()}/").status_code == 404


@pytest.mark.usefixtures("office")
class TestList:
    def test_it_names_every_account_but_the_distributor(self, bss):
        answer = bss.get(LIST)

        assert title(answer) == "Accounts"
        assert names(answer) == ["Aegean Foods S.A.", "Northwind Cloud"]

    def test_it_counts_assets_and_failed_ones(self, bss, office):
        office.failed()
        office.reservation()

        rows = {words(row.a): words(row) for row in page(bss.get(LIST)).select("tbody tr")}

        assert rows["Aegean Foods S.A."].endswith("2 1 failed")
        assert rows["Northwind Cloud"].endswith("2 1 failed")

    @pytest.mark.parametrize("q", ["aegean", "EL0943", "ACC-{number:05d}", "{number}"])
    def test_the_search_looks_in_name_number_and_vat_number(self, bss, office, q):
        q = q.format(number=office.customer.number)

        assert "Aegean Foods S.A." in names(bss.get(f"{LIST}?q={q}"))

    def test_a_search_that_finds_nothing_says_so(self, bss):
        answer = bss.get(f"{LIST}?q=%25_nobody")

        assert "No accounts match “%_nobody”" in answer.text

    def test_it_filters_by_kind_and_by_reseller(self, bss, office):
        AccountFactory(name="Kalamata Estates")

        assert names(bss.get(f"{LIST}?kind=direct_customer")) == ["Kalamata Estates"]
        by_reseller = bss.get(f"{LIST}?reseller={office.reseller.id}")
        assert names(by_reseller) == ["Aegean Foods S.A."]
        assert "Reseller: Northwind Cloud" in by_reseller.text

    @pytest.mark.parametrize(
        "query", ["kind=nobody", "sort=colour", "page=x", "reseller=x", "after=x", "per_page=7"]
    )
    def test_unknown_values_are_ignored_with_a_notice(self, bss, query):
        answer = bss.get(f"{LIST}?{query}")

        assert answer.status_code == 200
        assert "was not understood and is ignored" in answer.text
        assert len(names(answer)) == 2

    def test_pages_follow_one_another_without_gaps(self, bss):
        for number in range(30):
            AccountFactory(name=f"Account {number:02}")

        first = bss.get(f"{LIST}?per_page=25&sort=-name")
        second = bss.get(page(first).find("a", rel="next")["href"])

        found = names(first) + names(second)
        assert len(names(first)) == 25
        assert found == sorted(found, reverse=True)
        assert len(set(found)) == 32

    def test_htmx_gets_the_table_alone(self, bss):
        answer = bss.partial(LIST)

        assert answer.text.lstrip().startswith('<section id="account-table"')

    def test_at_most_six_statements(self, bss, at_most):
        for _ in range(12):
            AccountFactory()

        with at_most(6):
            bss.get(f"{LIST}?q=a")


class TestView:
    def test_the_header_names_status_reseller_and_number(self, bss, office):
        answer = bss.get(view_of(office.customer))

        assert title(answer) == "Aegean Foods S.A."
        head = words(page(answer).select_one(".page-head"))
        assert head.startswith("Aegean Foods S.A. Active Customer of Northwind Cloud · ACC-")

    def test_the_shortcut_assets_is_a_link_to_the_accounts_assets(self, bss, office):
        office.reservation()

        menu = page(bss.get(view_of(office.customer))).select_one(".shortcuts")

        link = menu.select_one('[data-peek="peek-assets"] > a')
        assert words(link) == "Assets 1"
        assert link["href"] == f"/bss/billing/assets/?account={office.customer.id}"
        button = menu.select_one("button.peek-btn")
        assert button["aria-label"] == "Preview assets"
        assert menu.select_one("#peek-assets .peek-body")["hx-get"] == (
            f"/bss/accounts/{office.customer.id}/assets/abstract"
        )

    def test_the_assets_section_shows_the_full_one_time_amounts(self, bss, office):
        office.reservation(quantity=7, name="Seven instances")
        shown = page(bss.get(view_of(office.customer))).select_one("section#assets")

        answer = bss.partial(shown.select_one("[hx-get]")["hx-get"])

        assert "Active: €8,400.00 excl. VAT" in words(shown)
        section = page(answer).body
        assert "€8,400.00" in words(section.table)
        assert "One-Time" in words(section.table)
        assert words(section.select_one(".card-f a")) == "View all assets"
        assert "Amount, excl. VAT" in heads(answer)

    def test_without_a_script_the_section_is_there_at_once(self, bss, office):
        asset = office.reservation()

        section = page(bss.get(view_of(office.customer))).select_one("section#assets")

        assert asset.name in words(section.noscript.table)

    def test_the_section_is_a_page_of_its_own_too(self, bss, office):
        asset = office.reservation()

        answer = bss.get(f"{view_of(office.customer)}assets/newest")

        assert title(answer) == "Assets"
        assert names(answer) == [asset.name]

    def test_a_reseller_shows_what_its_customers_have(self, bss, office):
        office.reservation(name="The customer's")

        answer = bss.get(f"{view_of(office.reseller)}assets/newest")

        section = page(answer).main
        assert "The customer's" in words(section)
        assert "Aegean Foods S.A." in words(section)
        assert section.select_one(".card-f a")["href"].endswith(f"?reseller={office.reseller.id}")

    def test_the_shortcuts_lead_to_its_plans_and_orders_with_their_number(self, bss, office):
        OrderFactory(account=office.customer)
        OrderFactory(account=office.customer, status=OrderStatus.QUOTED, placed_at=None)

        of_customer = page(bss.get(view_of(office.customer))).select_one(".shortcuts")
        of_reseller = page(bss.get(view_of(office.reseller))).select_one(".shortcuts")

        for menu, owner in [
            (of_customer, f"account={office.customer.id}"),
            (of_reseller, f"reseller={office.reseller.id}"),
        ]:
            links = {link["href"]: words(link) for link in menu.select(".sc > a")}
            assert links[f"/bss/billing/subscriptions/?{owner}"] == "Subscriptions 1"
            assert links[f"/bss/sales/orders/?{owner}"] == "Orders 1"

    def test_software_is_ordered_for_it_from_its_menu(self, bss, office):
        menu = page(bss.get(view_of(office.customer))).find(id="account-actions")

        link = menu.find("a")
        assert words(link) == "Order software for this account"
        assert link["href"] == f"/bss/sales/software/?customer={office.customer.id}"

    def test_the_menu_says_why_nothing_can_be_ordered(self, bss):
        switched_off = AccountFactory(name="Kalamata Estates", may_order=False)

        menu = page(bss.get(view_of(switched_off))).find(id="account-actions")

        assert "Not now: Ordering is switched off for Kalamata Estates." in words(menu)
        assert menu.find("a") is None

    def test_azure_plans_and_details_are_shown(self, bss, office):
        office.reservation()

        answer = bss.get(view_of(office.customer))

        plans = page(answer).select_one("section#subscriptions")
        assert plans.select_one("#SUB-00001")
        assert office.plan.microsoft_subscription_id in words(plans)
        assert facts(answer)["VAT number"] == "EL094382771"

    def test_an_account_without_anything_says_so(self, bss):
        text = words(page(bss.get(view_of(AccountFactory()))).main)

        assert "No Azure plans" in text

    def test_a_name_full_of_markup_stays_text(self, bss):
        answer = bss.get(view_of(AccountFactory(name="<b onclick=x>Tom & Co</b>")))

        assert title(answer) == "<b onclick=x>Tom & Co</b>"

    def test_support_reads_it_too(self, client, sign_in, office):
        sign_in(staff(Role.STAFF_SUPPORT))

        assert client.get(view_of(office.customer)).status_code == 200

    def test_at_most_six_statements(self, bss, office, at_most):
        for _ in range(12):
            ReservationFactory(account=office.customer, subscription=office.plan)

        with at_most(6):
            bss.get(view_of(office.customer))
