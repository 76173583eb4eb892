import copy
import dataclasses
import datetime as dt
import json
import random

import pytest

from app.integrations.microsoft import read_catalogue, read_commerce
from app.integrations.microsoft.calls import linked_address
from app.integrations.microsoft.fields import Fields, UnreadableAnswerError, decode
from app.integrations.microsoft.price_sheet import read_price_rows

MUTATIONS_OF_EACH = 700  # more than 10,000 in all
GUID = "6f1f3c0e-0000-4000-8000-0000000000a1"
ITEM = "DZH318Z0RR01:000B:DZH318Z0K777"
DATE = "2026-11-22T09:00:00.1234567Z"

CART = {
    "id": GUID,
    "status": "Active",
    "creationTimestamp": DATE,
    "expirationTimestamp": DATE,
    "lineItems": [
        {
            "id": 0,
            "catalogItemId": ITEM,
            "friendlyName": "CBA-1",
            "quantity": 2,
            "termDuration": "P1Y",
            "billingCycle": "one_time",
            "provisioningContext": {"subscriptionId": GUID, "scope": "shared"},
            "error": {"errorCode": "10003", "errorDescription": "None left."},
        }
    ],
}
ORDER = {
    "id": "q7Wd2mXbTe3kLr9VnZ0aYs5uHcPf1JgE1",
    "alternateId": "9c41d07be2a5",
    "referenceCustomerId": GUID,
    "status": "pending",
    "creationDate": DATE,
    "currencyCode": "EUR",
    "lineItems": [
        {"lineItemNumber": 0, "offerId": ITEM, "quantity": 2, "subscriptionId": GUID},
    ],
}
SUBSCRIPTION = {
    "id": GUID,
    "offerId": ITEM,
    "quantity": 1,
    "status": "active",
    "commitmentEndDate": DATE,
    "creationDate": DATE,
    "orderId": ORDER["id"],
    "autoRenewEnabled": False,
}
ENTITLEMENT = {
    "referenceOrder": {"id": ORDER["id"], "lineItemId": "0", "alternateId": "9c41d07be2a5"},
    "productId": "DZH318Z0RR01",
    "skuId": "000B",
    "quantity": 2,
    "quantityDetails": [{"quantity": 2, "status": "Fulfilled"}],
    "entitledArtifacts": [
        {"artifactType": "reservedinstance", "resourceId": GUID, "link": {"uri": "/customers/1"}}
    ],
    "expiryDate": DATE,
}
RESERVATIONS = {
    "type": "reservedinstance",
    "reservations": [
        {"reservationId": GUID, "quantity": 2, "expiryDateTime": DATE, "effectiveDateTime": DATE}
    ],
}
SKU = {
    "id": "000B",
    "productId": "DZH318Z0RR01",
    "title": "Reserved VM Instance",
    "minimumQuantity": 1,
    "maximumQuantity": 999999999,
    "purchasePrerequisites": ["InventoryCheck"],
    "dynamicAttributes": {"armSkuName": "Standard_D2s_v3", "vCpu": "2"},
}
AVAILABILITY = {
    "id": "DZH318Z0K777",
    "productId": "DZH318Z0RR01",
    "skuId": "000B",
    "catalogItemId": ITEM,
    "isPurchasable": True,
    "defaultCurrency": {"code": "EUR"},
    "terms": [
        {
            "duration": "P1Y",
            "cancellationPolicies": [{"refundOptions": [{"type": "Full", "expiresAfter": "P7D"}]}],
        }
    ],
}
INVENTORY = [
    {
        "productId": "DZH318Z0RR01",
        "skuId": "000B",
        "isRestricted": True,
        "restrictions": [{"reasonCode": "NotAvailable"}],
    }
]
CUSTOMER = {
    "id": GUID,
    "companyProfile": {"companyName": "Aegean Foods", "domain": "aegean.example"},
    "billingProfile": {"defaultAddress": {"country": "GR"}},
}

READERS = {
    "cart": (CART, lambda value: read_commerce.read_cart(Fields(value))),
    "checkout": (
        {"orders": [ORDER], "orderErrors": [{"code": 800017, "orderGroupId": "0"}]},
        lambda value: read_commerce.read_checkout(Fields(value)),
    ),
    "order": (ORDER, lambda value: read_commerce.read_order(Fields(value).only_of(ORDER["id"]))),
    "subscription": (SUBSCRIPTION, lambda value: read_commerce.read_subscription(Fields(value))),
    "entitlement": (ENTITLEMENT, lambda value: read_commerce.read_entitlement(Fields(value))),
    "reservations": (RESERVATIONS, lambda value: read_commerce.read_reservations(Fields(value))),
    "provisioning": (
        {
            "lineItemNumber": 0,
            "status": "Fulfilled",
            "quantityProvisioningInformation": [{"quantity": 2}],
        },
        lambda value: read_commerce.read_line_provisioning(Fields(value)),
    ),
    "sku": (SKU, lambda value: read_catalogue.read_sku(Fields(value))),
    "availability": (AVAILABILITY, lambda value: read_catalogue.read_availability(Fields(value))),
    "inventory": (
        INVENTORY,
        lambda value: read_catalogue.read_inventory(value, "DZH318Z0RR01", "000B"),
    ),
    "customer": (CUSTOMER, lambda value: read_catalogue.read_customer(Fields(value))),
    "agreement": (
        {"type": "MicrosoftCustomerAgreement", "dateAgreed": DATE},
        lambda value: read_catalogue.read_agreement(Fields(value)),
    ),
    "registration": (
        {"subscriptionId": GUID, "status": "Registered"},
        lambda value: read_catalogue.read_registration(Fields(value)),
    ),
    "product": (
        {"id": "DZH318Z0RR01", "title": "Server"},
        lambda value: read_catalogue.read_product(Fields(value), "Software"),
    ),
    "link": (
        {"uri": "/v1/customers/1?a=b"},
        lambda value: linked_address("https://partner.example", Fields(value).text("uri")),
    ),
}
ODD = [
    None,
    True,
    -1,
    0,
    2**70,
    10**400,
    1.5,
    1e300,
    float("nan"),
    "",
    " ",
    "\x00",
    "\ud800",
    "x" * 5000,
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "https://[::",
    [],
    [None],
    [[]],
    {},
    {"id": {}},
    [{}],
]


def mutated(value, dice):
    """The value with one to three of its places made odd, dropped or renamed."""
    changed = copy.deepcopy(value)
    for _ in range(dice.randint(1, 3)):
        places = list(_places(changed))
        if not places:
            return dice.choice(ODD)
        container, key = dice.choice(places)
        action = dice.randint(0, 3)
        if action == 0:
            del container[key]
        elif action == 1 and isinstance(container, dict):
            container[str(key).upper()] = container.pop(key)
        else:
            container[key] = copy.deepcopy(dice.choice(ODD))
    return changed


def _places(value):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(items):
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)


def spoiled(body, dice):
    """The bytes with one to three of them changed, or cut short."""
    changed = bytearray(body)
    for _ in range(dice.randint(1, 3)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed[: dice.randint(0, len(changed))] if dice.randint(0, 3) == 0 else changed)


def assert_storable(result):
    """What was read fits PostgreSQL's text, integer and timestamptz."""
    if dataclasses.is_dataclass(result):
        for field in dataclasses.fields(result):
            assert_storable(getattr(result, field.name))
    elif isinstance(result, list | tuple):
        for part in result:
            assert_storable(part)
    elif isinstance(result, dict):
        assert_storable([*result, *result.values()])
    elif isinstance(result, str):
        assert "\x00" not in result
        result.encode()
    elif isinstance(result, int):
        assert abs(result) < 2**31
    elif isinstance(result, dt.datetime):
        assert result.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize("name", READERS)
def test_a_mutated_answer_is_read_or_unreadable_and_nothing_else(name):
    body, read = READERS[name]
    assert_storable(read(decode(json.dumps(body).encode())))
    dice = random.Random(name)  # noqa: S311 -- the same mutations at every run
    unreadable = 0

    for number in range(MUTATIONS_OF_EACH):
        if number % 3:
            mutation = json.dumps(mutated(body, dice)).encode()
        else:
            mutation = spoiled(json.dumps(body).encode(), dice)
        try:
            assert_storable(read(decode(mutation)))
        except UnreadableAnswerError:
            unreadable += 1

    assert 0 < unreadable < MUTATIONS_OF_EACH


def test_a_mutated_price_sheet_is_read_or_unreadable_and_nothing_else():
    header = b"ProductId,SkuId,SkuTitle,TermDuration,Currency,UnitPrice,EffectiveStartDate\n"
    row = b'DZH318Z0RR01,000B,"Reserved VM Instance, 1 Year",P1Y,EUR,123.45,2026-11-01T00:00:00Z\n'
    sheet = header + row * 2
    dice = random.Random("sheet")  # noqa: S311 -- the same mutations at every run
    unreadable = 0

    for _ in range(MUTATIONS_OF_EACH):
        try:
            assert_storable(list(read_price_rows(iter(spoiled(sheet, dice).splitlines()))))
        except UnreadableAnswerError:
            unreadable += 1

    assert 0 < unreadable < MUTATIONS_OF_EACH
