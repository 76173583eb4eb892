"""What the seeds say of the storefront, one sentence each: docs/seed-sentences.md has the table."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.models import MarketplaceOptions
from tests import factories
from tests.factories import SoftwareSubscriptionFactory
from tests.support.html import page, words
from tests.support.storefront_world import EXAMPLE

ASSETS = "/billing/assets/"
RESERVATIONS = f"{ASSETS}reservations/"
SOFTWARE = f"{ASSETS}software-subscriptions/"


@pytest.fixture
def as_customer(client, sign_in, world):
    return sign_in(world.user_of(world.customer))


@pytest.fixture
def as_reseller(client, sign_in, world):
    return sign_in(world.user_of(world.reseller))


def columns(client, url=RESERVATIONS):
    """Head of the column → text of its cell in the first row."""
    table = page(client.get(url)).select_one("main table")
    heads = [words(head).split(",")[0] for head in table.select("thead th")]
    return dict(zip(heads, map(words, table.select_one("tbody tr").select("th, td")), strict=True))


def facts(client, url):
    found = page(client.get(url)).select(".dl dt")
    return {words(term): words(term.find_next_sibling("dd")) for term in found}


@pytest.mark.parametrize("who", ["reseller", "customer"])
def test_resellers_and_customers_reach_their_assets_from_the_billing_area(
    client, sign_in, world, who
):
    sign_in(world.user_of(getattr(world, who)))

    billing = page(client.get("/billing/"))

    assert any(link["href"].startswith(ASSETS) for link in billing.select("main a[href]"))


def test_the_active_reservations_link_leads_to_the_list_of_those_purchased(as_customer, world):
    world.example()
    links = page(as_customer.get(ASSETS)).select("main a[href]")

    link = next(each for each in links if "active reservations" in words(each).lower())

    assert EXAMPLE in as_customer.get(link["href"]).text


def test_the_software_subscriptions_link_leads_to_the_list_of_those_purchased(as_customer, world):
    asset = SoftwareSubscriptionFactory(account=world.customer)
    links = page(as_customer.get(ASSETS)).select("main a[href]")

    link = next(each for each in links if "software subscriptions" in words(each).lower())

    assert asset.name in as_customer.get(link["href"]).text


def test_each_reservation_name_is_a_link_to_its_view(as_customer, world):
    asset = world.example()

    link = page(as_customer.get(RESERVATIONS)).find("a", string=lambda text: text == EXAMPLE)

    assert link["href"] == f"{RESERVATIONS}{asset.id}/"
    assert words(page(as_customer.get(link["href"])).h1) == EXAMPLE


def test_the_customer_column_appears_only_to_resellers(client, sign_in, world):
    world.example()

    sign_in(world.user_of(world.reseller))
    assert columns(client)["Customer"] == "Aegean Foods S.A."
    sign_in(world.user_of(world.customer))
    assert "Customer" not in columns(client)


@pytest.mark.parametrize(
    ("shows_vat", "unit_price", "total"),
    [(False, "€123.45", "€756.13"), (True, "€153.08", "€937.60")],
    ids=["without", "with"],
)
def test_unit_price_and_total_are_with_or_without_vat_by_the_marketplace_option(
    as_customer, world, shows_vat, unit_price, total
):
    world.example()
    factories.session.execute(sa.update(MarketplaceOptions).values(shows_vat=shows_vat))
    factories.session.commit()

    row = columns(as_customer)

    assert row["Unit Price"].startswith(unit_price)
    assert row["Total Amount"] == total


def test_the_unit_price_is_the_full_charge_of_one_time(as_customer, world):
    world.example(discount_percent=Decimal(0), quantity=1)

    row = columns(as_customer)

    assert row["Unit Price"].startswith("€123.45")
    assert row["Total Amount"] == "€123.45"


def test_the_billing_frequency_of_each_reservation_is_one_time(as_customer, world):
    asset = world.example()

    assert columns(as_customer)["Billing Frequency"] == "One-Time"
    assert facts(as_customer, f"{RESERVATIONS}{asset.id}/")["Billing Frequency"] == "One-Time"


@pytest.mark.parametrize(
    ("discount", "shown"), [("12.5", "12.5%"), ("0", "\N{EN DASH} No discount")]
)
def test_the_discount_column_is_the_percentage_that_may_or_may_not_be_given(
    as_customer, world, discount, shown
):
    world.example(discount_percent=Decimal(discount))

    assert columns(as_customer)["Discount"] == shown


@pytest.mark.parametrize(
    ("unit_price", "quantity", "discount", "total"),
    [
        ("1200.00", 1, "0", "€1,200.00"),
        ("1200.00", 3, "10", "€3,240.00"),
        ("19.99", 150, "7.5", "€2,773.61"),
        ("486.18", 2, "5", "€923.74"),
    ],
)
def test_the_total_amount_follows_from_quantity_unit_price_and_discount(
    as_customer, world, unit_price, quantity, discount, total
):
    world.example(
        selling_unit_price=Decimal(unit_price),
        quantity=quantity,
        discount_percent=Decimal(discount),
    )

    assert columns(as_customer)["Total Amount"] == total


def test_the_reservation_view_has_every_field_that_the_record_keeps(as_customer, world):
    asset = world.example()

    found = facts(as_customer, f"{RESERVATIONS}{asset.id}/")

    assert {
        *("Name", "Status", "Provisioning Sync Status", "Purchase Date (UTC)", "Product"),
        *("Expiration Date", "Reservation ID", "Reservation Order ID", "Reservation Status"),
        *("Product ID", "Product Title", "Product Details", "Scope", "Subscription"),
        "Billing Frequency",
    } <= set(found)


def test_the_software_view_has_every_field_that_the_record_keeps(as_customer, world):
    asset = SoftwareSubscriptionFactory(account=world.customer)

    found = facts(as_customer, f"{SOFTWARE}{asset.id}/")

    assert {
        *("Name", "Status", "Provisioning Sync Status", "Order ID", "Order ID Alias"),
        *("Software Subscription SKU", "Software Expiration Date", "Software ID"),
    } <= set(found)


def test_an_asset_is_active_expired_or_cancelled(as_customer, world):
    ended = {"expires_on": dt.date(2026, 1, 1)}
    world.example(name="One that is active")
    world.example(name="One that expired", expired=True, **ended)
    world.example(name="One that was cancelled", cancelled=True)

    for status in ("active", "expired", "cancelled"):
        found = page(as_customer.get(f"{RESERVATIONS}?status={status}"))
        assert status in words(found.select_one("tbody")).lower()
