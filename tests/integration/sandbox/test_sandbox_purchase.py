"""From a cart to what the customer owns, and what is refused on the way."""

import datetime as dt

import pytest

from tests.integration.sandbox.sandbox_caller import (
    PERPETUAL,
    RESERVATION,
    SOFTWARE,
    code_of,
    item_id,
    read,
)

OUT_OF_STOCK = "Reserved VM Instance, Standard_B2s, CH West, 1 Year"
AT_MOST_TEN = "Reserved VM Instance, Standard_HB120rs_v3, EU West, 1 Year"
NO_LONGER_SOLD = "Reserved VM Instance, Standard_NC6s_v3, EU West, 1 Year"


def entitlement(sandbox, order, kind):
    path = f"{sandbox.aegean}/entitlements?entitlementType={kind}&showExpiry=true"
    items = sandbox.get(path)["items"]
    return next((x for x in items if x["referenceOrder"]["id"] == order["id"]), None)


def reservation_of(sandbox, order):
    uri = entitlement(sandbox, order, "ReservedInstance")["entitledArtifacts"][0]["link"]["uri"]
    details = sandbox.get(uri if uri.startswith("/v1") else f"/v1{uri}")
    return details["reservations"][0]


def test_a_reservation_from_cart_to_artifact(sandbox):
    cart_id = sandbox.new_cart(sandbox.reservation_line("R-1"))
    cart = sandbox.get(f"{sandbox.aegean}/carts/{cart_id}")
    assert cart["status"] == "Active"
    assert cart["lineItems"][0]["friendlyName"] == "R-1"

    result = read(sandbox.checkout(cart_id), 201)
    order = result["orders"][0]

    assert result["orderErrors"] == []
    assert len(order["id"]) == 33
    assert len(order["alternateId"]) == 12
    assert sandbox.get(f"{sandbox.aegean}/carts/{cart_id}")["status"] == "Ordered"
    shown = sandbox.get(f"{sandbox.aegean}/orders/{order['id']}?include_price=true")
    assert shown["status"] == "completed"
    line = shown["lineItems"][0]
    assert line["friendlyName"] == "R-1"
    assert shown["totalPrice"] == pytest.approx(2 * line["pricing"]["price"])
    owned = entitlement(sandbox, order, "reservedinstance")
    assert owned["quantity"] == 2
    assert owned["referenceOrder"]["alternateId"] == order["alternateId"]
    reservation = reservation_of(sandbox, order)
    assert reservation["provisioningState"] == "Succeeded"
    assert dt.datetime.fromisoformat(reservation["expiryDateTime"]).tzinfo is None
    assert [x["cart_id"] for x in sandbox.bought("R-1")] == [cart_id]


def test_software_from_cart_to_subscription(sandbox):
    order = sandbox.buy(sandbox.software_line("S-1"))

    found = sandbox.get(f"{sandbox.aegean}/subscriptions?order_id={order['id']}")
    subscription = found["items"][0]
    assert found["totalCount"] == 1
    assert subscription["id"] == order["lineItems"][0]["subscriptionId"]
    assert subscription["friendlyName"] == "S-1"
    assert subscription["offerName"] == SOFTWARE
    assert subscription["status"] == "active"
    assert (
        entitlement(sandbox, order, "software")["expiryDate"][:10]
        == (subscription["commitmentEndDate"][:10])
    )
    (status,) = sandbox.get(f"{sandbox.aegean}/orders/{order['id']}/provisioningstatus")["items"]
    assert status["status"] == "Fulfilled"


def test_perpetual_software_has_an_entitlement_without_end_and_no_subscription(sandbox):
    line = sandbox.software_line("S-2", catalogItemId=item_id(PERPETUAL), termDuration=None)

    order = sandbox.buy(line)

    assert "termDuration" not in order["lineItems"][0]
    assert "expiryDate" not in entitlement(sandbox, order, "software")
    path = f"{sandbox.aegean}/subscriptions?order_id={order['id']}"
    assert sandbox.get(path)["items"] == []


def test_two_kinds_in_one_cart_become_two_orders(sandbox):
    cart_id = sandbox.new_cart(sandbox.reservation_line("M-1"), sandbox.software_line("M-2"))

    result = read(sandbox.checkout(cart_id), 201)

    assert len(result["orders"]) == 2
    assert len(sandbox.bought("M-1")) == len(sandbox.bought("M-2")) == 1


def test_property_names_paths_and_a_last_slash_carry_no_case(sandbox):
    line = sandbox.reservation_line("C-1")
    line["ProvisioningContext"] = line.pop("provisioningContext")
    line["CatalogItemId"] = line.pop("catalogItemId").lower()
    path = sandbox.aegean.upper().replace("/V1/CUSTOMERS", "/v1/Customers")

    answer = sandbox.call("POST", f"{path}/Carts/?odd=1", {"LineItems": [line]})

    assert read(answer, 201)["lineItems"][0]["catalogItemId"] == item_id(RESERVATION)


def test_what_is_late_comes_with_the_clock(sandbox):
    sandbox.settings(
        list_lag_seconds=900,
        order_pending_seconds=100,
        subscription_id_delay_seconds=50,
        provisioning_step_seconds=10,
    )
    software = sandbox.buy(sandbox.software_line("L-1"))
    reservation = sandbox.buy(sandbox.reservation_line("L-2"))
    orders = f"{sandbox.aegean}/orders"

    def listed():
        ids = {order["id"] for order in sandbox.get(f"{orders}?billingType=onetime")["items"]}
        return {software["id"], reservation["id"]} & ids

    assert software["status"] == "pending"
    assert not listed()
    assert entitlement(sandbox, reservation, "reservedinstance") is None
    (status,) = sandbox.get(f"{orders}/{software['id']}/provisioningstatus")["items"]
    assert status["status"] == "PrefulfillmentPending"

    sandbox.advance(seconds=105)
    shown = sandbox.get(f"{orders}/{software['id']}")
    assert shown["status"] == "completed"
    assert "subscriptionId" not in shown["lineItems"][0]
    assert reservation_of(sandbox, reservation)["provisioningState"] == "Creating"

    sandbox.advance(seconds=50)
    assert "subscriptionId" in sandbox.get(f"{orders}/{software['id']}")["lineItems"][0]
    assert reservation_of(sandbox, reservation)["provisioningState"] == "Succeeded"
    assert not listed()

    sandbox.advance(seconds=900)
    assert listed() == {software["id"], reservation["id"]}


def test_a_plan_is_registered_in_three_steps(sandbox):
    made = sandbox.control(
        "seed",
        {"plans": [{"customer_id": sandbox.customer("Aegean")["tenant_id"], "registered": False}]},
    )
    plan_id = made["plans"][0]["id"]
    plan = f"{sandbox.aegean}/subscriptions/{plan_id}"
    sandbox.settings(registration_seconds=60)
    line = sandbox.reservation_line(
        "P-1", provisioningContext={"subscriptionId": plan_id, "scope": "shared"}
    )
    carts = f"{sandbox.aegean}/carts"

    assert sandbox.get(f"{plan}/registrationStatus")["status"] == "NotRegistered"
    assert code_of(sandbox.call("POST", carts, {"lineItems": [line]}), 400) == "800030"
    answer = sandbox.call("POST", f"{plan}/registrations")
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{plan.removeprefix('/v1')}/registrationstatus"
    assert sandbox.get(f"{plan}/registrationstatus")["status"] == "Registering"
    assert code_of(sandbox.call("POST", carts, {"lineItems": [line]}), 400) == "800013"

    sandbox.advance(seconds=61)

    assert sandbox.get(f"{plan}/registrationstatus")["status"] == "Registered"
    assert sandbox.buy(line)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"catalogItemId": "DZ000:0001:NOPE"}, "800004"),
        ({"catalogItemId": None}, "900142"),
        ({"quantity": 0}, "800002"),
        ({"quantity": "2"}, "800002"),
        ({"termDuration": "P3Y"}, "800002"),
        ({"provisioningContext": {"scope": "shared"}}, "800011"),
        ({"provisioningContext": {"subscriptionId": "x", "scope": "shared"}}, "800011"),
        ({"provisioningContext": {"subscriptionId": "x", "scope": "wide"}}, "800002"),
        ({"catalogItemId": item_id(OUT_OF_STOCK)}, "800010"),
        ({"catalogItemId": item_id(AT_MOST_TEN), "quantity": 11}, "800017"),
    ],
)
def test_a_cart_is_refused_with_its_code(sandbox, change, code):
    line = sandbox.reservation_line("X") | change
    answer = sandbox.call("POST", f"{sandbox.aegean}/carts", {"lineItems": [line]})
    assert code_of(answer, 400) == code


def test_what_is_no_longer_sold_is_refused(sandbox):
    line = sandbox.reservation_line("X", catalogItemId=item_id(NO_LONGER_SOLD))
    answer = sandbox.call("POST", f"{sandbox.aegean}/carts", {"lineItems": [line]})
    assert code_of(answer, 403) == "800028"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"billingCycle": "monthly"}, "billing_plan_not_supported"),
        ({"quantity": 1}, "invalid_input"),
    ],
)
def test_a_cart_with_a_wrong_line_is_made_and_cannot_be_bought(sandbox, change, code):
    server = item_id("Windows Server Standard - 8 Core License Pack - 1 Year")
    line = sandbox.software_line("X", catalogItemId=server) | change
    answer = sandbox.call("POST", f"{sandbox.aegean}/carts", {"lineItems": [line]})
    cart = read(answer, 201)

    assert cart["lineItems"][0]["error"]["errorCode"] == code
    assert code_of(sandbox.checkout(cart["id"]), 400) == "800009"


def test_a_suspended_plan_is_refused_at_the_cart_and_at_its_checkout(sandbox):
    good, bad = sandbox.customer("Aegean")["plans"]
    assert (good["status"], bad["status"]) == ("active", "suspended")
    context = {"subscriptionId": bad["id"], "scope": "shared"}
    line = sandbox.reservation_line("X", provisioningContext=context)
    answer = sandbox.call("POST", f"{sandbox.aegean}/carts", {"lineItems": [line]})
    assert code_of(answer, 400) == "800011"

    cart_id = sandbox.new_cart(sandbox.reservation_line("R-2"))
    plan = sandbox.get(f"{sandbox.aegean}/subscriptions/{good['id']}") | {"status": "suspended"}
    read(sandbox.call("PATCH", f"{sandbox.aegean}/subscriptions/{good['id']}", plan), 200)
    assert code_of(sandbox.checkout(cart_id), 400) == "800011"
    assert sandbox.get(f"{sandbox.aegean}/carts/{cart_id}")["status"] == "Active"
    assert sandbox.bought("R-2") == []


def test_a_customer_without_agreement_or_unknown_buys_nothing(sandbox):
    made = sandbox.control(
        "seed",
        {"customers": [{"company": "New", "domain": "new.example", "agreement": False}]},
    )
    path = f"/v1/customers/{made['customers'][0]['id']}"
    body = {"lineItems": [sandbox.software_line("A-1")]}

    assert code_of(sandbox.call("POST", f"{path}/carts", body), 403) == "13605"
    assert sandbox.get(f"{path}/agreements")["items"] == []
    agreement = {"type": "MicrosoftCustomerAgreement"}
    read(sandbox.call("POST", f"{path}/agreements", agreement), 201)
    read(sandbox.call("POST", f"{path}/carts", body), 201)
    unknown = "/v1/customers/00000000-0000-4000-8000-000000000000/carts"
    assert code_of(sandbox.call("POST", unknown, body), 403) == "20002"


def test_a_cart_is_changed_until_it_is_ordered_and_lives_seven_days(sandbox):
    cart_id = sandbox.new_cart(sandbox.software_line("W-1"))
    path = f"{sandbox.aegean}/carts/{cart_id}"
    changed = {"id": cart_id, "lineItems": [sandbox.software_line("W-1", quantity=9)]}

    assert read(sandbox.call("PUT", path, changed), 200)["lineItems"][0]["quantity"] == 9
    read(sandbox.checkout(cart_id), 201)
    assert sandbox.bought("W-1")[0]["quantity"] == 9
    assert code_of(sandbox.call("PUT", path, changed), 400) == "800065"

    forgotten = sandbox.new_cart(sandbox.software_line("W-2"))
    sandbox.advance(days=7)
    assert code_of(sandbox.call("GET", f"{sandbox.aegean}/carts/{forgotten}"), 404) == "800008"
    assert code_of(sandbox.checkout(forgotten), 404) == "800008"


def test_a_limit_of_reservations_is_kept(sandbox):
    sandbox.settings(reservation_limit=1)
    body = {"lineItems": [sandbox.reservation_line("X")]}
    assert code_of(sandbox.call("POST", f"{sandbox.aegean}/carts", body), 400) == "800018"


def test_answers_carry_the_ids_and_a_byte_order_mark_that_can_be_turned_off(sandbox):
    headers = {"MS-RequestId": "abc", "MS-CorrelationId": "def"}
    answer = sandbox.call("GET", "/v1/customers", headers=headers)

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["MS-RequestId"] == "abc"
    assert answer.headers["MS-CorrelationId"] == "def"
    assert {"MS-CV", "MS-ServerId", "Date"} <= set(answer.headers)
    sandbox.settings(bom=False)
    assert sandbox.call("GET", "/v1/customers").content.startswith(b"{")


def test_customers_come_in_pages(sandbox):
    first = sandbox.get("/v1/customers?size=4")
    following = first["links"]["next"]
    headers = {pair["key"]: pair["value"] for pair in following["headers"]}
    second = read(sandbox.call("GET", f"/v1{following['uri']}", headers=headers), 200)

    ids = [customer["id"] for customer in (*first["items"], *second["items"])]
    assert len(first["items"]) == 4
    assert len(set(ids)) == len(ids) > 4
    wanted = sandbox.get('/v1/customers?filter={"Field":"CompanyName","Value":"aegean"}')
    assert [x["companyProfile"]["companyName"] for x in wanted["items"]] == ["Aegean Foods S.A."]


def test_azure_is_refused_in_its_own_words(sandbox):
    path = "/providers/Microsoft.Capacity/reservationOrders"
    assert read(sandbox.call("GET", path), 501)["error"]["code"] == "OperationNotSupported"
