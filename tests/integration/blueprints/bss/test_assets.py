"""Assets of every account: columns, views, filters, search, sort, pages, file."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest

from app.domain.access import Role
from app.domain.purchase import PurchaseState
from tests import factories
from tests.factories import (
    NOW,
    AccountFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    UserFactory,
)
from tests.support.back_office import ASSETS, SUSPENDED, heads, names, staff, title
from tests.support.html import page, words
from tests.support.spreadsheet import quoted_texts, records


def tabs(answer):
    return [words(link) for link in page(answer).select(".tabs a")]


def current_tab(answer):
    return words(page(answer).select_one(".tabs [aria-current]"))


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get(ASSETS).location.startswith("/login")


def test_customers_find_nothing_there(client, sign_in):
    sign_in(UserFactory())

    assert client.get(ASSETS).status_code == 404


def test_the_columns_and_one_row(bss, office):
    office.reservation(
        quantity=7, buying_unit_price=Decimal("123.45"), discount_percent=Decimal("12.5")
    )

    answer = bss.get(ASSETS)

    assert title(answer) == "Assets"
    assert heads(answer) == [
        "Name",
        "Account",
        "Reseller",
        "Product",
        "Status",
        "Provisioning Sync Status",
        "Quantity",
        "Billing Frequency",
        "Asset Total Amount",
        "Purchase Date",
        "Expiration Date",
    ]
    row = [words(cell) for cell in page(answer).select("tbody td")]
    assert row[1:9] == [
        "Aegean Foods S.A.",
        "Northwind Cloud",
        "Azure Plan Reserved Instances",
        "Active",
        "Synchronized",
        "7",
        "One-Time",
        "€756.13",
    ]


def test_the_tabs_count_and_choose(bss, office):
    office.reservation(name="Active one")
    office.reservation(name="Expired one", expired=True)
    office.failed(name="Failed one")

    everything = bss.get(ASSETS)
    failed = bss.get(f"{ASSETS}?sync=failed")

    assert tabs(everything) == [
        "Active 2",
        "Expired 1",
        "Cancelled 0",
        "Failed provisioning 1",
        "All 3",
    ]
    assert current_tab(everything) == "All 3"
    assert current_tab(failed) == "Failed provisioning 1"
    assert names(failed) == ["Failed one"]
    assert SUSPENDED in words(page(failed).tbody)
    assert names(bss.get(f"{ASSETS}?status=expired")) == ["Expired one"]


def test_what_is_being_checked_is_not_among_the_failed(bss, office):
    office.reservation(name="Perhaps bought", purchase_state=PurchaseState.UNKNOWN)

    assert names(bss.get(f"{ASSETS}?sync=failed")) == []
    assert names(bss.get(f"{ASSETS}?sync=being_checked")) == ["Perhaps bought"]


@pytest.mark.parametrize(
    "attribute", ["reservation_id", "reservation_order_id", "microsoft_order_id"]
)
def test_the_search_finds_every_id_of_microsoft(bss, office, attribute):
    asset = office.reservation(name="Wanted")
    office.reservation(name="Other")
    asset.microsoft_ids = f"{asset.reservation_id} {asset.reservation_order_id}"
    factories.session.commit()

    assert names(bss.get(f"{ASSETS}?q={getattr(asset, attribute).upper()}")) == ["Wanted"]


def test_the_search_finds_names_and_accounts_and_takes_signs_as_they_are(bss, office):
    office.reservation(name="100%_sure")
    ReservationFactory(name="Another", account=AccountFactory(name="Kalamata Estates"))

    assert names(bss.get(f"{ASSETS}?q=kalamata")) == ["Another"]
    assert names(bss.get(f"{ASSETS}?q=100%25_")) == ["100%_sure"]
    nothing = bss.get(f"{ASSETS}?q=%3Cscript%3E")
    assert "No assets match “&lt;script&gt;”" in nothing.text


def test_filters_by_kind_account_reseller_and_expiry(bss, office):
    office.reservation(name="Mine", expires_on=(NOW + dt.timedelta(days=5)).date())
    SoftwareSubscriptionFactory(name="Software", account=AccountFactory())

    assert names(bss.get(f"{ASSETS}?kind=software_subscription")) == ["Software"]
    assert names(bss.get(f"{ASSETS}?expiring=30")) == ["Mine"]
    by_account = bss.get(f"{ASSETS}?account={office.customer.id}")
    assert names(by_account) == ["Mine"]
    assert "Account: Aegean Foods S.A." in by_account.text
    by_reseller = bss.get(f"{ASSETS}?reseller={office.reseller.id}")
    assert names(by_reseller) == ["Mine"]
    assert "Reseller: Northwind Cloud" in by_reseller.text
    assert tabs(by_reseller)[-1] == "All 1"


def test_what_ends_soon_comes_with_the_first_to_end_first(bss, office):
    for days in (9, 3, 20):
        ends_on = (NOW + dt.timedelta(days=days)).date()
        office.reservation(name=f"In {days} days", expires_on=ends_on)

    soon = names(bss.get(f"{ASSETS}?expiring=30"))

    assert soon == ["In 3 days", "In 9 days", "In 20 days"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["A", "B", "C"]),
        ("-name", ["C", "B", "A"]),
        ("total", ["C", "A", "B"]),
        ("expires", ["B", "C", "A"]),
        ("-purchased", ["C", "B", "A"]),
    ],
)
def test_columns_sort(bss, office, sort, expected):
    for number, (name, price, days) in enumerate([("A", 20, 90), ("B", 30, 50), ("C", 10, 70)]):
        office.reservation(
            name=name,
            buying_unit_price=Decimal(price),
            expires_on=(NOW + dt.timedelta(days=days)).date(),
            purchased_at=NOW + dt.timedelta(minutes=number),
        )

    answer = bss.get(f"{ASSETS}?sort={sort}")

    assert names(answer) == expected
    assert page(answer).select_one("th[aria-sort]")


@pytest.mark.parametrize(
    "query",
    [
        "status=gone",
        "sync=x",
        "kind=x",
        "sort=colour",
        "account=x",
        "reseller=1%00",
        "page=0",
        "per_page=3",
        "after=x",
        "before=%ff",
        "format=pdf",
        "expiring=7",
    ],
)
def test_unknown_values_are_ignored_with_a_notice(bss, office, query):
    office.reservation()

    answer = bss.get(f"{ASSETS}?{query}")

    assert answer.status_code == 200
    assert len(names(answer)) == 1
    assert "was not understood and is ignored" in answer.text


def test_pages_have_no_gaps_and_no_doubles(bss, office):
    for number in range(53):
        office.reservation(name=f"Reservation {number:02}")

    answer, found = bss.get(f"{ASSETS}?per_page=25&sort=name"), []
    found += names(answer)
    while link := page(answer).find("a", rel="next"):
        answer = bss.get(link["href"])
        found += names(answer)

    assert found == [f"Reservation {number:02}" for number in range(53)]
    assert names(bss.get(f"{ASSETS}?per_page=25&sort=name&page=3")) == found[50:]


def test_the_file_holds_exactly_what_the_filter_shows(bss, office):
    office.failed(name="=HYPERLINK(1)")
    office.reservation(name="Other")

    answer = bss.get(f"{ASSETS}?sync=failed&format=csv")

    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="assets.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 1
    assert rows[0]["Name"] == "'=HYPERLINK(1)"
    assert rows[0]["Account"] == "Aegean Foods S.A."
    assert rows[0]["Provisioning Sync Status"] == "Failed"
    assert rows[0]["Reason"] == SUSPENDED
    assert (rows[0]["Currency"], rows[0]["Asset Total Amount (excl. VAT)"]) == ("EUR", "1200.00")


def test_the_spreadsheet_holds_exactly_what_the_filter_shows(bss, office):
    office.failed(
        name="=HYPERLINK(1)",
        quantity=7,
        buying_unit_price=Decimal("123.45"),
        discount_percent=Decimal("12.5"),
    )
    office.reservation(name="Other")

    answer = bss.get(f"{ASSETS}?sync=failed&format=xlsx")

    assert "assets.xlsx" in answer.headers["Content-Disposition"]
    (row,) = records(answer.data)
    assert row["Name"] == "=HYPERLINK(1)"
    assert quoted_texts(answer.data) == ["=HYPERLINK(1)"]
    assert row["Asset Total Amount (EUR, excl. VAT)"] == 756.13


def test_a_file_has_every_page_of_the_list(bss, office):
    for number in range(7):
        office.reservation(name=f"Reservation {number}")

    answer = bss.get(f"{ASSETS}?sort=name&per_page=25&page=2&format=csv")

    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["Name"] for row in rows] == [f"Reservation {number}" for number in range(7)]


def test_no_cost_reaches_whoever_may_not_know_it(client, sign_in, office):
    message = "Microsoft's price changed from 112.2273 EUR to 120 EUR."
    office.failed(code="price_changed", message=message)

    sign_in(staff(Role.STAFF_SUPPORT))
    seen = client.get(f"{ASSETS}?sync=failed").text + client.get(f"{ASSETS}?format=csv").text
    assert "112.2273" not in seen
    assert "price changed" in seen

    sign_in(staff())
    assert "112.2273" in client.get(f"{ASSETS}?sync=failed").text


def test_htmx_gets_the_table_alone(bss, office):
    assert bss.partial(ASSETS).text.lstrip().startswith('<section id="asset-table"')


def test_an_empty_list_says_what_will_be_there(bss):
    assert "No assets yet" in bss.get(ASSETS).text


@pytest.mark.parametrize("query", ["", "?q=reserved", "?sync=failed"])
def test_at_most_six_statements(bss, office, at_most, query):
    for _ in range(30):
        office.failed()

    with at_most(6):
        bss.get(f"{ASSETS}{query}")
