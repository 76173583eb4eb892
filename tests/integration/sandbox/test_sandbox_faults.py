"""Every kind of fault: what the caller sees, and whether it happened."""

import json
import time

import pytest
import requests

from tests.integration.sandbox.sandbox_caller import read


@pytest.fixture
def cart_id(sandbox):
    return sandbox.new_cart(sandbox.reservation_line("R-1"))


def how_often_bought(sandbox):
    return len(sandbox.bought("R-1"))


@pytest.mark.parametrize(("kind", "count"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection(sandbox, cart_id, kind, count):
    sandbox.plan_fault("checkout", kind)
    with pytest.raises(requests.ConnectionError):
        sandbox.checkout(cart_id)
    assert how_often_bought(sandbox) == count
    read(sandbox.checkout(cart_id), 201)
    assert how_often_bought(sandbox) == 1


@pytest.mark.parametrize(
    ("kind", "status", "code", "count"),
    [
        ("status:500", 500, "800003", 0),
        ("status:400:800023", 400, "800023", 0),
        ("status:401", 401, "400", 0),
        ("status:409:800064", 409, "800064", 0),
        ("status_after:500", 500, "800003", 1),
        ("status_after:503:0", 503, "0", 1),
    ],
)
def test_a_status(sandbox, cart_id, kind, status, code, count):
    sandbox.plan_fault("checkout", kind)
    assert read(sandbox.checkout(cart_id), status)["code"] == code
    assert how_often_bought(sandbox) == count


def test_a_gateway_answers_no_json(sandbox, cart_id):
    sandbox.plan_fault("checkout", "status_after:504")
    assert sandbox.checkout(cart_id).headers["Content-Type"].startswith("text/html")


def test_throttling_has_its_own_body_and_says_when(sandbox, cart_id):
    sandbox.settings(retry_after_seconds=7)
    sandbox.plan_fault("checkout", "status:429")
    answer = sandbox.checkout(cart_id)
    assert answer.headers["Retry-After"] == "7"
    assert read(answer, 429)["statusCode"] == 429
    assert how_often_bought(sandbox) == 0


def test_a_late_effect_comes_after_the_caller_gave_up(sandbox, cart_id):
    sandbox.plan_fault("checkout", "late:0.3")
    with pytest.raises(requests.ConnectionError):
        sandbox.checkout(cart_id)
    assert how_often_bought(sandbox) == 0
    deadline = time.monotonic() + 20
    while not how_often_bought(sandbox):
        assert time.monotonic() < deadline
    read(sandbox.checkout(cart_id), 201)
    assert how_often_bought(sandbox) == 1


def test_a_reset_forgets_late_effects(sandbox):
    sandbox.plan_fault("create_cart", "late:0.2")
    sandbox.plan_fault("checkout", "late:0.2")
    cart_id = None
    with pytest.raises(requests.ConnectionError):
        sandbox.new_cart(sandbox.reservation_line("R-1"))
    cart_id = sandbox.new_cart(sandbox.reservation_line("R-1"))
    with pytest.raises(requests.ConnectionError):
        sandbox.checkout(cart_id)
    sandbox.reset()
    sandbox.plan_fault("customers", "slow:0.4")
    sandbox.get("/v1/customers")
    assert how_often_bought(sandbox) == 0


def test_a_slow_answer_is_right(sandbox, cart_id):
    sandbox.plan_fault("checkout", "slow:0.2")
    started = time.monotonic()
    read(sandbox.checkout(cart_id), 201)
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("kind", ["truncated", "garbage"])
def test_an_unreadable_answer(sandbox, cart_id, kind):
    sandbox.plan_fault("checkout", kind)
    answer = sandbox.checkout(cart_id)
    assert answer.status_code == 201
    with pytest.raises(ValueError, match=r"."):
        json.loads(answer.content.decode("utf-8-sig"))
    assert how_often_bought(sandbox) == 1


def test_a_line_error_stays_until_the_cart_is_changed(sandbox):
    sandbox.plan_fault("create_cart", "cart_line_error")
    line = sandbox.software_line("S-1")
    answer = sandbox.call("POST", f"{sandbox.aegean}/carts", {"lineItems": [line]})
    cart = read(answer, 201)
    assert cart["lineItems"][0]["error"]["errorCode"] == "quota_not_available"
    assert read(sandbox.checkout(cart["id"]), 400)["code"] == "800009"
    path = f"{sandbox.aegean}/carts/{cart['id']}"
    read(sandbox.call("PUT", path, {"lineItems": [line]}), 200)
    assert read(sandbox.checkout(cart["id"]), 201)["orders"]


def test_order_errors_buy_nothing_and_leave_the_cart(sandbox, cart_id):
    sandbox.plan_fault("checkout", "order_errors")
    result = read(sandbox.checkout(cart_id), 201)
    assert result["orders"] == []
    assert result["orderErrors"][0]["code"] == 800017
    assert how_often_bought(sandbox) == 0
    assert sandbox.get(f"{sandbox.aegean}/carts/{cart_id}")["status"] == "Active"


def test_a_subscription_id_goes_missing(sandbox):
    sandbox.plan_fault("checkout", "missing_subscription_id")
    order = sandbox.buy(sandbox.software_line("S-1"))
    assert "subscriptionId" not in order["lineItems"][0]
    path = f"{sandbox.aegean}/subscriptions?order_id={order['id']}"
    sandbox.plan_fault("subscriptions", "missing_subscription_id")
    assert sandbox.get(path)["totalCount"] == 0
    assert sandbox.get(path)["totalCount"] == 1


@pytest.mark.parametrize("route", ["get_order", "get_cart"])
def test_an_unknown_state(sandbox, cart_id, route):
    order = read(sandbox.checkout(cart_id), 201)["orders"][0]
    paths = {"get_order": f"orders/{order['id']}", "get_cart": f"carts/{cart_id}"}
    sandbox.plan_fault(route, "unknown_state")
    assert sandbox.get(f"{sandbox.aegean}/{paths[route]}")["status"] == "Rebalancing"


def reservation_link(sandbox):
    items = sandbox.get(f"{sandbox.aegean}/entitlements?entitlementType=reservedinstance")["items"]
    uri = items[0]["entitledArtifacts"][0]["link"]["uri"]
    return uri if uri.startswith("/v1") else f"/v1{uri}"


CALLS = {
    "token": lambda s: s.request_token(grant_type="x"),
    "catalog": lambda s: s.call("GET", "/v1/products?country=GR&targetView=Software"),
    "pricesheet": lambda s: s.call(
        "GET",
        "/v1.0/sales/pricesheets(Market='GR',PricesheetView='azure_reservations')/$value",
    ),
    "registration": lambda s: s.call(
        "POST", f"{s.aegean}/subscriptions/{s.customer('Aegean')['plans'][0]['id']}/registrations"
    ),
    "inventory": lambda s: s.call("POST", "/v1/extensions/product/checkinventory", {}),
    "create_cart": lambda s: s.call("POST", f"{s.aegean}/carts", {}),
    "get_cart": lambda s: s.call("GET", f"{s.aegean}/carts/x"),
    "update_cart": lambda s: s.call("PUT", f"{s.aegean}/carts/x", {}),
    "checkout": lambda s: s.checkout("x"),
    "get_order": lambda s: s.call("GET", f"{s.aegean}/orders/x"),
    "list_orders": lambda s: s.call("GET", f"{s.aegean}/orders"),
    "cancel_order": lambda s: s.call("PATCH", f"{s.aegean}/orders/x", {}),
    "provisioning_status": lambda s: s.call("GET", f"{s.aegean}/orders/x/provisioningstatus"),
    "subscriptions": lambda s: s.call("GET", f"{s.aegean}/subscriptions"),
    "azure_entitlements": lambda s: s.call("GET", f"{s.aegean}/subscriptions/x/azureEntitlements"),
    "entitlements": lambda s: s.call("GET", f"{s.aegean}/entitlements"),
    "artifact": lambda s: s.call("GET", reservation_link(s)),
    "customers": lambda s: s.call("GET", "/v1/customers"),
    "agreements": lambda s: s.call("GET", f"{s.aegean}/agreements"),
    "arm": lambda s: s.call("GET", "/providers/Microsoft.Capacity/reservationOrders"),
}


@pytest.mark.parametrize("route", CALLS)
def test_every_route_can_fail(sandbox, route):
    sandbox.get("/v1/customers")  # so that the one token of the test is there before the fault
    sandbox.plan_fault(route, "status:418")
    assert CALLS[route](sandbox).status_code == 418
    assert CALLS[route](sandbox).status_code != 418


def test_times_zero_is_until_reset_and_the_oldest_fault_goes_first(sandbox):
    sandbox.plan_fault("customers", "status:502", times=2)
    sandbox.plan_fault("customers", "status:503", times=0)
    statuses = [sandbox.call("GET", "/v1/customers").status_code for _ in range(5)]
    assert statuses == [502, 502, 503, 503, 503]
    sandbox.reset()
    sandbox.get("/v1/customers")


def test_a_fault_may_be_for_one_customer(sandbox):
    tenant_id = sandbox.customer("Helios")["tenant_id"]
    sandbox.plan_fault("list_orders", "status:500", customer_id=tenant_id)
    sandbox.get(f"{sandbox.aegean}/orders")
    assert sandbox.call("GET", f"/v1/customers/{tenant_id}/orders").status_code == 500


def test_the_request_log_says_what_happened(sandbox):
    known = sandbox.control("requests?since=0")
    sandbox.plan_fault("customers", "drop_after")
    with pytest.raises(requests.ConnectionError):
        sandbox.call("GET", "/v1/customers", headers={"MS-RequestId": "r", "MS-CorrelationId": "c"})
    sandbox.get("/v1/customers")

    new = sandbox.control(f"requests?since={known[-1]['n']}")

    assert [(x["method"], x["route"], x["status"]) for x in new] == [
        ("POST", "token", 200),
        ("GET", "customers", 0),
        ("GET", "customers", 200),
    ]
    assert (new[1]["ms_request_id"], new[1]["ms_correlation_id"]) == ("r", "c")
    assert new[1]["path"] == "/v1/customers"
