"""Subscriptions: the Azure plans of every account, and buying reservations from one on behalf."""

import pytest

from app.domain.access import Role
from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from tests.factories import (
    AccountFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserFactory,
    generic_product,
)
from tests.support.back_office import facts, heads, names, staff, title
from tests.support.html import page, words
from tests.support.ids import NOBODYS_ID

LIST = "/bss/billing/subscriptions/"


@pytest.fixture
def plan(office):
    """Of Aegean Foods, where reservations are published."""
    generic_product()
    return office.plan


def view_of(plan):
    return f"{LIST}{plan.id}/"


def number_of(plan):
    return f"SUB-{plan.number:05d}"


def menu_of(answer, plan):
    return page(answer).find(id=f"actions-{plan.id}")


@pytest.mark.parametrize("path", [LIST, f"{LIST}{NOBODYS_ID}/"])
def test_customers_find_nothing_there(client, sign_in, path):
    sign_in(UserFactory())

    assert client.get(path).status_code == 404


def test_a_plan_that_is_not_there_is_not_found(bss):
    assert bss.get(f"{LIST}{NOBODYS_ID}/").status_code == 404


class TestList:
    def test_it_shows_the_plans_of_every_account(self, bss, plan):
        other = SubscriptionFactory(account=AccountFactory(name="Kalamata Estates"))

        answer = bss.get(LIST)

        assert title(answer) == "Subscriptions"
        assert names(answer) == [number_of(other), number_of(plan)]
        assert heads(answer)[:5] == [
            "Subscription",
            "Account",
            "Status",
            "Provisioning Sync Status",
            "Subscription ID at Microsoft",
        ]
        row = words(page(answer).find(id=number_of(plan)))
        assert "Aegean Foods S.A. Northwind Cloud" in row
        assert plan.microsoft_subscription_id in row

    @pytest.mark.parametrize(
        "query",
        [
            "q=aegean",
            "q={plan.microsoft_subscription_id}",
            "q=sub-{plan.number}",
            "status=active",
            "sync=synchronized",
            "account={plan.account_id}",
            "reseller={plan.tenant_id}",
        ],
    )
    def test_search_and_filters_narrow_it(self, bss, plan, query):
        SubscriptionFactory(
            account=AccountFactory(name="Kalamata Estates"),
            status=SubscriptionStatus.SUSPENDED,
            provisioning_sync_status=ProvisioningSyncStatus.FAILED,
        )

        assert names(bss.get(f"{LIST}?{query.format(plan=plan)}")) == [number_of(plan)]

    def test_the_filter_by_account_can_be_taken_away(self, bss, plan):
        chip = page(bss.get(f"{LIST}?account={plan.account_id}")).select_one("a.chip.on")

        assert words(chip).startswith("Account: Aegean Foods S.A.")
        assert chip["href"] == LIST

    @pytest.mark.parametrize(
        "query", ["status=open", "sync=never", "account=x", "reseller=1", "page=0", "after=x"]
    )
    def test_values_nobody_knows_are_ignored_with_a_notice(self, bss, plan, query):
        answer = bss.get(f"{LIST}?{query}")

        assert "was not understood and is ignored" in answer.text
        assert names(answer) == [number_of(plan)]

    def test_it_goes_on_over_pages(self, bss, office):
        SubscriptionFactory.create_batch(29, account=office.customer)

        first = bss.get(f"{LIST}?per_page=25")
        second = bss.get(page(first).find("a", rel="next")["href"])

        found = [*names(first), *names(second)]
        assert len(found) == len(set(found)) == 30

    def test_the_number_of_statements_does_not_grow(self, bss, office, at_most):
        for other in SubscriptionFactory.create_batch(20, account=office.customer):
            ReservationFactory(account=office.customer, subscription=other)

        with at_most(6):
            bss.get(LIST)

    def test_the_file_has_exactly_the_filtered_rows(self, bss, plan):
        SubscriptionFactory(account=AccountFactory(name="Kalamata Estates"))

        answer = bss.get(f"{LIST}?q=aegean&format=csv")

        assert answer.mimetype == "text/csv"
        assert f"{number_of(plan)},Azure plan A,Aegean Foods S.A.,Active" in answer.text
        assert "Kalamata" not in answer.text

    def test_a_search_that_finds_nothing_says_so(self, bss):
        assert "No subscription matches" in bss.get(f"{LIST}?q=nobody").text

    def test_htmx_gets_the_table_alone(self, bss):
        answer = bss.partial(LIST)

        assert answer.text.lstrip().startswith('<section id="subscription-table"')


class TestView:
    def test_it_says_whose_plan_it_is_and_how_it_stands(self, bss, office, plan, at_most):
        office.reservation(name="Mine")
        ReservationFactory(account=office.customer, name="Of another plan")

        with at_most(6):
            answer = bss.get(view_of(plan))

        assert title(answer) == f"Azure plan {number_of(plan)}"
        shown = facts(answer)
        assert shown["Account"] == "Aegean Foods S.A."
        assert shown["Reseller"] == "Northwind Cloud"
        assert shown["Status"] == "Active"
        assert shown["Provisioning Sync Status"] == "Synchronized"
        assert shown["Subscription ID at Microsoft"].startswith(plan.microsoft_subscription_id)
        assert shown["Microsoft tenant ID"].startswith(office.customer.microsoft_tenant_id)
        assert names(answer) == ["Mine"]

    def test_its_reservations_lead_to_the_asset_view(self, bss, office, plan):
        asset = office.reservation()

        link = page(bss.get(view_of(plan))).select_one("tbody a.row")

        assert link["href"] == f"/bss/billing/assets/{asset.id}/"

    def test_the_menu_leads_to_the_wizard_and_to_software(self, bss, plan):
        links = menu_of(bss.get(view_of(plan)), plan).find_all("a")

        assert [link["href"] for link in links] == [
            f"{LIST}{plan.id}/buy-reservation/",
            f"/bss/sales/software/?customer={plan.account_id}",
        ]

    @pytest.mark.parametrize(
        ("state", "why"),
        [
            ({"status": SubscriptionStatus.SUSPENDED}, "The Azure plan is suspended."),
            (
                {"provisioning_sync_status": ProvisioningSyncStatus.FAILED},
                "The Azure plan is not synchronized with Microsoft.",
            ),
        ],
        ids=["suspended", "not synchronized"],
    )
    def test_the_menu_says_why_no_reservation_can_be_bought(self, bss, office, state, why):
        generic_product()
        plan = SubscriptionFactory(account=office.customer, **state)

        assert why in words(menu_of(bss.get(view_of(plan)), plan))

    @pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_BILLING])
    def test_who_may_only_read_is_told_so(self, client, sign_in, plan, role):
        sign_in(staff(role))

        menu = menu_of(client.get(view_of(plan)), plan)

        assert "Your role does not place orders." in words(menu)
        assert client.get(f"{LIST}{plan.id}/buy-reservation/").status_code == 403
