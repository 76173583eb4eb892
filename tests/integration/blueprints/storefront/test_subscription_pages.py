"""The account's Azure plans in the storefront."""

import pytest

from app.domain.access import AccountKind, Role
from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from tests.factories import (
    AccountFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserFactory,
    generic_product,
)
from tests.support.html import page, words
from tests.support.spreadsheet import records


@pytest.fixture
def customer(sign_in):
    """A direct customer whose administrator is signed in, where reservations are published."""
    generic_product()
    account = AccountFactory()
    sign_in(UserFactory(account=account))
    return account


def test_whoever_is_not_signed_in_is_asked_to(client):
    answer = client.get("/subscriptions/")

    assert answer.status_code == 303
    assert answer.location == "/login?next=/subscriptions/"


def test_the_back_office_staff_has_no_storefront(client, sign_in):
    sign_in(UserFactory(staff=True))

    assert client.get("/subscriptions/").status_code == 403


def test_an_azure_plan_shows_its_number_name_and_state(client, customer):
    plan = SubscriptionFactory(account=customer, name="Production")

    row = page(client.get("/subscriptions/")).select_one("tbody tr")

    assert words(row.select_one("a.row")) == f"SUB-{plan.number:05d}"
    assert "Production" in words(row)
    assert words(row.select_one('[data-l="Status"]')) == "Active"
    assert words(row.select_one('[data-l="Provisioning Sync Status"]')) == "Synchronized"


def test_the_menu_leads_to_the_wizard(client, customer):
    plan = SubscriptionFactory(account=customer)

    found = page(client.get("/subscriptions/"))

    button = found.select_one("tbody button[popovertarget]")
    assert words(button).startswith("I want to…")
    link = found.find(id=button["popovertarget"]).find("a")
    assert words(link) == "Buy a reservation"
    assert link["href"] == f"/subscriptions/{plan.id}/buy-reservation/"


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"status": SubscriptionStatus.SUSPENDED}, "The Azure plan is suspended."),
        ({"status": SubscriptionStatus.CANCELLED}, "The Azure plan is cancelled."),
        (
            {"provisioning_sync_status": ProvisioningSyncStatus.FAILED},
            "The Azure plan is not synchronized with Microsoft.",
        ),
    ],
    ids=["suspended", "cancelled", "not synchronized"],
)
@pytest.mark.parametrize("where", ["list", "view"])
def test_the_menu_says_why_nothing_can_be_bought(client, customer, state, why, where):
    plan = SubscriptionFactory(account=customer, **state)

    found = page(client.get("/subscriptions/" + (f"{plan.id}/" if where == "view" else "")))

    menu = found.find(id=f"actions-{plan.id}")
    assert why in words(menu)
    assert menu.find("a") is None


def test_a_plan_pending_cancellation_still_buys(client, customer):
    plan = SubscriptionFactory(account=customer, status=SubscriptionStatus.PENDING_CANCELLATION)

    found = page(client.get(f"/subscriptions/{plan.id}/"))

    assert found.find(id=f"actions-{plan.id}").find("a")


def test_a_viewer_is_told_that_the_role_does_not_buy(client, customer, sign_in):
    plan = SubscriptionFactory(account=customer)
    sign_in(UserFactory(account=customer, role=Role.VIEWER))

    menu = page(client.get(f"/subscriptions/{plan.id}/")).find(id=f"actions-{plan.id}")

    assert "Your role does not place orders." in words(menu)


def test_a_reseller_sees_the_customer_of_each_plan(client, sign_in):
    reseller = AccountFactory(kind=AccountKind.RESELLER)
    SubscriptionFactory(account=AccountFactory.customer_of(reseller, name="Aegean Foods S.A."))
    SubscriptionFactory(account=AccountFactory(name="Somebody Else"))
    sign_in(UserFactory(account=reseller))

    found = page(client.get("/subscriptions/"))

    assert [words(cell) for cell in found.select('[data-l="Customer"]')] == ["Aegean Foods S.A."]


def test_a_customer_has_no_customer_column(client, customer):
    SubscriptionFactory(account=customer)

    heads = page(client.get("/subscriptions/")).select("th")

    assert "Customer" not in {words(head) for head in heads}


def test_search_and_status_narrow_the_list(client, customer):
    SubscriptionFactory(account=customer, name="Production")
    SubscriptionFactory(account=customer, name="Test", status=SubscriptionStatus.SUSPENDED)

    by_name = page(client.partial("/subscriptions/?q=produ"))
    by_status = page(client.partial("/subscriptions/?status=suspended"))

    assert [words(row) for row in by_name.select("tbody .sub")] == ["Production"]
    assert [words(row) for row in by_status.select("tbody .sub")] == ["Test"]


def test_htmx_gets_the_table_alone(client, customer):
    SubscriptionFactory(account=customer)

    answer = client.partial("/subscriptions/")

    assert answer.text.lstrip().startswith('<section id="subscription-table"')
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "query", ["status=open", "sort=name", "page=x", "page=0", "per_page=7", "after=x", "vat=maybe"]
)
def test_values_nobody_knows_are_ignored_with_a_notice(client, customer, query):
    SubscriptionFactory(account=customer)

    answer = client.get(f"/subscriptions/?{query}")

    assert answer.status_code == 200
    assert "was not understood and is ignored" in answer.text
    assert len(page(answer).select("tbody tr")) == 1


def test_a_search_that_finds_nothing_says_so(client, customer):
    SubscriptionFactory(account=customer)

    assert "No Azure plan matches" in client.get("/subscriptions/?q=nothing%00").text


def test_the_list_goes_on_over_pages(client, customer):
    SubscriptionFactory.create_batch(30, account=customer)

    first = page(client.get("/subscriptions/?per_page=25"))
    second = page(client.get(first.find("a", rel="next")["href"]))

    numbers = [words(link) for soup in (first, second) for link in soup.select("tbody a.row")]
    assert len(numbers) == len(set(numbers)) == 30


def test_the_list_asks_postgresql_little_however_many_plans_there_are(client, customer, at_most):
    for plan in SubscriptionFactory.create_batch(20, account=customer):
        ReservationFactory(account=customer, subscription=plan)

    with at_most(6):
        client.get("/subscriptions/")


def test_a_plan_shows_its_own_reservations(client, customer, at_most):
    plan = SubscriptionFactory(account=customer)
    ReservationFactory(account=customer, subscription=plan, name="Mine")
    ReservationFactory(account=customer, name="Of another plan")

    with at_most(6):
        answer = client.get(f"/subscriptions/{plan.id}/")

    assert words(page(answer).h1) == f"Azure plan SUB-{plan.number:05d}"
    assert [words(link) for link in page(answer).select("tbody a.row")] == ["Mine"]


def test_somebody_elses_plan_is_not_there(client, customer):
    plan = SubscriptionFactory(account=AccountFactory())

    assert client.get(f"/subscriptions/{plan.id}/").status_code == 404


def test_the_list_is_also_a_file(client, customer):
    plan = SubscriptionFactory(account=customer, name="Production")
    SubscriptionFactory(account=customer, name="Test")

    answer = client.get("/subscriptions/?format=csv&q=prod")

    assert answer.mimetype == "text/csv"
    assert answer.text.count(f"SUB-{plan.number:05d},Production,Active,Synchronized,0,") == 1
    assert "Test" not in answer.text
    (row,) = records(client.get("/subscriptions/?format=xlsx&q=prod").data)
    assert (row["Name"], row["Active reservations"]) == ("Production", 0.0)
