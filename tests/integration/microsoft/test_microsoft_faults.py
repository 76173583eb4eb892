from uuid import uuid4

import pytest
import structlog

from app.integrations.microsoft import (
    AccessLostError,
    ArtifactLink,
    CallIds,
    CartLine,
    OutcomeUnknownError,
    RefusedError,
    TryLaterError,
)

LINE = CartLine(catalog_item_id="A:B:C", friendly_name="CBA-1", quantity=1)
CALLS = {
    "customers": lambda client, customer_id: client.get_customer(customer_id),
    "agreements": lambda client, customer_id: client.list_agreements(customer_id),
    "catalog": lambda client, _: client.list_products("Software"),
    "pricesheet": lambda client, _: list(client.read_price_sheet("software")),
    "inventory": lambda client, customer_id: client.check_inventory(customer_id, "A", "B"),
    "registration": lambda client, customer_id: client.get_registration_status(customer_id, "1"),
    "create_cart": lambda client, customer_id: client.create_cart(
        customer_id, LINE, call=CallIds.new()
    ),
    "get_cart": lambda client, customer_id: client.get_cart(customer_id, "1"),
    "update_cart": lambda client, customer_id: client.update_cart(
        customer_id, "1", LINE, call=CallIds.new()
    ),
    "checkout": lambda client, customer_id: client.checkout(customer_id, "1", call=CallIds.new()),
    "get_order": lambda client, customer_id: client.get_order(customer_id, "1"),
    "provisioning_status": lambda client, customer_id: client.get_order_provisioning_status(
        customer_id, "1"
    ),
    "list_orders": lambda client, customer_id: client.list_orders(customer_id),
    "subscriptions": lambda client, customer_id: client.list_subscriptions(customer_id),
    "entitlements": lambda client, customer_id: client.list_entitlements(customer_id, "software"),
}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("status:400:800017", RefusedError),
        ("status:403:13605", RefusedError),
        ("status:404:1000", RefusedError),
        ("status:400:777777", RefusedError),
        ("status:403:900329", AccessLostError),
        ("status:401", AccessLostError),
        ("status:401:900420", AccessLostError),
        ("status:404:800007", TryLaterError),
        ("status:409:800014", TryLaterError),
        ("status:429", TryLaterError),
        ("status:409:800060", OutcomeUnknownError),
        ("status:409:800064", OutcomeUnknownError),
        ("status:409:777777", OutcomeUnknownError),
        ("status:400:800065", OutcomeUnknownError),
        ("status:302", OutcomeUnknownError),
        ("status:408", OutcomeUnknownError),
        ("status:500", OutcomeUnknownError),
        ("status:502", OutcomeUnknownError),
        ("status:503", OutcomeUnknownError),
        ("status:504", OutcomeUnknownError),
        ("drop_before", OutcomeUnknownError),
        ("drop_after", OutcomeUnknownError),
        ("late:0", OutcomeUnknownError),
        ("status_after:500", OutcomeUnknownError),
        ("status_after:504", OutcomeUnknownError),
    ],
)
def test_each_fault_of_a_checkout_says_what_to_do_next(client, sandbox, customer_id, kind, error):
    sandbox.fault("checkout", kind)

    with pytest.raises(error) as raised:
        client.checkout(customer_id, str(uuid4()), call=CallIds.new())

    assert type(raised.value) is error


@pytest.mark.parametrize("kind", ["drop_before", "status:503"])
@pytest.mark.parametrize("route", CALLS)
def test_each_call_without_an_answer_has_an_unknown_outcome(
    client, sandbox, customer_id, route, kind
):
    sandbox.fault(route, kind)

    with pytest.raises(OutcomeUnknownError) as raised:
        CALLS[route](client, customer_id)

    assert raised.value.http_status == (503 if kind == "status:503" else None)


@pytest.mark.parametrize("kind", ["truncated", "garbage"])
@pytest.mark.parametrize(
    "route",
    ["customers", "agreements", "catalog", "list_orders", "subscriptions", "entitlements"],
)
def test_an_answer_that_cannot_be_read_has_an_unknown_outcome(
    client, sandbox, customer_id, route, kind
):
    sandbox.fault(route, kind)

    with pytest.raises(OutcomeUnknownError) as raised:
        CALLS[route](client, customer_id)

    assert raised.value.code == "unreadable"
    assert raised.value.http_status == 200


def test_an_artifact_that_is_not_there_is_refused(client, customer_id):
    gone = ArtifactLink(
        resource_id="1",
        uri=f"/customers/{customer_id}/artifacts/reservedinstance/groups/1/lineitems/1/resource/1",
        artifact_type="reservedinstance",
    )

    with pytest.raises(RefusedError) as raised:
        client.get_reservations(gone)

    assert raised.value.http_status == 404


@pytest.mark.parametrize("kind", ["garbage", "drop_before"])
def test_a_price_sheet_that_breaks_off_has_an_unknown_outcome(client, sandbox, kind):
    sandbox.fault("pricesheet", kind)

    with pytest.raises(OutcomeUnknownError):
        list(client.read_price_sheet("software"))


def test_a_link_to_another_host_is_never_called(client, sandbox):
    foreign = ArtifactLink(
        resource_id="1", uri="https://elsewhere.example/v1/x", artifact_type="reservedinstance"
    )
    before = len(sandbox.requests())

    with pytest.raises(OutcomeUnknownError):
        client.get_reservations(foreign)

    assert len(sandbox.requests()) == before


def test_an_answer_that_takes_too_long_has_an_unknown_outcome(client_for, sandbox, customer_id):
    hasty = client_for(sandbox.settings(read_timeout=0.5))
    hasty.get_customer(customer_id)
    sandbox.fault("checkout", "slow:1")

    with pytest.raises(OutcomeUnknownError) as raised:
        hasty.checkout(customer_id, str(uuid4()), call=CallIds.new())

    assert raised.value.code == "timeout"


def test_a_throttled_call_says_how_long_to_wait(client, sandbox, customer_id):
    sandbox.change(retry_after_seconds=57)
    sandbox.fault("list_orders", "status:429")

    with pytest.raises(TryLaterError) as raised:
        client.list_orders(customer_id)

    assert raised.value.retry_after == 57
    assert raised.value.http_status == 429


def test_a_call_is_sent_once_with_the_ids_it_was_given(client, sandbox, customer_id):
    ids = CallIds.new()
    sandbox.fault("checkout", "status:503")

    with pytest.raises(OutcomeUnknownError) as raised:
        client.checkout(customer_id, str(uuid4()), call=ids)

    sent = [r for r in sandbox.requests() if r["ms_request_id"] == str(ids.request_id)]
    assert [r["ms_correlation_id"] for r in sent] == [str(ids.correlation_id)]
    assert raised.value.request_id == str(ids.request_id)
    assert raised.value.correlation_id == str(ids.correlation_id)


def test_reads_carry_the_correlation_id_that_they_are_given(client, sandbox, customer_id):
    correlation_id = uuid4()

    client.list_orders(customer_id, correlation_id=correlation_id)

    sent = [r for r in sandbox.requests() if r["ms_correlation_id"] == str(correlation_id)]
    assert len(sent) == 1
    assert sent[0]["ms_request_id"]


def test_a_call_is_logged_with_its_ids_and_neither_token_nor_body(client, customer_id):
    with structlog.testing.capture_logs() as logs:
        client.get_customer(customer_id)

    (called,) = (entry for entry in logs if entry["event"] == "microsoft.called")
    assert called["operation"] == "get_customer"
    assert called["status"] == 200
    assert set(called) == {
        "event",
        "log_level",
        "operation",
        "status",
        "ms_request_id",
        "correlation_id",
        "seconds",
    }


def test_a_customer_of_somebody_else_is_refused(client):
    with pytest.raises(RefusedError) as raised:
        client.list_orders(str(uuid4()))

    assert raised.value.code == "20002"
