"""What Microsoft lists, as rows of ours."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.assets import AssetKind
from app.integrations.microsoft import CatalogueProduct, CatalogueSku, PriceRow
from app.services.catalogue_rows import FoundSku, newest_prices, sku_rows

TODAY = dt.date(2026, 11, 22)
EARLIER = dt.date(2026, 10, 1)
GENERIC, PLAN = uuid4(), uuid4()


def found(sku_id="0001", *, kind=AssetKind.RESERVATION, segment="commercial", **changes):
    product_id = "DZVM" if kind is AssetKind.RESERVATION else "DGPLAN"
    sku = {
        "id": sku_id,
        "product_id": product_id,
        "title": "Reserved VM Instance",
        "description": "",
        "minimum_quantity": 1,
        "maximum_quantity": 10,
        "purchase_prerequisites": (),
        "attributes": {},
        **changes,
    }
    product = CatalogueProduct(id=product_id, title="", description="", target_view="")
    return FoundSku(kind=kind, segment=segment, product=product, sku=CatalogueSku(**sku))


def price(sku_id="0001", unit_price="10.0000", **changes):
    row = {
        "product_id": "DZVM",
        "sku_id": sku_id,
        "title": "",
        "term_duration": "P1Y",
        "currency": "EUR",
        "unit_price": Decimal(unit_price),
        "effective_on": TODAY,
        **changes,
    }
    return PriceRow(**row)


def rows_of(*items, prices=()):
    return sku_rows(items, newest_prices(prices), {None: GENERIC, "DGPLAN": PLAN})


def cost_with(*prices):
    [row] = rows_of(found(), prices=prices)
    return row["cost"]


def test_a_price_brings_cost_currency_and_term():
    [row] = rows_of(found(), prices=[price(term_duration="P3Y", unit_price="10.1234")])

    assert (row["cost"], row["currency"]) == (Decimal("10.1234"), "EUR")
    assert row["term_duration"] == "P3Y"


def test_without_a_price_it_is_not_for_sale_and_the_term_is_taken_from_the_attributes():
    [row] = rows_of(found(attributes={"duration": "3Years"}))

    assert (row["cost"], row["currency"], row["term_duration"]) == (None, None, "P3Y")


@pytest.mark.parametrize("earlier_on", [EARLIER, None])
def test_the_newest_price_counts_wherever_it_stands(earlier_on):
    old = price(unit_price="7", effective_on=earlier_on)

    assert cost_with(old, price()) == cost_with(price(), old) == Decimal(10)


@pytest.mark.parametrize(
    "other", [{"unit_price": "11"}, {"currency": "USD"}, {"term_duration": "P3Y"}]
)
def test_prices_that_contradict_each_other_are_not_guessed(other):
    assert cost_with(price(), price(**other)) is None


def test_a_newer_price_settles_a_contradiction():
    old = [price(effective_on=EARLIER), price(effective_on=EARLIER, unit_price="11")]

    assert cost_with(*old, price(unit_price="12")) == Decimal(12)


def test_a_price_that_stands_twice_is_one_price():
    assert cost_with(price(), price()) == Decimal(10)


def test_ids_match_whatever_their_case():
    [row] = rows_of(found("00a1"), prices=[price("00A1", product_id="dzvm")])

    assert row["cost"] == Decimal(10)


def test_reservations_share_one_product_and_plans_have_their_own():
    plan = found(kind=AssetKind.SOFTWARE_SUBSCRIPTION)

    rows = rows_of(found(), plan)

    assert {row["microsoft_product_id"]: row["product_id"] for row in rows} == {
        "DZVM": GENERIC,
        "DGPLAN": PLAN,
    }


def test_one_sku_listed_twice_is_one_row_and_each_segment_has_its_own():
    rows = rows_of(found("0002"), found("0001"), found("0001"), found("0001", segment="education"))

    assert [(row["microsoft_sku_id"], row["segment"]) for row in rows] == [
        ("0001", "commercial"),
        ("0001", "education"),
        ("0002", "commercial"),
    ]


def test_what_the_wizard_filters_by_is_read_out_of_the_attributes():
    attributes = {
        "reservationType": "VirtualMachines",
        "Category": "General purpose",
        "region": "EU West",
        "armRegionName": "westeurope",
        "armSkuName": "Standard_D2s_v5",
        "vCpu": "2",
        "ram": "8",
    }

    [row] = rows_of(found(attributes=attributes))

    assert (row["reservation_type"], row["category"]) == ("Virtual Machine", "General purpose")
    assert (row["region"], row["arm_region"]) == ("EU West", "westeurope")
    assert (row["arm_sku_name"], row["cores"], row["ram_gb"]) == ("Standard_D2s_v5", 2, Decimal(8))


def test_odd_attributes_leave_gaps_and_break_nothing():
    [row] = rows_of(found(attributes={"cores": "many", "ram": "1.75 GB", "duration": "a while"}))

    assert (row["cores"], row["ram_gb"]) == (None, Decimal("1.75"))
    assert row["term_duration"] is row["reservation_type"] is None


def test_missing_limits_are_the_widest():
    [row] = rows_of(found(minimum_quantity=0, maximum_quantity=None))

    assert (row["minimum_quantity"], row["maximum_quantity"]) == (1, 999_999_999)
