"""Software subscriptions: the same columns, and the view with the seed's fields."""

from decimal import Decimal

import pytest

from app.domain.purchase import PurchaseState
from tests.factories import ReservationFactory, SoftwareSubscriptionFactory, UserFactory
from tests.support.html import page, words
from tests.support.ids import NOBODYS_ID
from tests.support.storefront_world import SECRETS

LIST = "/billing/assets/software-subscriptions/"
PLAN = "Windows Server 2025 Standard - 1 year"


def bought(world, **changes):
    values = {
        "account": world.customer,
        "name": PLAN,
        "quantity": 7,
        "discount_percent": Decimal("12.5"),
        "unit_cost": Decimal("101.7700"),
        "buying_unit_price": Decimal("111.11"),
        "selling_unit_price": Decimal("123.45"),
    }
    return SoftwareSubscriptionFactory(**values | changes)


def view_of(asset):
    return f"{LIST}{asset.id}/"


def facts(response):
    return {words(dt): words(dt.find_next_sibling("dd")) for dt in page(response).select(".dl dt")}


@pytest.mark.parametrize("path", [LIST, f"{LIST}{NOBODYS_ID}/"])
def test_whoever_is_not_signed_in_is_asked_to(client, path):
    assert client.get(path).location.startswith("/login")


def test_staff_have_no_storefront(client, sign_in):
    sign_in(UserFactory(staff=True))

    assert client.get(LIST).status_code == 403


def test_somebody_elses_does_not_exist(client, sign_in, world):
    asset = bought(world)
    sign_in(world.user_of(world.direct))

    assert client.get(view_of(asset)).status_code == 404
    assert page(client.get(LIST + "?status=all")).select("a.row") == []


def test_a_reservation_is_no_software_subscription(client, sign_in, world):
    asset = ReservationFactory(account=world.direct)
    sign_in(world.user_of(world.direct))

    assert client.get(view_of(asset)).status_code == 404


def test_a_reseller_sees_the_columns_with_software_first(client, sign_in, world):
    bought(world, software_subscription_sku="Windows Server 2025 SKU")
    sign_in(world.user_of(world.reseller))

    answer = client.get(LIST)

    assert [words(th) for th in page(answer).select("thead th")] == [
        "Software subscriptions",
        "Customer",
        "Unit Price",
        "Billing Frequency",
        "Discount",
        "Total Amount",
    ]
    cells = [words(td) for td in page(answer).select("tbody td")]
    assert cells[0].startswith(f"{PLAN} Windows Server 2025 SKU · 1 year · expires")
    assert cells[1:3] == ["Aegean Foods S.A.", "€111.11 \N{MULTIPLICATION SIGN} 7"]


def test_an_end_customer_sees_the_selling_price_and_nothing_beneath_it(client, sign_in, world):
    asset = bought(world)
    sign_in(world.user_of(world.customer))

    answers = [client.get(path) for path in (LIST, view_of(asset), LIST + "?format=csv")]

    assert all("756.13" in answer.text for answer in answers)
    assert [s for s in SECRETS for answer in answers if s in answer.text] == []


def test_the_table_alone_is_its_partial(client, sign_in, world):
    bought(world)
    sign_in(world.user_of(world.customer))

    assert 'id="software-subscription-table"' in client.partial(LIST).text[:120]


def test_the_view_has_every_field_of_the_record(client, sign_in, world):
    asset = bought(world, software_subscription_sku="Windows Server 2025 SKU")
    sign_in(world.user_of(world.customer))

    answer = client.get(view_of(asset))

    found = facts(answer)
    assert words(page(answer).h1) == PLAN
    assert found["Name"] == PLAN
    assert found["Status"] == "Active"
    assert found["Provisioning Sync Status"] == "Synchronized"
    assert found["Asset Total Amount"] == "€756.13 excl. VAT"
    assert found["Billing Frequency"] == "One-Time"
    assert found["Order ID"] == asset.microsoft_order_id
    assert found["Order ID Alias"] == asset.microsoft_order_alias
    assert found["Software Subscription SKU"] == "Windows Server 2025 SKU"
    assert found["Software Expiration Date"]
    assert found["Software ID"] == asset.software_id


def test_a_software_id_that_microsoft_has_not_said_is_not_returned_yet(client, sign_in, world):
    asset = bought(world, software_id=None)
    sign_in(world.user_of(world.customer))

    assert facts(client.get(view_of(asset)))["Software ID"] == "Not returned yet"


def test_perpetual_software_never_expires(client, sign_in, world):
    asset = bought(world, term_duration=None, expires_on=None, software_id=None)
    sign_in(world.user_of(world.customer))

    assert facts(client.get(view_of(asset)))["Software Expiration Date"] == "\N{EN DASH}"
    assert "Perpetual · never expires" in words(page(client.get(LIST)).select_one("tbody td"))


def test_what_failed_is_a_badge_in_the_list_and_plain_words_in_the_view(client, sign_in, world):
    asset = bought(world, purchase_state=PurchaseState.FAILED)
    sign_in(world.user_of(world.customer))

    assert "Failed" in words(page(client.get(LIST)).select_one("tbody td"))
    assert "Our staff are on it." in client.get(view_of(asset)).text


@pytest.mark.parametrize("query", ["status=x", "sort=total", "page=7", "after=%FF", "q=%F0%9F"])
def test_any_query_string_gives_a_page(client, sign_in, world, query):
    bought(world)
    sign_in(world.user_of(world.customer))

    assert client.get(f"{LIST}?{query}").status_code == 200


def test_list_and_view_cost_few_statements(client, sign_in, at_most, world):
    asset, *_ = [bought(world) for _ in range(12)]
    sign_in(world.user_of(world.reseller))

    with at_most(6):
        client.get(LIST + "?q=windows")
    with at_most(4):
        client.get(view_of(asset))
