"""Whoever may buy buys, and everyone sees what Microsoft made of it."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.journeys import (
    AEGEAN,
    SOFTWARE_FOR_A_YEAR,
    VM,
    buy_reservation,
    find_in_back_office,
    review_reservation_on_behalf,
    review_software,
    review_software_on_behalf,
)
from tests.e2e.pages.sign_in import SignInPage
from tests.e2e.people import BUYER, DESKTOP, DIRECT, KEYBOARD, NO_SCRIPT, PHONE, RESELLER

RESERVATION_FIELDS = [
    "Expiration Date",
    "Reservation ID",
    "Reservation Order ID",
    "Reservation Status",
    "Product ID",
    "Product Title",
    "Product Details",
    "Scope",
    "Subscription",
    "Purchase Date (UTC)",
]
SOFTWARE_FIELDS = [
    "Order ID",
    "Order ID Alias",
    "Software Subscription SKU",
    "Software Expiration Date",
    "Software ID",
]


def expect_filled(asset, fields):
    for field in fields:
        expect(asset.fact(field)).to_have_text(re.compile(r"\w"))
        expect(asset.fact(field)).not_to_contain_text("Not returned yet")


@pytest.mark.parametrize(
    ("buyer", "customer", "look"),
    [
        pytest.param(RESELLER, AEGEAN, DESKTOP, id="reseller"),
        pytest.param(DIRECT, "", KEYBOARD, id="direct customer by keyboard"),
        pytest.param(BUYER, "", PHONE, id="end customer on a phone", marks=pytest.mark.proof),
    ],
)
def test_a_reservation_is_bought_once_and_seen_in_both_faces(
    page_of, staff_page, sandbox, buyer, customer, look
):
    sandbox.change(order_pending_seconds=2)

    order = buy_reservation(page_of(buyer, **look), customer=customer)
    number = order.asset_number
    asset = order.open_asset()

    expect(asset.title).to_have_text(VM)
    expect(asset.sync_status).to_contain_text("In progress")
    expect(asset.sync_status).to_contain_text("Synchronized")  # by itself, nobody reloads
    expect_filled(asset.show_what_changed(), RESERVATION_FIELDS)
    in_back_office = find_in_back_office(staff_page, number)
    expect_filled(in_back_office, [*RESERVATION_FIELDS, "Order ID", "Order ID Alias"])
    [sold] = sandbox.ledger(f"{number}-")
    expect(in_back_office.fact("Order ID")).to_contain_text(sold["order_id"])
    expect(in_back_office.fact("Order ID Alias")).to_contain_text(sold["alternate_id"])


@pytest.mark.parametrize(
    ("buyer", "customer", "look"),
    [
        pytest.param(RESELLER, AEGEAN, KEYBOARD, id="reseller by keyboard"),
        pytest.param(DIRECT, None, DESKTOP, id="direct customer"),
        pytest.param(BUYER, None, PHONE | NO_SCRIPT, id="no script", marks=pytest.mark.proof),
    ],
)
def test_a_software_subscription_is_bought_once_and_seen_in_both_faces(
    page_of, staff_page, sandbox, buyer, customer, look
):
    order = review_software(page_of(buyer, **look), customer=customer).buy()
    number = order.asset_number
    asset = order.open_asset()

    expect(asset.title).to_have_text(SOFTWARE_FOR_A_YEAR)
    expect(asset.sync_status).to_contain_text("Synchronized")
    expect_filled(asset.open_again(), SOFTWARE_FIELDS)
    expect_filled(find_in_back_office(staff_page, number), SOFTWARE_FIELDS)
    assert len(sandbox.ledger(f"{number}-")) == 1


def test_staff_buy_a_reservation_once_on_behalf_of_an_account(staff_page, sandbox):
    sandbox.change(order_pending_seconds=2)

    review = review_reservation_on_behalf(staff_page)
    expect(review.main).to_contain_text(f"On behalf of {AEGEAN}: nothing is bought")
    order = review.buy()
    number = order.asset_number
    expect(order.fact("Account")).to_have_text(AEGEAN)
    asset = order.open_asset()

    expect(asset.title).to_have_text(VM)
    expect(asset.sync_status).to_contain_text("In progress")
    expect(asset.sync_status).to_contain_text("Synchronized")  # by itself, nobody reloads
    expect_filled(asset.open_again(), [*RESERVATION_FIELDS, "Order ID", "Order ID Alias"])
    [sold] = sandbox.ledger(f"{number}-")
    expect(asset.fact("Order ID")).to_contain_text(sold["order_id"])
    expect(asset.fact("Order ID Alias")).to_contain_text(sold["alternate_id"])


def test_staff_buy_a_software_subscription_once_on_behalf_of_an_account(staff_page, sandbox):
    order = review_software_on_behalf(staff_page).buy()
    number = order.asset_number
    asset = order.open_asset()

    expect(asset.title).to_have_text(SOFTWARE_FOR_A_YEAR)
    expect(asset.sync_status).to_contain_text("Synchronized")
    expect_filled(asset.open_again(), SOFTWARE_FIELDS)
    assert len(sandbox.ledger(f"{number}-")) == 1


def test_a_wrong_password_is_refused_in_plain_words(page):
    sign_in = SignInPage(page).open()

    sign_in.email.fill(RESELLER)
    sign_in.password.fill("not it")
    sign_in.button.click()

    expect(sign_in.problems).to_contain_text("The email or the password is not right.")
    expect(sign_in.email).to_have_value(RESELLER)
