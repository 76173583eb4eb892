"""Lists of assets: filter, search, sort, pages, totals, and the indexes that serve them."""

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.database import db, reading
from app.domain.access import Role
from app.domain.assets import AssetKind, AssetStatus, ProvisioningSyncStatus
from app.domain.errors import NotAllowedError
from app.domain.purchase import PurchaseState
from app.services import asset_totals
from app.services.asset_lists import (
    STOREFRONT_SORTS,
    AssetQuery,
    AssetSort,
    export_assets,
    list_assets,
)
from app.services.pages import PageRequest
from tests.factories import (
    NOW,
    AccountFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    UserFactory,
    viewer_of,
)

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def reseller(app):
    return AccountFactory(reseller_account=True, name="Northwind Cloud")


@pytest.fixture
def aegean(reseller):
    return AccountFactory.customer_of(reseller, name="Aegean Foods S.A.")


@pytest.fixture
def helios(reseller):
    return AccountFactory.customer_of(reseller, name="Helios Clinics Ltd")


@pytest.fixture
def customers(aegean, helios):
    return aegean, helios


def seen_by(account, role=Role.ADMINISTRATOR):
    return viewer_of(UserFactory(account=account, role=role))


def staff():
    return viewer_of(UserFactory(staff=True))


def names(found):
    return [row.name for row in found.page.items]


def several(account, count, **changes):
    return [
        ReservationFactory(
            account=account,
            name=f"Reservation {n:02}",
            purchased_at=NOW - dt.timedelta(hours=n),
            buying_unit_price=Decimal(100 + n),
            selling_unit_price=Decimal(500 - n),
            **changes,
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("reseller", ["Of Aegean", "Of Helios"]),
        ("aegean", ["Of Aegean"]),
        ("direct", ["Of Kalamata"]),
        ("staff", ["Of Aegean", "Of Helios", "Of Kalamata"]),
    ],
)
@pytest.mark.parametrize("walls", ["both", "the query's own"])
def test_everybody_sees_what_is_theirs(reseller, customers, who, sees, walls, request):
    aegean, helios = customers
    direct = AccountFactory(name="Kalamata Estates")
    accounts = {"reseller": reseller, "aegean": aegean, "direct": direct}
    for account in (aegean, helios, direct):
        ReservationFactory(account=account, name=f"Of {account.name.split()[0]}")
    viewer = staff() if who == "staff" else seen_by(accounts[who])
    if walls != "both":
        request.getfixturevalue("no_walls")

    found = list_assets(viewer, AssetQuery(sort=AssetSort.NAME, descending=False))

    assert names(found) == sees
    assert sorted(row.name for row in export_assets(viewer, AssetQuery()).rows) == sees


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": AssetKind.SOFTWARE_SUBSCRIPTION}, ["Software"]),
        ({"status": AssetStatus.EXPIRED}, ["Over"]),
        ({"sync_status": ProvisioningSyncStatus.FAILED}, ["Refused"]),
        ({"is_expiring": True}, ["Ending"]),
    ],
)
def test_filters_and_their_totals_agree(aegean, changes, expected):
    ReservationFactory(account=aegean, name="Over", expired=True)
    ReservationFactory(account=aegean, name="Refused", failed=True)
    ReservationFactory(
        account=aegean, name="Ending", expires_on=(NOW + dt.timedelta(days=30)).date()
    )
    SoftwareSubscriptionFactory(account=aegean, name="Software")

    found = list_assets(staff(), AssetQuery(**changes))

    assert names(found) == expected
    assert found.page.total == 1
    assert [total.assets for total in found.sums] == [1]
    assert found.sums[0].total.gross == Decimal("1488.00")


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("d2S_V5", ["Standard_D2s_v5"]),
        ("standard", ["Standard_D2s_v5", "Standard_E8s_v5"]),
        ("ast-000001", ["Standard_D2s_v5"]),
        ("helios", ["Standard_E8s_v5"]),
        ("standard HELIOS", ["Standard_E8s_v5"]),
        ("standard nobody", []),
        ("100%", ["100% σύννεφο / one"]),
        ("σύννεφο /", ["100% σύννεφο / one"]),
        ("%", ["100% σύννεφο / one"]),
        ("\0", ["100% σύννεφο / one", "Standard_D2s_v5", "Standard_E8s_v5"]),
        ("'; --", []),
    ],
)
def test_search_looks_in_names_numbers_ids_and_customers(reseller, aegean, helios, q, expected):
    ReservationFactory(account=aegean, name="Standard_D2s_v5", microsoft_order_id="ABC-1")
    ReservationFactory(account=helios, name="Standard_E8s_v5")
    ReservationFactory(account=aegean, name="100% σύννεφο / one")

    query = AssetQuery(q=q, sort=AssetSort.NAME, descending=False)
    found = list_assets(seen_by(reseller), query)

    assert names(found) == expected
    assert found.page.total == len(expected)


def test_an_order_id_of_microsoft_finds_its_asset(aegean):
    ReservationFactory(account=aegean, microsoft_order_id="Oid-77")
    ReservationFactory(account=aegean)

    assert list_assets(seen_by(aegean), AssetQuery(q="oid-77")).page.total == 1


@pytest.mark.parametrize("sort", AssetSort)
@pytest.mark.parametrize("descending", [True, False])
def test_pages_by_key_and_by_number_give_every_row_once(reseller, aegean, helios, sort, descending):
    several(aegean, 30)
    several(helios, 25, expires_on=None)
    assert_each_row_once(
        seen_by(reseller) if sort in STOREFRONT_SORTS else staff(),
        AssetQuery(sort=sort, descending=descending),
    )


@pytest.mark.parametrize("sort", AssetSort)
@pytest.mark.parametrize("descending", [True, False])
def test_so_do_those_of_what_ends_soon(reseller, aegean, helios, sort, descending):
    soon = NOW.date() + dt.timedelta(days=12)
    several(aegean, 30, expires_on=soon)
    several(helios, 25, expires_on=soon - dt.timedelta(days=1))
    several(helios, 3, expires_on=None)
    assert_each_row_once(staff(), AssetQuery(sort=sort, descending=descending, is_expiring=True))


def assert_each_row_once(viewer, query):
    whole = [row.id for row in list_assets(viewer, by_page(query, size=100)).page.items]
    first = list_assets(viewer, by_page(query, size=25)).page
    second = list_assets(viewer, by_page(query, size=25, after=first.next)).page
    third = list_assets(viewer, by_page(query, size=25, after=second.next)).page

    assert len(whole) == len(set(whole)) == 55
    assert [row.id for page in (first, second, third) for row in page.items] == whole
    assert third.next is None
    back = list_assets(viewer, by_page(query, size=25, before=third.previous)).page
    assert [row.id for row in back.items] == [row.id for row in second.items]
    by_number = list_assets(viewer, by_page(query, size=25, number=2)).page
    assert [row.id for row in by_number.items] == [row.id for row in second.items]


def test_a_file_goes_on_after_its_request_and_holds_no_transaction_open(reseller, aegean):
    several(aegean, 130)

    rows = export_assets(seen_by(reseller), AssetQuery()).rows
    first = next(rows)
    db.session.remove()  # as the end of a request does, while the file is still being sent
    found = {row.id for row in (first, *rows)}

    assert len(found) == 130
    assert not db.session().in_transaction()


def by_page(query, **wanted):
    return replace(query, page=PageRequest(**wanted))


def test_each_audience_sorts_by_the_price_it_sees(reseller, aegean):
    several(aegean, 3)
    query = AssetQuery(sort=AssetSort.TOTAL, descending=False)

    assert names(list_assets(seen_by(reseller), query))[0] == "Reservation 00"
    assert names(list_assets(seen_by(aegean), query))[0] == "Reservation 02"


def test_hidden_prices_are_not_told_by_the_order_either(reseller):
    customer = AccountFactory.customer_of(reseller, hides_prices=True)
    several(customer, 3)
    query = AssetQuery(sort=AssetSort.TOTAL, descending=False)

    found = list_assets(seen_by(customer), query)

    assert names(found) == ["Reservation 02", "Reservation 01", "Reservation 00"]
    assert found.hides_prices
    assert found.sums is None
    assert found.active_sums is None
    assert {row.price for row in found.page.items} == {None}


def test_currencies_are_never_added(aegean):
    ReservationFactory(account=aegean, buying_unit_price=Decimal(100))
    ReservationFactory(account=aegean, buying_unit_price=Decimal(70), currency="USD")

    for q in ("", "reserved"):
        found = list_assets(staff(), AssetQuery(q=q))

        assert [(each.currency, each.total.net) for each in found.sums] == [
            ("EUR", Decimal(100)),
            ("USD", Decimal(70)),
        ]


def test_rows_add_up_to_the_sum(aegean):
    for n in range(5):
        ReservationFactory(
            account=aegean,
            quantity=7,
            discount_percent=Decimal("12.5"),
            selling_unit_price=Decimal("123.45") + n,
        )

    found = list_assets(seen_by(aegean), AssetQuery())

    assert found.sums[0].total.gross == sum(row.price.total.gross for row in found.page.items)


def test_a_search_stops_counting_unless_asked(aegean, monkeypatch):
    monkeypatch.setattr(asset_totals, "MOST_COUNTED", 3)
    monkeypatch.setattr("app.services.asset_lists.MOST_COUNTED", 3)
    several(aegean, 5)
    viewer = seen_by(aegean)

    capped = list_assets(viewer, AssetQuery(q="reservation"))
    exact = list_assets(viewer, AssetQuery(q="reservation", counts_exactly=True))

    assert (capped.page.total, capped.page.is_capped, capped.sums) == (3, True, None)
    assert (exact.page.total, exact.page.is_capped) == (5, False)
    assert exact.sums[0].assets == 5


def test_exactly_as_many_as_are_counted_is_no_more(aegean, monkeypatch):
    monkeypatch.setattr(asset_totals, "MOST_COUNTED", 3)
    monkeypatch.setattr("app.services.asset_lists.MOST_COUNTED", 3)
    several(aegean, 3)

    found = list_assets(seen_by(aegean), AssetQuery(q="reservation"))

    assert (found.page.total, found.page.is_capped, found.sums[0].assets) == (3, False, 3)


def test_a_list_of_one_account_is_that_accounts(aegean, helios):
    several(aegean, 2)
    several(helios, 3)

    found = list_assets(staff(), AssetQuery(account_id=helios.id))

    assert found.page.total == 3
    assert found.by_status[AssetStatus.ACTIVE] == 3


def test_who_may_not_export_does_not(aegean):
    with pytest.raises(NotAllowedError):
        export_assets(seen_by(aegean, Role.BUYER), AssetQuery())


def test_a_list_costs_three_statements_and_a_search_four(aegean, at_most):
    several(aegean, 60)
    viewer = seen_by(aegean)

    with at_most(3):
        list_assets(viewer, AssetQuery(page=PageRequest(number=2)))
    with at_most(4):
        list_assets(viewer, AssetQuery(q="reservation"))


INDEXED = [sort for sort in STOREFRONT_SORTS if sort is not AssetSort.CUSTOMER]


STAFF_ALONE = [AssetSort.SYNC, AssetSort.QUANTITY, AssetSort.FREQUENCY]


@pytest.mark.parametrize(
    ("sort", "who"),
    [
        *((sort, who) for sort in INDEXED for who in ("staff", "reseller", "customer")),
        *((sort, "staff") for sort in STAFF_ALONE),
    ],
)
def test_every_page_is_read_by_an_index(reseller, aegean, at_most, sort, who):
    several(aegean, 60)
    viewer = {"staff": staff, "reseller": lambda: seen_by(reseller)}.get(
        who, lambda: seen_by(aegean)
    )()
    session = reading(viewer.scope)
    session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    session.execute(sa.text("SET LOCAL enable_bitmapscan = off"))
    session.execute(sa.text("SET LOCAL enable_sort = off"))
    plans = []

    @sa.event.listens_for(session.get_bind(), "before_cursor_execute")
    def explain(_connection, cursor, statement, parameters, *_):
        if "LIMIT" in statement and "FROM assets" in statement:
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    try:
        query = AssetQuery(
            kind=AssetKind.RESERVATION, status=AssetStatus.ACTIVE, sort=sort, descending=True
        )
        first = list_assets(viewer, query).page
        list_assets(viewer, AssetQuery(sort=sort, page=PageRequest(after=first.next)))
    finally:
        sa.event.remove(session.get_bind(), "before_cursor_execute", explain)

    assert len(plans) == 2
    # above the limit only the rows of one page are put in order again
    chosen = [plan.partition("Limit")[2] for plan in plans]
    assert all("Index Scan Backward" in plan and "Sort" not in plan for plan in chosen), plans
    assert re.search(r"Index Cond: .*ROW\(", plans[1]), plans[1]


def test_a_purchase_that_is_under_way_counts_as_active(aegean):
    ReservationFactory(account=aegean, purchase_state=PurchaseState.QUEUED)
    ReservationFactory(account=aegean, failed=True)

    found = list_assets(seen_by(aegean), AssetQuery())

    assert found.by_status == {
        AssetStatus.ACTIVE: 2,
        AssetStatus.EXPIRED: 0,
        AssetStatus.CANCELLED: 0,
    }
