import datetime as dt
import json
from decimal import Decimal

import pytest

from app.integrations.microsoft import read_catalogue, read_commerce
from app.integrations.microsoft.dates import read_instant
from app.integrations.microsoft.fields import Fields, UnreadableAnswerError, decode
from app.integrations.microsoft.price_sheet import read_price_rows
from app.integrations.microsoft.results import (
    ArtifactLink,
    CartLine,
    PriceRow,
    RegistrationState,
)

CUSTOMER_ID = "3c9a1c7e-0d1b-4f7e-9a55-0a1b2c3d4e5f"
SHEET = "ProductId,SkuId,SkuTitle,TermDuration,Currency,UnitPrice,EffectiveStartDate"


def cart_line(**changes):
    return {
        "id": 0,
        "catalogItemId": "DZH318Z0RR01:000B:DZH318Z0K777",
        "friendlyName": "CBA-0001042",
        "quantity": 2,
        "currencyCode": "EUR",
        "billingCycle": "one_time",
        "termDuration": "P1Y",
        "provisioningContext": {
            "subscriptionId": "6F1F3C0E-0000-4000-8000-0000000000A1",
            "scope": "Shared",
        },
        **changes,
    }


def cart(**line_changes):
    return Fields(
        {
            "id": "0F7F6A52-58A8-4D0F-9A59-0A55C7C1F001",
            "status": "active",
            "creationTimestamp": "2026-11-22T09:00:00.1234567Z",
            "expirationTimestamp": "2026-11-29T09:00:00.1234567Z",
            "lineItems": [cart_line(**line_changes)],
        }
    )


def order(**changes):
    line = {
        "lineItemNumber": 0,
        "offerId": "DZH318Z0RR01:000B:DZH318Z0K777",
        "friendlyName": "CBA-0001042",
        "quantity": 2,
        "termDuration": "P1Y",
    }
    return {
        "id": "q7Wd2mXbTe3kLr9VnZ0aYs5uHcPf1JgE1",
        "alternateId": "9c41d07be2a5",
        "referenceCustomerId": CUSTOMER_ID.upper(),
        "currencyCode": "EUR",
        "status": "Pending",
        "creationDate": "2026-11-22T09:00:03.4455667Z",
        "lineItems": [line],
        **changes,
    }


@pytest.mark.parametrize(
    "mark", [b"", b"\xef\xbb\xbf", b"?", b"\xef\xbb\xbf\xef\xbb\xbf", b"\r\n"], ids=repr
)
def test_a_mark_before_the_body_is_passed_over(mark):
    assert decode(mark + b'{"id":"1"}') == {"id": "1"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\x00", b"<html>", b'{"a":NaN}', b"\xff\xfe{\x00}\x00", b"[" * 100_000],
    ids=range(7),
)
def test_a_body_that_is_no_json_is_unreadable(body):
    with pytest.raises(UnreadableAnswerError):
        decode(body)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T09:00:00.1234567Z", dt.datetime(2026, 11, 22, 9, 0, 0, 123456, dt.UTC)),
        ("2026-11-22T01:00:00-08:00", dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)),
        ("2026-11-22T09:00:00+00:00", dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)),
        ("2027-11-22T00:00:00", dt.datetime(2027, 11, 22, tzinfo=dt.UTC)),
        ("2027-11-22", dt.datetime(2027, 11, 22, tzinfo=dt.UTC)),
        ("9999-12-31T23:59:59.9999999Z", None),
        ("9999-12-14T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
    ],
)
def test_dates_come_with_seven_digits_or_without_a_zone_or_mean_never(text, instant):
    assert read_instant(text) == instant


def test_property_names_come_in_any_case():
    assert Fields({"skuID": "000B"}).text("skuId") == "000B"


def test_text_loses_what_postgresql_cannot_store():
    fields = Fields(json.loads('{"title": "Caf\\u00e9\\u0000\\ud800"}'))

    assert fields.text("title") == "Café?"


@pytest.mark.parametrize("quantity", [None, True, "two", 2.5, 2**31, [], {}, "", 10**30])
def test_a_cart_without_a_readable_quantity_is_unreadable(quantity):
    with pytest.raises(UnreadableAnswerError):
        read_commerce.read_cart(cart(quantity=quantity))


def test_a_cart_is_read_with_guids_in_lower_case():
    read = read_commerce.read_cart(cart())

    assert read.id == "0f7f6a52-58a8-4d0f-9a59-0a55c7c1f001"
    assert read.status == "Active"
    assert not read.is_ordered
    assert read.expires_at == dt.datetime(2026, 11, 29, 9, 0, 0, 123456, dt.UTC)
    assert [line.line for line in read.lines] == [
        CartLine(
            catalog_item_id="DZH318Z0RR01:000B:DZH318Z0K777",
            friendly_name="CBA-0001042",
            quantity=2,
            term_duration="P1Y",
            subscription_id="6f1f3c0e-0000-4000-8000-0000000000a1",
            scope="shared",
        )
    ]
    assert read.lines[0].currency == "EUR"
    assert read.lines[0].error_code is None


@pytest.mark.parametrize(
    ("error", "code", "description"),
    [
        ({"errorCode": 10003, "errorDescription": "None left."}, "10003", "None left."),
        ({"errorCode": "inventory_not_available"}, "inventory_not_available", ""),
        ({}, "unknown", ""),
        ("broken", "unknown", "broken"),
    ],
)
def test_an_error_in_a_cart_line_is_an_error_in_whatever_shape(error, code, description):
    (line,) = read_commerce.read_cart(cart(error=error)).lines

    assert (line.error_code, line.error_description) == (code, description)


def test_a_cart_of_no_lines_is_unreadable():
    with pytest.raises(UnreadableAnswerError):
        read_commerce.read_cart(Fields({"id": "1", "status": "Active", "lineItems": []}))


def test_a_status_that_we_do_not_know_is_kept_as_it_came():
    assert read_commerce.read_order(Fields(order(status="Rebalancing"))).status == "Rebalancing"


def test_a_checkout_may_name_orders_and_errors():
    answer = read_commerce.read_checkout(
        Fields(
            {
                "orders": [order()],
                "orderErrors": [{"orderGroupId": "1", "code": 800017, "description": "Too many"}],
            }
        )
    )

    assert answer.orders[0].alternate_id == "9c41d07be2a5"
    assert answer.orders[0].customer_id == CUSTOMER_ID
    assert answer.orders[0].status == "pending"
    assert answer.orders[0].lines[0].subscription_id is None
    assert answer.errors[0].code == "800017"


@pytest.mark.parametrize("body", [{}, {"orders": [], "orderErrors": []}, {"orders": None}])
def test_a_checkout_that_names_neither_order_nor_error_is_unreadable(body):
    with pytest.raises(UnreadableAnswerError):
        read_commerce.read_checkout(Fields(body))


def test_an_order_is_not_lost_because_its_date_is_odd():
    assert read_commerce.read_order(Fields(order(creationDate="soon"))).created_at is None


def test_a_subscription_ends_never_when_its_end_is_the_year_9999():
    subscription = read_commerce.read_subscription(
        Fields(
            {
                "id": "2b1f7a10-77aa-4c31-8c55-1f5e0c0aa001",
                "status": "active",
                "quantity": 1,
                "commitmentEndDate": "9999-12-14T00:00:00Z",
                "autoRenewEnabled": True,
            }
        )
    )

    assert subscription.commitment_ends_at is None
    assert subscription.auto_renew


def test_a_subscription_whose_end_is_no_date_is_unreadable():
    body = {"id": "1", "status": "active", "quantity": 1, "commitmentEndDateTime": "in a year"}

    with pytest.raises(UnreadableAnswerError):
        read_commerce.read_subscription(Fields(body))


def test_an_entitlement_links_to_its_artifact():
    entitlement = read_commerce.read_entitlement(
        Fields(
            {
                "referenceOrder": {"id": "q7Wd", "lineItemId": "0", "alternateId": "9c41d07be2a5"},
                "productId": "DZH318Z0RR01",
                "skuId": "000B",
                "quantity": 2,
                "quantityDetails": [{"quantity": 2, "status": "fulfilled"}],
                "entitledArtifacts": [
                    {
                        "artifactType": "ReservedInstance",
                        "resourceId": "7B0E6C7E-2F52-4F0A-9A77-C6A0A7D1E001",
                        "link": {"uri": "/customers/1/artifacts", "method": "GET"},
                    }
                ],
                "entitlementType": "reservedinstance",
                "ExpiryDate": "2027-11-22T00:00:00",
            }
        )
    )

    assert entitlement.expires_at == dt.datetime(2027, 11, 22, tzinfo=dt.UTC)
    assert entitlement.fulfilment_status == "Fulfilled"
    assert entitlement.artifacts == (
        ArtifactLink(
            resource_id="7b0e6c7e-2f52-4f0a-9a77-c6a0a7d1e001",
            uri="/customers/1/artifacts",
            artifact_type="reservedinstance",
        ),
    )


@pytest.mark.parametrize("name", ["reservations", "virtualMachineReservations"])
def test_reservations_are_found_under_both_names(name):
    item = {
        "reservationId": "d0b9b1b2-0e6f-4c4e-8c0f-5f4b7c2ef001",
        "scopeType": "shared",
        "quantity": 2,
        "expiryDateTime": "2027-11-22T00:00:00",
        "provisioningState": "succeeded",
    }

    (reservation,) = read_commerce.read_reservations(Fields({name: [item]}))

    assert reservation.provisioning_state == "Succeeded"
    assert reservation.expires_at == dt.datetime(2027, 11, 22, tzinfo=dt.UTC)


def test_an_artifact_may_have_no_reservation_yet():
    assert read_commerce.read_reservations(Fields({"type": "reservedinstance"})) == []


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("NotRegistered", RegistrationState.NOT_REGISTERED),
        ("registering", RegistrationState.REGISTERING),
        ("Registered", RegistrationState.REGISTERED),
        ("Rebalancing", RegistrationState.UNKNOWN),
    ],
)
def test_a_registration_is_read_in_any_case(status, state):
    assert read_catalogue.read_registration(Fields({"status": status})) == state


def test_an_inventory_answer_leaves_out_what_the_catalogue_lacks():
    assert read_catalogue.read_inventory([], "DZH318Z0RR01", "000B") is None


def test_an_inventory_answer_gives_microsofts_reason():
    restricted = {
        "productId": "dzh318z0rr01",
        "skuId": "000b",
        "isRestricted": True,
        "restrictions": [
            {"reasonCode": "NotAvailableForSubscription", "description": "Not in this region."},
            {"reasonCode": "Other"},
        ],
    }

    answer = read_catalogue.read_inventory([restricted], "DZH318Z0RR01", "000B")

    assert answer is not None
    assert answer.is_restricted
    assert answer.reason == "Not in this region. Other"


def test_a_price_sheet_is_read_row_by_row():
    lines = [
        f"\ufeff{SHEET}".encode(),
        b'DZH318Z0RR01,000B,"Reserved VM Instance, 1 Year",P1Y,EUR,123.4567,2026-11-01T00:00:00Z',
        b"DG7GMGF0AB12,0003,Perpetual,,EUR,99,",
    ]

    assert list(read_price_rows(iter(lines))) == [
        PriceRow(
            product_id="DZH318Z0RR01",
            sku_id="000B",
            title="Reserved VM Instance, 1 Year",
            term_duration="P1Y",
            currency="EUR",
            unit_price=Decimal("123.4567"),
            effective_on=dt.date(2026, 11, 1),
        ),
        PriceRow(
            product_id="DG7GMGF0AB12",
            sku_id="0003",
            title="Perpetual",
            term_duration=None,
            currency="EUR",
            unit_price=Decimal(99),
            effective_on=None,
        ),
    ]


@pytest.mark.parametrize("price", ["", "-1", "1e99", "NaN", "12,34", "free", "1e-99"])
def test_a_price_is_never_guessed(price):
    lines = [SHEET.encode(), f'P,S,T,P1Y,EUR,"{price}",2026-11-01'.encode()]

    with pytest.raises(UnreadableAnswerError):
        list(read_price_rows(iter(lines)))


@pytest.mark.parametrize(
    "line", [b"", b"<html>", b'{"code":"0"}', b"ProductId,SkuId", b"\xff\xfe\x00"], ids=range(5)
)
def test_a_sheet_without_its_columns_is_not_an_empty_sheet(line):
    with pytest.raises(UnreadableAnswerError):
        list(read_price_rows(iter([line])))
