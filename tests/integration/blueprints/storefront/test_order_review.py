"""The review page and buying from it, as a browser without script does."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.assets import SubscriptionStatus
from app.domain.orders import OrderStatus
from app.models import Asset, Purchase
from tests.factories import NOW, UserFactory
from tests.integration.services.buyers import Marketplace, change, rows
from tests.support.html import page, words
from tests.support.order_pages import AGREED, hidden_fields, review_url, stored_order


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def user(market, sign_in):
    """A buyer of the reseller's customer, signed in."""
    user = UserFactory(account=market.customer, role=Role.BUYER, name="Giorgos Dimas")
    sign_in(user)
    return user


@pytest.fixture
def quoted(app, market, user):
    """The review page of seven reservations."""
    return review_url(app, market, user)


def prices(soup):
    lines = soup.select(".price-lines > *")
    return [
        (words(term), words(amount)) for term, amount in zip(lines[::2], lines[1::2], strict=True)
    ]


def test_the_review_shows_how_the_total_comes_about(client, market, user, app):
    change(market.prices, discount_percent=Decimal("12.5"))

    found = page(client.get(review_url(app, market, user)))

    assert words(found.h1) == "Review your order"
    assert prices(found) == [
        ("7 \N{MULTIPLICATION SIGN} €123.45", "€864.15"),
        ("Discount 12.5%", "\N{MINUS SIGN}€108.02"),
        ("Excl. VAT", "€756.13"),
        ("VAT 24%", "€181.47"),
        ("To pay once", "€937.60"),
    ]
    assert words(found.select_one("form button.primary")) == "Buy for €937.60"


def test_the_review_says_what_for_whom_and_until_when(client, market, quoted):
    text = words(page(client.get(quoted)).main)

    assert market.sku.title in text
    assert "7 instances" in text
    assert "Scope Shared" in text
    assert market.customer.name in text
    assert f"SUB-{market.plan.number:05d}" in text
    assert f"Runs until {NOW.day} {NOW:%b} {NOW.year + 1}" in text
    assert "Microsoft charges the full term now." in text


def test_a_reseller_also_sees_what_its_customer_pays(client, market, sign_in, app):
    change(market.customer, markup=Decimal(10))
    buyer = UserFactory(account=market.reseller)
    sign_in(buyer)

    text = words(page(client.get(review_url(app, market, buyer))).main)

    assert "Their unit price, excl. VAT €135.80" in text
    assert "Your margin" in text


def test_a_customer_never_sees_what_its_reseller_pays(client, market, app, sign_in):
    change(market.customer, markup=Decimal(10))
    buyer = UserFactory(account=market.customer)
    sign_in(buyer)

    text = client.get(review_url(app, market, buyer)).text

    assert "€135.80" in text
    assert "123.45" not in text
    assert "margin" not in text


def test_change_leads_back_with_everything_chosen(client, market, quoted):
    link = page(client.get(quoted)).select_one("#what-title + a")

    back = page(client.get(link["href"]))

    assert back.find(id="quantity")["value"] == "7"
    assert market.sku.title in words(back.main)


def test_a_viewer_may_neither_review_nor_buy(client, quoted, market, sign_in):
    sign_in(UserFactory(account=market.customer, role=Role.VIEWER))
    token = page(client.get("/")).select_one("[name=csrf_token]")["value"]

    assert client.get(quoted).status_code == 403
    assert client.post(quoted, data={"csrf_token": token, **AGREED}).status_code == 403
    assert stored_order(quoted).status is OrderStatus.QUOTED


def test_buying_leads_to_the_order_with_its_asset(client, market, quoted):
    bought = client.post_form(quoted, {**AGREED, "buyer_reference": " PO-17 "})

    assert bought.status_code == 303
    found = page(client.get(bought.location))
    order = stored_order(quoted)
    asset = rows(Asset)[0]
    text = words(found.main)
    assert words(found.h1) == f"Order ORD-{order.number:06d}"
    assert f"AST-{asset.number:06d}" in text
    assert "In progress" in text
    assert "PO-17" in text
    assert "Placed by Giorgos Dimas" in text
    assert ("VAT 24%", "€207.40") in prices(found)


def test_the_badge_of_a_new_asset_asks_for_its_state_until_it_is_final(client, quoted):
    bought = client.post_form(quoted, AGREED)

    badge = page(client.get(bought.location)).select_one("[hx-get*=sync-status]")

    assert client.partial(badge["hx-get"]).status_code == 200
    assert badge["hx-trigger"] == "every 2s"


def test_the_box_must_be_ticked(client, quoted):
    answer = client.post_form(quoted, {"buyer_reference": "PO-17"})

    found = page(answer)
    assert answer.status_code == 422
    assert "then tick this box" in words(found.find(id="agrees-error"))
    assert found.find(id="buyer_reference")["value"] == "PO-17"
    assert stored_order(quoted).status is OrderStatus.QUOTED


def test_a_reference_that_is_too_long_is_told_at_its_field(client, quoted):
    answer = client.post_form(quoted, {**AGREED, "buyer_reference": "x" * 101})

    assert answer.status_code == 422
    assert words(page(answer).find(id="buyer_reference-error")) == "Use at most 100 characters."


def test_pressing_twice_is_one_purchase(client, quoted):
    hidden = hidden_fields(client.get(quoted))

    answers = [client.post(quoted, data={**hidden, **AGREED}) for _ in range(2)]

    assert len({answer.location for answer in answers}) == 1
    assert len(rows(Asset)) == len(rows(Purchase)) == 1


def test_going_back_after_buying_leads_to_the_order(client, quoted):
    client.post_form(quoted, AGREED)

    found = page(client.get(quoted))

    assert "This order was placed" in words(found.main)
    assert found.find("button", string=lambda text: text and "Buy" in text) is None


def test_what_changed_in_another_tab_must_be_read_before_it_is_bought(client, app, market, user):
    token = uuid4()
    url = review_url(app, market, user, quantity=1, form_token=token)
    hidden = hidden_fields(client.get(url))
    review_url(app, market, user, quantity=50, form_token=token)

    answer = client.post(url, data={**hidden, **AGREED})

    found = page(answer)
    assert answer.status_code == 422
    assert "changed in another window" in words(found.find(id="error-summary"))
    assert ("50 \N{MULTIPLICATION SIGN} €123.45", "€6,172.50") in prices(found)
    assert not found.find(id="agrees").has_attr("checked")
    assert rows(Asset) == []


def test_prices_that_are_no_longer_held_must_be_reviewed_again(client, quoted):
    hidden = hidden_fields(client.get(quoted))
    order = change_order(quoted, quote_ends_at=NOW - dt.timedelta(hours=1))

    shown = page(client.get(quoted))
    hidden["held_until"] = order.quote_ends_at.isoformat()
    answer = client.post(quoted, data={**hidden, **AGREED})

    assert "no longer held" in words(shown.main)
    assert shown.find("button", string=lambda text: text and "Buy" in text) is None
    assert answer.status_code == 422
    assert "The prices were held until" in words(page(answer).find(id="error-summary"))
    assert rows(Asset) == []


def change_order(url, **values):
    order = stored_order(url)
    change(order, **values)
    return order


def test_a_plan_suspended_meanwhile_is_told(client, market, quoted):
    change(market.plan, status=SubscriptionStatus.SUSPENDED)

    answer = client.post_form(quoted, AGREED)

    assert answer.status_code == 422
    assert "The Azure plan is suspended." in words(page(answer).find(id="error-summary"))


def test_a_customer_whose_reseller_hides_prices_buys_without_seeing_amounts(client, market, quoted):
    change(market.customer, hides_prices=True)

    review = client.get(quoted)
    bought = client.post_form(quoted, AGREED)
    pages = [review, client.get(bought.location), client.get("/orders/")]

    assert words(page(review).select_one("form button.primary")) == "Buy"
    assert all("€" not in answer.text for answer in pages)


def test_a_missing_customer_agreement_is_said_before_the_order_and_not_after(
    client, market, quoted
):
    read_before = client.get(quoted)
    change(market.customer, has_microsoft_agreement=False)

    found = page(client.get(quoted))

    assert "has not accepted the Microsoft Customer Agreement" in words(found.main)
    assert not found.select("main form button.primary")
    answer = client.post(quoted, data=hidden_fields(read_before) | AGREED)
    assert answer.status_code == 422
    assert "Have it accepted in Partner Center" in words(page(answer).main)
    assert rows(Asset) == []
