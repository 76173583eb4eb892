"""The sandbox's price sheets, and the control that changes a price."""

import csv
import io

import pytest

RESERVATIONS = "/v1.0/sales/pricesheets(Market='GR',PricesheetView='azure_reservations')/$value"
SOFTWARE = "/v1.0/sales/pricesheets(Market='GR',PricesheetView='software')/$value"
COLUMNS = "ProductId,SkuId,SkuTitle,TermDuration,Currency,UnitPrice,EffectiveStartDate"


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.data.decode())))


def row_of(answer, item):
    [row] = [r for r in rows_of(answer) if (r["ProductId"], r["SkuId"]) == _ids(item)]
    return row


def price_of(answer, item):
    return row_of(answer, item)["UnitPrice"]


def _ids(item):
    return item.product_id, item.sku_id


def test_a_price_sheet_is_a_csv_with_exactly_these_columns(caller, demo_item):
    answer = caller.get(RESERVATIONS, timeline="current")

    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.data.decode().splitlines()[0] == COLUMNS
    assert row_of(answer, demo_item) == {
        "ProductId": demo_item.product_id,
        "SkuId": demo_item.sku_id,
        "SkuTitle": "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year",
        "TermDuration": "P1Y",
        "Currency": "EUR",
        "UnitPrice": "112.2273",
        "EffectiveStartDate": "2026-11-01T00:00:00Z",
    }


@pytest.mark.parametrize(
    ("sheet", "view"), [(RESERVATIONS, "AzureReservations"), (SOFTWARE, "Software")]
)
def test_every_item_has_one_price(caller, catalogue, sheet, view):
    rows = rows_of(caller.get(sheet))

    assert [(row["ProductId"], row["SkuId"]) for row in rows] == [
        _ids(item) for item in catalogue.list_items(view)
    ]


def test_perpetual_software_has_no_term(caller):
    terms = {row["TermDuration"] for row in rows_of(caller.get(SOFTWARE))}

    assert terms == {"", "P1Y", "P3Y"}


def test_price_sheets_need_a_user(app_only_caller):
    assert app_only_caller.refusal(SOFTWARE) == (403, "900329")


@pytest.mark.parametrize("selection", ["Market='GR',PricesheetView='azure_consumption'", "GR"])
def test_an_unknown_price_sheet_is_refused(caller, selection):
    assert caller.refusal(f"/v1.0/sales/pricesheets({selection})/$value") == (400, "800002")


def test_a_changed_price_is_in_the_next_sheet_until_the_reset(client, caller, demo_item):
    changed = client.post(
        "/__sandbox__/prices",
        json={
            "product_id": demo_item.product_id,
            "sku_id": demo_item.sku_id,
            "unit_price": "150.5",
        },
    )
    price = price_of(caller.get(RESERVATIONS), demo_item)

    client.post("/__sandbox__/reset")

    assert changed.json["unit_price"] == "150.5000"
    assert price == "150.5000"
    assert price_of(caller.get(RESERVATIONS), demo_item) == "112.2273"


@pytest.mark.parametrize("unit_price", ["much", "NaN", -1, None, True, "1e30"])
def test_what_is_no_amount_is_no_price(client, caller, demo_item, unit_price):
    answer = client.post(
        "/__sandbox__/prices",
        json={
            "product_id": demo_item.product_id,
            "sku_id": demo_item.sku_id,
            "unit_price": unit_price,
        },
    )

    assert answer.status_code == 400
    assert "unit_price" in answer.json["error"]
    assert price_of(caller.get(RESERVATIONS), demo_item) == "112.2273"


def test_prices_of_unknown_skus_and_bodies_that_are_no_object_are_refused(client):
    unknown = {"product_id": "DZ0000000000", "sku_id": "0000", "unit_price": 1}

    assert client.post("/__sandbox__/prices", json=unknown).status_code == 400
    assert client.post("/__sandbox__/prices", json=[]).status_code == 400


def test_strangers_cannot_change_prices(client):
    answer = client.post("/__sandbox__/prices", environ_base={"REMOTE_ADDR": "192.0.2.7"}, json={})

    assert answer.status_code == 404
