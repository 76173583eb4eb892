"""The badge that watches a purchase: it asks while there is something to wait for, then stops."""

import datetime as dt
from uuid import uuid4

import pytest

from app.domain.purchase import PurchaseState
from app.models import PurchaseEvent
from tests import factories
from tests.factories import NOW, PurchaseFactory, ReservationFactory, SoftwareSubscriptionFactory
from tests.support.html import page, words

RESERVATIONS = "/billing/assets/reservations/"
SOFTWARE = "/billing/assets/software-subscriptions/"


def add_event(purchase, at):
    factories.session.add(
        PurchaseEvent(
            purchase_id=purchase.id,
            account_id=purchase.account_id,
            tenant_id=purchase.tenant_id,
            at=at,
            event="queued",
            state=purchase.state,
            actor="a test",
        )
    )
    factories.session.commit()


def badge(response):
    return page(response).select_one("#sync-status")


@pytest.mark.parametrize("list_url", [RESERVATIONS, SOFTWARE])
def test_whoever_is_not_signed_in_is_asked_to(client, list_url):
    answer = client.partial(f"{list_url}{uuid4()}/sync-status")

    assert answer.status_code == 401
    assert "/login" in answer.headers["HX-Redirect"]


def test_it_exists_for_its_owner_and_its_kind_only(client, sign_in, world):
    asset = ReservationFactory(account=world.direct)
    sign_in(world.user_of(world.direct))
    assert client.partial(f"{RESERVATIONS}{asset.id}/sync-status").status_code == 200
    assert client.partial(f"{SOFTWARE}{asset.id}/sync-status").status_code == 404

    sign_in(world.user_of(world.customer))
    assert client.partial(f"{RESERVATIONS}{asset.id}/sync-status").status_code == 404


def test_what_is_under_way_is_asked_for_every_two_seconds(client, sign_in, world):
    asset = SoftwareSubscriptionFactory(account=world.direct, purchase_state=PurchaseState.QUEUED)
    add_event(PurchaseFactory(asset=asset, state=PurchaseState.QUEUED), dt.datetime.now(dt.UTC))
    sign_in(world.user_of(world.direct))
    url = f"{SOFTWARE}{asset.id}/sync-status"

    for answer in (client.get(f"{SOFTWARE}{asset.id}/"), client.partial(url)):
        assert badge(answer)["hx-get"] == url
        assert badge(answer)["hx-trigger"] == "every 2s"
        assert badge(answer)["hx-swap"] == "outerMorph"
        assert badge(answer)["role"] == "status"
        assert words(badge(answer)) == "In progress"


def test_after_half_a_minute_of_silence_it_asks_every_ten_seconds(client, sign_in, world):
    asset = ReservationFactory(account=world.direct, purchase_state=PurchaseState.UNKNOWN)
    purchase = PurchaseFactory(asset=asset, state=PurchaseState.UNKNOWN)
    add_event(purchase, NOW - dt.timedelta(seconds=31))
    sign_in(world.user_of(world.direct))

    answer = client.partial(f"{RESERVATIONS}{asset.id}/sync-status")

    assert badge(answer)["hx-trigger"] == "every 10s"
    assert words(badge(answer)) == "Being checked with Microsoft"


@pytest.mark.parametrize("state", [PurchaseState.SYNCHRONIZED, PurchaseState.FAILED])
def test_what_is_final_stops_asking_and_leads_to_what_changed(client, sign_in, world, state):
    asset = ReservationFactory(account=world.direct, purchase_state=state)
    sign_in(world.user_of(world.direct))

    answer = client.partial(f"{RESERVATIONS}{asset.id}/sync-status")

    assert "hx-get" not in badge(answer).attrs
    assert badge(answer).a["href"] == f"{RESERVATIONS}{asset.id}/"
    assert badge(client.get(f"{RESERVATIONS}{asset.id}/")).a is None


def test_opened_as_a_page_it_leads_to_the_asset(client, sign_in, world):
    asset = ReservationFactory(account=world.direct)
    sign_in(world.user_of(world.direct))

    answer = client.get(f"{RESERVATIONS}{asset.id}/sync-status")

    assert answer.status_code == 303
    assert answer.location == f"{RESERVATIONS}{asset.id}/"


def test_a_look_costs_two_statements(client, sign_in, at_most, world):
    asset = ReservationFactory(account=world.direct)
    sign_in(world.user_of(world.direct))

    with at_most(2):
        client.partial(f"{RESERVATIONS}{asset.id}/sync-status")
