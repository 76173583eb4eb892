"""Billing at a glance, and the way to each list of assets."""

import datetime as dt

import pytest

from app.domain.assets import SubscriptionStatus
from app.domain.orders import OrderStatus
from app.domain.purchase import PurchaseState
from tests import factories
from tests.factories import (
    NOW,
    OrderFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.support.html import page, words
from tests.support.storefront_world import SECRETS

PAGES = ["/billing/", "/billing/assets/"]


def figures(response):
    return {words(dt): words(dt.find_next_sibling("dd")) for dt in page(response).select(".kpi dt")}


@pytest.mark.parametrize("path", PAGES)
def test_whoever_is_not_signed_in_is_asked_to(client, path):
    assert client.get(path).location.startswith("/login")


@pytest.mark.parametrize("path", PAGES)
def test_staff_have_no_storefront(client, sign_in, path):
    sign_in(UserFactory(staff=True))

    assert client.get(path).status_code == 403


def test_assets_leads_to_each_list_with_its_count(client, sign_in, world):
    for changes in ({}, {"failed": True}, {"expired": True}, {"cancelled": True}):
        ReservationFactory(account=world.direct, **changes)
    SoftwareSubscriptionFactory(account=world.direct)
    ReservationFactory(account=world.customer)
    sign_in(world.user_of(world.direct))

    answer = client.get("/billing/assets/")

    links = {words(a): a["href"] for a in page(answer).select("main .links a")}
    reservations = "/billing/assets/reservations/"
    software = "/billing/assets/software-subscriptions/"
    assert words(page(answer).h1) == "Assets"
    assert links == {
        "Active reservations 2": reservations,
        "Expired reservations 1": reservations + "?status=expired",
        "Cancelled reservations 1": reservations + "?status=cancelled",
        "Software subscriptions 1": software,
        "Expired software subscriptions 0": software + "?status=expired",
        "Cancelled software subscriptions 0": software + "?status=cancelled",
    }


def test_billing_counts_and_adds_up_what_is_active(client, sign_in, world):
    world.example()
    world.example(purchase_state=PurchaseState.FAILED)
    world.example(expired=True)
    SubscriptionFactory(account=world.customer, status=SubscriptionStatus.SUSPENDED)
    order = OrderFactory(account=world.customer, status=OrderStatus.PENDING_APPROVAL)
    OrderFactory(account=world.customer, status=OrderStatus.QUOTED)
    sign_in(world.user_of(world.customer))

    answer = client.get("/billing/")

    assert figures(answer) == {
        "Orders": "1 1 waiting for approval",
        "Azure plans": "4 3 active",
        "Active assets": "2 1 not complete yet",
        "Paid up front, excl. VAT": "€1,512.26 One-time charges on active assets",
    }
    assert figures(client.get("/billing/?vat=incl"))["Paid up front, incl. VAT"].startswith(
        "€1,875.20"
    )
    assert f"/orders/{order.id}/" in answer.text


def bars(response, figure):
    """Month → amount, as the picture says and as its table says."""
    found = page(response).select_one(f"figure[aria-labelledby='{figure}-title']")
    drawn = dict(words(title).split(": ") for title in found.select("svg title"))
    listed = {words(tr.th): words(tr.td) for tr in found.select("tbody tr")}
    return drawn, listed


def test_spend_and_expiries_are_drawn_by_month_and_listed(client, sign_in, world):
    world.example(purchased_at=NOW, expires_on=NOW.date())
    world.example(purchased_at=NOW, currency="USD", expires_on=NOW.date())
    sign_in(world.user_of(world.customer))
    month = f"{NOW:%B %Y}"

    answer = client.get("/billing/")
    with_vat = client.get("/billing/?vat=incl")

    drawn, listed = bars(answer, "spend-EUR")
    assert drawn == listed
    assert (len(drawn), drawn[month]) == (12, "€756.13")
    assert bars(answer, "spend-USD")[0][month] == "$756.13"
    assert bars(with_vat, "spend-EUR")[0][month] == "€937.60"
    caption = page(with_vat).select_one("#spend-EUR-title")
    assert words(caption) == "EUR 937.60 in twelve months, incl. VAT"
    assert bars(answer, "expiries")[0] == bars(answer, "expiries")[1]
    assert bars(answer, "expiries")[0][month] == "2"


def test_what_ends_soon_is_listed(client, sign_in, world):
    asset = world.example(expires_on=NOW.date() + dt.timedelta(days=8))
    sign_in(world.user_of(world.customer))

    answer = client.get("/billing/")

    [notice] = page(answer).select("[aria-labelledby=expiring-title] li")
    assert f"/{asset.id}/" in str(notice)
    assert "in 8 days" in words(notice)


def test_an_account_without_assets_is_told_so(client, sign_in, world):
    sign_in(world.user_of(world.direct))

    answer = client.get("/billing/")

    assert "Nothing was bought in the last twelve months." in answer.text
    assert "No active asset ends in the next twelve months." in answer.text


def test_a_reseller_sees_what_it_pays_itself(client, sign_in, world):
    world.example()
    sign_in(world.user_of(world.reseller))

    assert "€680.55" in client.get("/billing/").text


def test_an_end_customer_never_sees_what_its_reseller_pays(client, sign_in, world):
    world.example()
    sign_in(world.user_of(world.customer))

    texts = [client.get(path).text for path in (*PAGES, "/billing/?vat=incl", "/")]

    assert [secret for secret in SECRETS for text in texts if secret in text] == []


def test_hidden_prices_leave_the_sum_out(client, sign_in, world):
    world.customer.hides_prices = True
    factories.session.commit()
    world.example()
    sign_in(world.user_of(world.customer))

    assert "€" not in client.get("/billing/").text


def test_the_pages_cost_few_statements(client, sign_in, at_most, world):
    world.example()
    OrderFactory(account=world.customer)
    sign_in(world.user_of(world.reseller))

    for path in PAGES:
        with at_most(6):
            client.get(path)
