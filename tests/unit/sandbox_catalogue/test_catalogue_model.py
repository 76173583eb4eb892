"""The sandbox's catalogue: how much there is, what it is called, and that it never changes."""

import os
import re
import subprocess
import sys
from decimal import Decimal

import pytest

from sandbox.catalogue.items import SEGMENTS
from sandbox.catalogue.model import Catalogue, get_catalogue, reset_prices
from sandbox.catalogue.regions import REGIONS
from sandbox.catalogue.reservations import reservation_products
from sandbox.catalogue.software import software_products

D2S_V5 = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"
FINGERPRINT = (
    "from hashlib import sha256;from sandbox.catalogue.model import get_catalogue as c;"
    "i=c().list_items('AzureReservations')+c().list_items('Software');"
    "print(sha256(repr(i).encode()).hexdigest())"
)


@pytest.fixture
def catalogue():
    return Catalogue([*reservation_products(), *software_products()])


@pytest.fixture
def reservations(catalogue):
    return catalogue.list_items("AzureReservations")


@pytest.fixture
def software(catalogue):
    return catalogue.list_items("Software")


def test_there_are_thousands_of_reservations_under_few_products(catalogue, reservations):
    assert 2000 <= len(reservations) <= 6000
    assert len(catalogue.list_products("AzureReservations")) <= 100


def test_reservations_are_of_thirteen_types_over_one_and_three_years(reservations):
    assert len({item.reservation_type for item in reservations}) == 13
    assert {item.term_duration for item in reservations} == {"P1Y", "P3Y"}


def test_there_are_more_than_forty_regions():
    assert len({region.name for region in REGIONS}) == len(REGIONS) >= 40
    assert len({region.arm_region_name for region in REGIONS}) == len(REGIONS)


def test_every_segment_has_more_than_forty_plans_in_both_software_views(catalogue):
    for segment in SEGMENTS:
        subscriptions = catalogue.list_items("SoftwareSubscriptions", segment)
        perpetual = catalogue.list_items("SoftwarePerpetual", segment)

        assert {item.term_duration for item in subscriptions} == {"P1Y", "P3Y"}
        assert {item.term_duration for item in perpetual} == {None}
        assert len(subscriptions) + len(perpetual) >= 40


def test_segments_pay_different_prices(catalogue):
    prices = [
        catalogue.find_titled(f"Windows Server CAL - 1 User - 1 Year{ending}").unit_price
        for ending in ("", " (Education)", " (Nonprofit)")
    ]

    assert len(set(prices)) == 3


def test_ids_have_microsofts_shapes_and_are_unique(reservations, software):
    items = reservations + software

    assert all(
        re.fullmatch(r"[0-9A-Z]{12}:[0-9A-Z]{4}:[0-9A-Z]{12}", item.catalog_item_id)
        for item in items
    )
    assert len({(item.product_id, item.sku_id) for item in items}) == len(items)
    assert len({item.availability_id for item in items}) == len(items)


def test_titles_are_unique(reservations, software):
    assert len({item.title for item in reservations + software}) == len(reservations + software)


@pytest.mark.parametrize(
    "details",
    [
        "Standard_B1s, General purpose, US West 2, 1 Cores, 1 GB RAM, 1Year",
        "SQLDB_BC_Compute_Gen5, AU Central 2, 3Years",
        "Cosmos_DB_5_Million_RUs, 3Years",
    ],
)
def test_details_read_as_price_sheets_write_them(reservations, details):
    assert [item.description for item in reservations].count(details) == 1


def test_the_reservation_of_the_demo_can_be_bought_in_any_quantity(catalogue):
    item = catalogue.find_titled(D2S_V5)

    assert item.arm_sku_name == "Standard_D2s_v5"
    assert item.arm_region_name == "westeurope"
    assert item.unit_price == Decimal("112.2273")
    assert item.is_purchasable
    assert not item.out_of_stock
    assert item.maximum_quantity == 999_999_999


def test_three_years_cost_less_than_three_times_one_year(reservations):
    prices = {
        (i.product_id, i.arm_region_name, i.term_duration): i.unit_price for i in reservations
    }
    pairs = [
        (price, prices[product_id, region, "P1Y"])
        for (product_id, region, term), price in prices.items()
        if term == "P3Y"
    ]

    assert pairs
    assert all(one_year < three_years < 3 * one_year for three_years, one_year in pairs)


def test_prices_are_positive_and_have_four_decimals(reservations, software):
    assert all(
        item.unit_price > 0 and item.unit_price.as_tuple().exponent == -4
        for item in reservations + software
    )


def test_some_items_are_there_to_be_refused(reservations):
    assert sum(item.out_of_stock for item in reservations) == 4
    assert [item.title for item in reservations if not item.is_purchasable] == [
        "Reserved VM Instance, Standard_NC6s_v3, EU West, 1 Year"
    ]
    assert {i.arm_sku_name for i in reservations if i.maximum_quantity == 10} == {
        "Standard_HB120rs_v3"
    }


@pytest.mark.parametrize(
    ("view", "types"),
    [
        ("AzureReservationsVM", {"VirtualMachines"}),
        ("azurereservationssql", {"SqlDatabases"}),
        ("AzureReservationsCosmosDb", {"CosmosDb"}),
    ],
)
def test_narrower_views_hold_one_type(catalogue, view, types):
    assert {item.reservation_type for item in catalogue.list_items(view)} == types


def test_every_item_is_found_by_its_catalogue_item_id(catalogue, reservations, software):
    assert all(
        catalogue.find_item(item.catalog_item_id) == item for item in reservations + software
    )


def test_an_item_is_found_in_any_case_but_not_under_a_stale_availability(catalogue):
    item = catalogue.find_titled(D2S_V5)
    stale = f"{item.product_id}:{item.sku_id}:000000000000"

    assert catalogue.find_item(item.catalog_item_id.lower()) == item
    assert [catalogue.find_item(text) for text in (stale, "", "::", item.product_id)] == [None] * 4


def test_a_changed_price_lasts_until_the_prices_are_reset():
    catalogue = get_catalogue()
    item = catalogue.find_titled(D2S_V5)
    catalogue.change_price(item.product_id.lower(), item.sku_id, Decimal("99.5000"))
    changed = catalogue.find_item(item.catalog_item_id)

    reset_prices()

    assert changed.unit_price == Decimal("99.5000")
    assert catalogue.find_item(item.catalog_item_id) == item


def test_the_price_of_an_unknown_sku_cannot_be_changed(catalogue):
    assert catalogue.change_price("DZ0000000000", "0000", Decimal(1)) is None


def test_the_catalogue_is_the_same_in_every_process():
    fingerprints = {
        subprocess.run(  # noqa: S603 - our own interpreter, a constant program
            [sys.executable, "-c", FINGERPRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(fingerprints) == 1
