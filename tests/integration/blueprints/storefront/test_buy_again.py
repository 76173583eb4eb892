"""The button that buys again, on an order and on an asset that ends soon, as a browser sends it."""

import datetime as dt

import pytest

from app.domain.access import Role
from app.models import Asset, Order
from app.services.orders import place_order
from tests.factories import NOW, UserFactory, viewer_of
from tests.integration.services.buyers import Marketplace, change, rows
from tests.support.html import page, words


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def user(market, sign_in):
    user = UserFactory(account=market.customer, role=Role.BUYER)
    sign_in(user)
    return user


@pytest.fixture
def placed(app, market, user):
    viewer = viewer_of(user)
    with app.app_context():
        return place_order(viewer, market.quote(viewer, quantity=7))


def button(client, url):
    return page(client.get(url)).select_one("form[action$='/buy-again']")


def press(client, form):
    fields = {field["name"]: field["value"] for field in form.select("input")}
    return client.post(form["action"], data=fields)


def test_an_order_leads_to_the_review_once_for_each_page(client, market, placed):
    form = button(client, f"/orders/{placed.order_id}/")

    answers = [press(client, form) for _ in range(2)]

    review = page(client.get(answers[0].location))
    assert len({answer.location for answer in answers}) == 1
    assert words(review.h1) == "Review your order"
    assert "7 instances" in words(review.main)
    assert len(rows(Order)) == 2
    assert len(rows(Asset)) == 1


def test_an_asset_that_ends_soon_is_bought_again_and_another_offers_nothing(client, placed):
    url = f"/billing/assets/reservations/{placed.asset_ids[0]}/"
    before = button(client, url)
    [asset] = rows(Asset)
    change(asset, expires_on=NOW.date() + dt.timedelta(days=9))

    answer = press(client, button(client, url))

    assert before is None
    assert words(page(client.get(answer.location)).h1) == "Review your order"


def test_what_is_sold_no_more_says_why(client, market, placed):
    change(market.sku, cost=None)

    answer = press(client, button(client, f"/orders/{placed.order_id}/"))

    assert answer.status_code == 422
    assert "does not sell this" in words(page(answer).find(id="error-summary"))
    assert len(rows(Order)) == 1


def test_a_page_without_its_token_buys_nothing(client, placed):
    form = button(client, f"/orders/{placed.order_id}/")
    token = form.find("input", {"name": "csrf_token"})["value"]

    answer = client.post(form["action"], data={"csrf_token": token})

    assert answer.status_code in {303, 422}
    assert len(rows(Asset)) == 1


def test_staff_buy_again_on_behalf(client, placed, sign_in):
    sign_in(UserFactory(staff=True, role=Role.STAFF_ADMINISTRATOR))

    answer = press(client, button(client, f"/bss/sales/orders/{placed.order_id}/"))

    assert answer.location.startswith("/bss/sales/orders/")
    assert words(page(client.get(answer.location)).h1) == "Review your order"


def test_a_viewer_is_offered_nothing(client, market, placed, sign_in):
    sign_in(UserFactory(account=market.customer, role=Role.VIEWER))

    assert button(client, f"/orders/{placed.order_id}/") is None
