"""The demo world, reset and seed, and how the server starts."""

import socket

import pytest

from tests.integration.sandbox.sandbox_caller import (
    SOFTWARE,
    Caller,
    SandboxProcess,
    free_port,
    item_id,
    read,
    start_in_vain,
)


def demo_orders(sandbox):
    orders = sandbox.control("ledger")["orders"]
    return {x["reference"]: x for x in orders if x["reference"].startswith("DEMO-")}


def things_of(sandbox, name):
    """Expiry by reference, as Partner Center tells it."""
    path = f"/v1/customers/{sandbox.customer(name)['tenant_id']}"
    references = {
        x["id"]: x["lineItems"][0]["friendlyName"] for x in sandbox.get(f"{path}/orders")["items"]
    }
    items = sandbox.get(f"{path}/entitlements?showExpiry=true")["items"]
    return {references[x["referenceOrder"]["id"]]: x for x in items}


def states_of(sandbox, name):
    states = {}
    for reference, thing in things_of(sandbox, name).items():
        for artifact in thing["entitledArtifacts"]:
            details = sandbox.get("/v1" + artifact["link"]["uri"].removeprefix("/v1"))
            states[reference] = details["reservations"][0]["provisioningState"]
    return states


def test_the_demo_world_is_there(sandbox):
    names = [customer["name"] for customer in sandbox.access["customers"]]
    assert names[:6] == [
        "Northwind Cloud",
        "Aegean Foods S.A.",
        "Helios Clinics Ltd",
        "Fabrikam Cloud",
        "Thistle & Vane LLP",
        "Kalamata Estates",
    ]
    assert [p["status"] for p in sandbox.customer("Kalamata")["plans"]] == ["active", "active"]
    expected = {f"DEMO-R{n:02}" for n in range(1, 15)} | {f"DEMO-S{n:02}" for n in range(1, 11)}
    assert set(demo_orders(sandbox)) == expected
    assert demo_orders(sandbox)["DEMO-R01"]["quantity"] == 7


def test_the_demo_has_things_in_every_state(sandbox):
    aegean = states_of(sandbox, "Aegean")
    assert aegean["DEMO-R01"] == aegean["DEMO-R02"] == aegean["DEMO-R03"] == "Succeeded"
    assert aegean["DEMO-R04"] == "Expired"
    assert states_of(sandbox, "Kalamata")["DEMO-R11"] == "Cancelled"
    assert "expiryDate" not in things_of(sandbox, "Aegean")["DEMO-S03"]
    order = demo_orders(sandbox)["DEMO-S04"]
    found = sandbox.get(f"{sandbox.aegean}/subscriptions?order_id={order['order_id']}")
    assert found["items"][0]["status"] == "active"


@pytest.mark.parametrize(("days", "state"), [(7, "Succeeded"), (8, "Expired")])
def test_the_second_reservation_ends_in_eight_days(sandbox, days, state):
    sandbox.advance(days=days)
    assert states_of(sandbox, "Aegean")["DEMO-R02"] == state


def test_a_reset_keeps_the_demo_and_forgets_the_rest(sandbox):
    before = demo_orders(sandbox)
    bought = sandbox.buy(sandbox.software_line("S-1"))
    young = before["DEMO-S10"]
    northwind = f"/v1/customers/{young['customer_id']}"
    path = f"{northwind}/subscriptions?order_id={young['order_id']}"
    subscription = sandbox.get(path)["items"][0] | {"friendlyName": "Renamed"}
    own_path = f"{northwind}/subscriptions/{subscription['id']}"
    read(sandbox.call("PATCH", own_path, subscription), 200)
    plan = sandbox.customer("Aegean")["plans"][0]
    plan_path = f"{sandbox.aegean}/subscriptions/{plan['id']}"
    suspended = sandbox.get(plan_path) | {"status": "suspended"}
    read(sandbox.call("PATCH", plan_path, suspended), 200)
    sandbox.plan_fault("checkout", "drop_before", times=0)
    sandbox.settings(mode="C")
    sandbox.advance(days=3)

    sandbox.control("reset", {})

    assert demo_orders(sandbox) == before
    assert sandbox.bought("S-1") == []
    assert sandbox.call("GET", f"{sandbox.aegean}/orders/{bought['id']}").status_code == 404
    assert sandbox.get(own_path)["friendlyName"] == "DEMO-S10"
    assert sandbox.get(plan_path)["status"] == "active"
    assert sandbox.control("faults") == []
    assert sandbox.control("settings")["mode"] == "A"


def test_a_seed_makes_customers_plans_and_past_orders(sandbox):
    customer = {"company": "Contoso", "domain": "contoso.example"}
    customer_id = sandbox.control("seed", {"customers": [customer]})["customers"][0]["id"]
    software = {
        "customer_id": customer_id,
        "reference": "OLD-1",
        "catalog_item_id": item_id(SOFTWARE),
        "quantity": 4,
        "created_at": "2026-01-31T12:00:00Z",
    }
    hidden = software | {"reference": "OLD-2", "subscription_id_missing": True}
    waiting = software | {"reference": "OLD-3", "status": "pending"}
    made = sandbox.control(
        "seed",
        {
            "plans": [{"customer_id": customer_id, "name": "Old", "status": "suspended"}],
            "orders": [software, hidden],
            "entitlements": [waiting],
        },
    )

    path = f"/v1/customers/{customer_id}"
    assert made["plans"][0]["name"] == "Old"
    orders = {x["lineItems"][0]["friendlyName"]: x for x in sandbox.get(f"{path}/orders")["items"]}
    assert orders["OLD-1"]["creationDate"].startswith("2026-01-31T12:00:00")
    assert orders["OLD-1"]["lineItems"][0]["subscriptionId"] == made["orders"][0]["subscription_id"]
    assert "subscriptionId" not in orders["OLD-2"]["lineItems"][0]
    assert orders["OLD-3"]["status"] == "pending"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("seed", {"plans": [{"customer_id": "nobody"}]}),
        ("seed", {"customers": [{"company": "No domain"}]}),
        ("faults", {"route": "nowhere", "kind": "drop_after"}),
        ("faults", {"route": "checkout", "kind": "explode"}),
        ("faults", {"route": "token", "kind": "cart_line_error"}),
        ("faults", {"route": "token", "kind": "drop_after", "times": -1}),
        ("settings", {"colour": "red"}),
        ("settings", {"mode": "D"}),
        ("settings", {"bom": 1}),
        ("settings", {"list_lag_seconds": -1}),
        ("clock", {"advance_seconds": "soon"}),
        ("clock", []),
    ],
)
def test_the_control_surface_says_what_is_wrong(sandbox, path, body):
    url = f"{sandbox.url}/__sandbox__/{path}"
    answer = sandbox.session.post(url, json=body, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_a_client_that_says_nothing_keeps_nobody_waiting(sandbox, process):
    with socket.create_connection(("127.0.0.1", process.port)):
        sandbox.get("/v1/customers")


def test_the_same_authority_signs_after_a_restart(tmp_path):
    process = SandboxProcess(tmp_path, free_port())
    process.start()
    certificate = (tmp_path / "sandbox-ca.pem").read_bytes()
    access = (tmp_path / "sandbox.json").read_bytes()
    process.kill()
    process.start()
    caller = Caller(process)
    caller.session.get(caller.url.replace("127.0.0.1", "localhost"), timeout=30)
    caller.session.close()
    process.kill()
    assert (tmp_path / "sandbox-ca.pem").read_bytes() == certificate
    assert (tmp_path / "sandbox.json").read_bytes() == access


def test_a_port_in_use_is_one_sentence(tmp_path, process):
    said = start_in_vain("--state", str(tmp_path), "--port", str(process.port))
    assert f"Port {process.port} is in use" in said


def test_other_hosts_and_broken_folders_are_refused(tmp_path):
    assert "127.0.0.1 only" in start_in_vain("--host", "192.0.2.1")
    (tmp_path / "file").touch()
    said = start_in_vain("--port", str(free_port()), "--state", str(tmp_path / "file" / "below"))
    assert "cannot be used" in said


def test_a_broken_certificate_is_one_sentence(tmp_path):
    for name in ("sandbox-ca.pem", "sandbox-ca-key.pem"):
        (tmp_path / name).write_text("not a certificate")
    said = start_in_vain("--port", str(free_port()), "--state", str(tmp_path))
    assert "cannot be used" in said
