"""The storefront's home: what wants attention, what ends soon, what was ordered."""

import datetime as dt

from app.domain.purchase import PurchaseState
from tests.factories import (
    NOW,
    OrderFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    UserFactory,
)
from tests.support.html import page, words


def section(response, title):
    heading = next(h2 for h2 in page(response).select("h2") if words(h2) == title)
    return words(heading.find_parent("section"))


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get("/").location.startswith("/login")


def test_staff_are_told_that_the_storefront_is_for_customers(client, sign_in):
    sign_in(UserFactory(staff=True))

    assert client.get("/").status_code == 403


def test_it_greets_and_shows_what_wants_attention(client, sign_in, world):
    ReservationFactory(account=world.customer, name="Refused one", failed=True)
    SoftwareSubscriptionFactory(
        account=world.customer, name="Perhaps bought", purchase_state=PurchaseState.UNKNOWN
    )
    soon = (NOW + dt.timedelta(days=8)).date()
    ReservationFactory(account=world.customer, name="Ending one", expires_on=soon)
    user = world.user_of(world.reseller)
    sign_in(user)

    answer = client.get("/")

    assert words(page(answer).h1) == f"Welcome, {user.name}"
    odd = section(answer, "Not complete yet")
    assert "Refused one Azure Plan Reservation · Aegean Foods S.A. Failed" in odd
    assert "Perhaps bought" in odd
    assert "Being checked with Microsoft" in odd
    assert "Ending one" not in odd
    assert "in 8 days" in section(answer, "Expiring in 30 days")


def test_it_shows_the_latest_orders(client, sign_in, world):
    order = OrderFactory(account=world.direct)
    OrderFactory(account=world.customer)
    sign_in(world.user_of(world.direct))

    answer = client.get("/")

    links = [a["href"] for a in page(answer).select(".rows a")]
    assert links == [f"/orders/{order.id}/"]
    assert "Executed" in section(answer, "Recent orders")


def test_with_nothing_to_tell_it_is_calm(client, sign_in, world):
    sign_in(world.user_of(world.direct))

    answer = client.get("/")

    assert "Not complete yet" not in answer.text
    assert "Nothing ends in the next 30 days." in answer.text
    assert "No orders yet." in answer.text


def test_somebody_elses_assets_are_not_told(client, sign_in, world):
    ReservationFactory(account=world.customer, name="Refused one", failed=True)
    sign_in(world.user_of(world.direct))

    assert "Refused one" not in client.get("/").text


def test_it_costs_few_statements(client, sign_in, at_most, world):
    ReservationFactory(account=world.customer, failed=True)
    OrderFactory(account=world.customer)
    sign_in(world.user_of(world.reseller))

    with at_most(6):
        client.get("/")
