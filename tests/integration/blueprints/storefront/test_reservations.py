"""Reservations: the list with its columns and prices for each audience, and the view."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest

from app.domain.access import Role
from app.domain.purchase import PurchaseState
from app.models import MarketplaceOptions
from app.services import overview
from tests import factories
from tests.factories import (
    NOW,
    PurchaseFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    UserFactory,
)
from tests.support.html import page, words
from tests.support.ids import NOBODYS_ID
from tests.support.spreadsheet import records
from tests.support.storefront_world import EXAMPLE, SECRETS

LIST = "/billing/assets/reservations/"


def view_of(asset):
    return f"{LIST}{asset.id}/"


def heads(response):
    return [words(th) for th in page(response).select("thead th")]


def cells(response):
    return [words(td) for td in page(response).select("tbody tr")[0].select("td")]


def names(response):
    return [words(link) for link in page(response).select("tbody a.row")]


@pytest.mark.parametrize("path", [LIST, f"{LIST}{NOBODYS_ID}/"])
def test_whoever_is_not_signed_in_is_asked_to(client, path):
    answer = client.get(path)

    assert answer.status_code == 303
    assert answer.location.startswith("/login")


def test_staff_are_told_that_the_storefront_is_for_customers(client, sign_in):
    sign_in(UserFactory(staff=True))

    assert client.get(LIST).status_code == 403


def test_somebody_elses_reservation_does_not_exist(client, sign_in, world):
    asset = world.example()
    sign_in(world.user_of(world.direct))

    assert client.get(view_of(asset)).status_code == 404
    assert names(client.get(LIST + "?status=all")) == []


def test_a_software_subscription_is_no_reservation(client, sign_in, world):
    asset = SoftwareSubscriptionFactory(account=world.direct)
    sign_in(world.user_of(world.direct))

    assert client.get(view_of(asset)).status_code == 404


def test_a_customer_sees_the_columns_without_one_for_customers(client, sign_in, world):
    world.example()
    sign_in(world.user_of(world.customer))

    answer = client.get(LIST)

    assert heads(answer) == [
        "Reservations",
        "Unit Price",
        "Billing Frequency",
        "Discount",
        "Total Amount",
    ]
    name, unit_price, frequency, discount, total = cells(answer)
    assert name.startswith(EXAMPLE)
    assert unit_price == "€123.45 \N{MULTIPLICATION SIGN} 7"
    assert (frequency, discount, total) == ("One-Time", "12.5%", "€756.13")


def test_a_reseller_sees_whose_each_is_and_its_own_price(client, sign_in, world):
    world.example()
    sign_in(world.user_of(world.reseller))

    answer = client.get(LIST)

    assert heads(answer)[:2] == ["Reservations", "Customer"]
    assert cells(answer)[1:3] == ["Aegean Foods S.A.", "€111.11 \N{MULTIPLICATION SIGN} 7"]
    assert "€123.45" not in answer.text


def test_with_vat_the_total_comes_from_the_net_total(client, sign_in, world):
    world.example()
    sign_in(world.user_of(world.customer))

    answer = client.get(LIST + "?vat=incl")

    assert cells(answer)[1] == "€153.08 \N{MULTIPLICATION SIGN} 7"
    assert cells(answer)[4] == "€937.60"
    assert "incl. VAT" in words(page(answer).select_one(".sums"))
    assert "€937.60" in words(page(answer).select_one(".sums"))
    assert "prices incl. VAT" in page(answer).caption.text


def test_a_choice_of_vat_is_kept(client, sign_in, world):
    world.example()
    sign_in(world.user_of(world.customer))

    answer = client.post_form("/vat", {"vat": "incl"}, form_at=LIST)

    assert answer.status_code == 303
    assert answer.location == LIST
    assert cells(client.get(LIST))[4] == "€937.60"


def test_where_the_marketplace_decides_nobody_switches(client, sign_in, world):
    world.example()
    factories.session.get_one(MarketplaceOptions, 1).viewers_may_switch_vat = False
    factories.session.commit()
    sign_in(world.user_of(world.customer))

    answer = client.get(LIST + "?vat=incl")

    assert cells(answer)[4] == "€756.13"
    assert page(answer).select('button[name="vat"]') == []
    assert "Prices excl. VAT" in answer.text


@pytest.mark.parametrize("address", [LIST, LIST + "?vat=incl", LIST + "?format=csv", "view"])
def test_an_end_customer_never_sees_cost_nor_its_resellers_price(client, sign_in, world, address):
    asset = world.example()
    PurchaseFactory(asset=asset)
    sign_in(world.user_of(world.customer))

    answer = client.get(view_of(asset) if address == "view" else address)

    assert answer.status_code == 200
    assert [secret for secret in SECRETS if secret in answer.text] == []


def test_hidden_prices_are_nowhere(client, sign_in, world):
    world.customer.hides_prices = True
    factories.session.commit()
    asset = world.example()
    sign_in(world.user_of(world.customer))

    answers = [client.get(path) for path in (LIST + "?sort=total", view_of(asset), "/billing/")]

    for answer in answers:
        assert "€" not in answer.text
    assert "756.13" not in client.get(LIST + "?format=csv").text


def test_active_ones_are_shown_first_and_the_tabs_count_all(client, sign_in, world):
    for changes in ({}, {"expired": True}, {"cancelled": True}):
        ReservationFactory(account=world.direct, name=f"One {changes}", **changes)
    sign_in(world.user_of(world.direct))

    answer = client.get(LIST)

    tabs = [words(tab) for tab in page(answer).select(".tabs a")]
    assert tabs == ["Active 1", "Expired 1", "Cancelled 1", "All 3"]
    assert len(names(answer)) == 1
    assert len(names(client.get(LIST + "?status=all"))) == 3
    assert "Cancelled" in cells(client.get(LIST + "?status=cancelled"))[0]


def test_what_ends_within_30_days_has_a_badge(client, sign_in, world):
    day = (NOW + dt.timedelta(days=20)).date()
    ReservationFactory(account=world.direct, expires_on=day)
    sign_in(world.user_of(world.direct))

    badge = page(client.get(LIST)).select_one("tbody .badge.warn")

    assert words(badge).startswith("Expires ")
    assert badge.time["datetime"] == day.isoformat()


@pytest.mark.parametrize(
    ("state", "label"),
    [
        (PurchaseState.FAILED, "Failed"),
        (PurchaseState.QUEUED, "In progress"),
        (PurchaseState.UNKNOWN, "Being checked with Microsoft"),
    ],
)
def test_what_is_not_synchronized_says_so(client, sign_in, world, state, label):
    ReservationFactory(account=world.direct, purchase_state=state)
    sign_in(world.user_of(world.direct))

    assert label in cells(client.get(LIST))[0]


def test_the_same_address_gives_the_table_alone(client, sign_in, world):
    world.example()
    sign_in(world.user_of(world.customer))

    answer = client.partial(LIST)

    assert answer.text.lstrip().startswith('<section class="card tbl-box" id="reservation-table"')
    assert "HX-Request-Type" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "query",
    [
        "status=nonsense", "sort=nonsense", "sort=--total", "page=0", "page=-1", "page=x", "page=9",
        "page=99999999999999999999", "per_page=7", "per_page=x", "after=x", "before=x", "vat=x",
        "sync=x", "expiring=x", "format=x", "q=%00", "q=%25_%2F'%5C", "q=" + "x" * 500, "count=x",
        "sort=customer", "sort=-customer", "sort=total", "sort=-expires", "sort=name", "q=a+b+c+d",
        "status=all&sync=failed&expiring=soon&q=x&sort=total&page=3&per_page=25&vat=incl",
    ],
)  # fmt: skip
def test_any_query_string_gives_a_page(client, sign_in, world, query):
    world.example()
    for account in (world.customer, world.reseller):
        sign_in(world.user_of(account))

        answer = client.get(f"{LIST}?{query}")

        assert answer.status_code == 200


@pytest.mark.parametrize("query", ["status=nonsense", "sort=nonsense", "page=x", "vat=x"])
def test_what_is_ignored_is_said(client, sign_in, world, query):
    world.example()
    sign_in(world.user_of(world.customer))

    answer = client.get(f"{LIST}?{query}")

    assert query.partition("=")[0] in words(page(answer).select_one(".notice"))
    assert names(answer) == [EXAMPLE]


def test_nothing_bought_yet_is_no_failed_search(client, sign_in, world):
    sign_in(world.user_of(world.direct))

    assert "No reservations yet" in client.get(LIST).text

    ReservationFactory(account=world.direct)
    answer = client.get(LIST + "?q=cosmos")

    assert "No reservations match “cosmos”" in answer.text
    assert "Clear filters" in answer.text


def test_a_file_has_exactly_the_filtered_rows(client, sign_in, world):
    world.example(name="=SUM(A1)")
    world.example(name="Another one")
    world.example(name="Gone", cancelled=True)
    sign_in(world.user_of(world.reseller))

    answer = client.get(LIST + "?format=csv&vat=incl&sort=name")

    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert answer.mimetype == "text/csv"
    assert [row["Reservations"] for row in rows] == ["'=SUM(A1)", "Another one"]
    assert rows[0]["Customer"] == "Aegean Foods S.A."
    assert rows[0]["Total Amount (incl. VAT)"] == "843.88"
    assert rows[0]["Unit Price (incl. VAT)"] == "137.78"
    assert rows[0]["Discount (%)"] == "12.5"
    assert rows[0]["Currency"] == "EUR"


@pytest.mark.parametrize(("vat", "total"), [("excl", 756.13), ("incl", 937.60)])
def test_a_spreadsheet_says_currency_and_vat(client, sign_in, world, vat, total):
    world.example(name="Mine")
    world.example(name="Gone", cancelled=True)
    sign_in(world.user_of(world.customer))

    answer = client.get(LIST + f"?format=xlsx&vat={vat}")

    (row,) = records(answer.data)
    assert row["Reservations"] == "Mine"
    assert "Customer" not in row
    assert row[f"Total Amount (EUR, {vat}. VAT)"] == total


def test_who_may_not_export_gets_no_file(client, sign_in, world):
    sign_in(world.user_of(world.customer, Role.VIEWER))

    assert client.get(LIST + "?format=csv").status_code == 403
    assert "Export CSV" not in client.get(LIST).text


@pytest.mark.parametrize("assets", [10, 500])
def test_the_list_costs_the_same_whatever_there_is(client, sign_in, at_most, world, assets):
    plan = world.example().subscription_id
    factories.session.add_all(
        ReservationFactory.build(
            account=world.customer,
            subscription=None,
            subscription_id=plan,
            product_id=factories.generic_product().id,
            buying_net=Decimal(1200),
            buying_vat=Decimal(288),
            selling_unit_price=Decimal(1300),
            selling_net=Decimal(1300),
            selling_vat=Decimal(312),
        )
        for _ in range(assets)
    )
    factories.session.commit()
    sign_in(world.user_of(world.reseller))

    for address in (LIST, LIST + "?q=standard+aegean&sort=customer"):
        with at_most(6):
            answer = client.get(address)
        assert len(names(answer)) == min(assets + 1, 50)


def test_what_ends_soon_comes_with_the_first_to_end_first_and_is_counted_so_far(
    client, sign_in, monkeypatch
):
    monkeypatch.setattr(overview, "MOST_COUNTED", 2)
    account = factories.AccountFactory()
    for days in (9, 3, 20, 90):
        ends_on = (NOW + dt.timedelta(days=days)).date()
        ReservationFactory(account=account, name=f"In {days} days", expires_on=ends_on)
    SoftwareSubscriptionFactory(account=account, expires_on=NOW.date())
    sign_in(UserFactory(account=account))

    answer = client.get(f"{LIST}?expiring=soon")

    assert names(answer) == ["In 3 days", "In 9 days", "In 20 days"]
    figures = words(page(answer).select_one(".kpis"))
    assert "Expiring in 30 days 2+ Next" in figures
    newest_first = names(client.get(f"{LIST}?expiring=soon&sort=-expires"))
    assert newest_first == ["In 20 days", "In 9 days", "In 3 days"]
