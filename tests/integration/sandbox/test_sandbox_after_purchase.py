"""What can be done with a thing that was bought: cancel, rename, renew, let it end."""

import pytest

from tests.integration.sandbox.sandbox_caller import PERPETUAL, code_of, item_id, read


def cancel(sandbox, order, **more):
    body = {"id": order["id"], "status": "cancelled"} | more
    return sandbox.call("PATCH", f"{sandbox.aegean}/orders/{order['id']}", body)


def patch(sandbox, subscription, etag=None, **changes):
    path = f"{sandbox.aegean}/subscriptions/{subscription['id']}"
    headers = {"If-Match": f'"{etag}"'} if etag else {}
    return sandbox.call("PATCH", path, subscription | changes, headers=headers)


@pytest.fixture
def order(sandbox):
    return sandbox.buy(sandbox.software_line("S-1"))


@pytest.fixture
def subscription(sandbox, order):
    return sandbox.get(f"{sandbox.aegean}/subscriptions?order_id={order['id']}")["items"][0]


def test_software_is_given_back_within_seven_days(sandbox, order, subscription):
    assert order["links"]["patchOperation"]["method"] == "PATCH"
    lines = [{"lineItemNumber": 0, "offerId": order["lineItems"][0]["offerId"]}]

    shown = read(cancel(sandbox, order, lineItems=lines), 200)

    assert shown["status"] == "cancelled"
    assert shown["lineItems"][0]["quantity"] == 0
    path = f"{sandbox.aegean}/subscriptions/{subscription['id']}"
    assert sandbox.get(path)["status"] == "deleted"
    assert sandbox.bought("S-1")[0]["status"] == "cancelled"
    assert read(cancel(sandbox, order), 200)["status"] == "cancelled"


def test_the_window_closes(sandbox, order, subscription):
    perpetual = sandbox.buy(
        sandbox.software_line("S-2", catalogItemId=item_id(PERPETUAL), termDuration=None)
    )
    sandbox.advance(days=8)
    assert code_of(cancel(sandbox, order), 400) == "900117"
    assert code_of(patch(sandbox, subscription, status="deleted"), 400) == "900117"
    assert read(cancel(sandbox, perpetual), 200)["status"] == "cancelled"


def test_partner_center_does_not_take_reservations_back(sandbox):
    order = sandbox.buy(sandbox.reservation_line("R-1"))
    assert code_of(cancel(sandbox, order), 403) == "800019"
    assert "patchOperation" not in order["links"]


def test_a_line_that_is_not_there_and_another_wish_are_refused(sandbox, order):
    assert code_of(cancel(sandbox, order, lineItems=[{"lineItemNumber": 5}]), 400) == "800002"
    assert code_of(cancel(sandbox, order, status="completed"), 400) == "800002"
    assert code_of(cancel(sandbox, {"id": "unknown"}), 404) == "20003"


def test_a_subscription_is_renamed_and_deleted_with_its_etag(sandbox, subscription):
    etag = subscription["attributes"]["etag"]
    renamed = read(
        patch(sandbox, subscription, etag, friendlyName="Till", autoRenewEnabled=True), 200
    )
    assert (renamed["friendlyName"], renamed["autoRenewEnabled"]) == ("Till", True)
    assert code_of(patch(sandbox, subscription, etag, friendlyName="Late"), 400) == "2055"
    assert code_of(patch(sandbox, subscription | {"attributes": {}}), 400) == "2055"
    assert code_of(patch(sandbox, renamed, quantity=99), 400) == "800090"

    gone = read(patch(sandbox, renamed, status="deleted"), 200)

    assert gone["status"] == "deleted"
    assert code_of(patch(sandbox, gone, friendlyName="Again"), 400) == "800091"


def test_what_a_change_leaves_out_is_reset(sandbox, subscription):
    renewing = read(patch(sandbox, subscription, autoRenewEnabled=True), 200)
    del renewing["autoRenewEnabled"], renewing["friendlyName"]
    shown = read(patch(sandbox, renewing), 200)
    assert shown["autoRenewEnabled"] is False
    assert shown["friendlyName"] == subscription["offerName"]


def test_a_term_ends_or_is_renewed(sandbox, subscription):
    path = f"{sandbox.aegean}/subscriptions/{subscription['id']}"
    sandbox.advance(days=366)
    assert sandbox.get(path)["status"] == "expired"

    sandbox.reset()
    order = sandbox.buy(sandbox.software_line("S-9"))
    (fresh,) = sandbox.get(f"{sandbox.aegean}/subscriptions?order_id={order['id']}")["items"]
    read(patch(sandbox, fresh, autoRenewEnabled=True), 200)
    sandbox.advance(days=366)
    renewed = sandbox.get(f"{sandbox.aegean}/subscriptions/{fresh['id']}")
    assert renewed["status"] == "active"
    assert renewed["commitmentEndDate"] > fresh["commitmentEndDate"]
    assert renewed["cancellationAllowedUntilDate"]


def test_plans_are_subscriptions_too(sandbox):
    items = sandbox.get(f"{sandbox.aegean}/subscriptions")["items"]
    plans = {x["friendlyName"]: x["status"] for x in items if x["offerName"] == "Azure plan"}
    assert plans == {"Azure plan": "active", "Azure plan (old)": "suspended"}
    plan_id = sandbox.customer("Aegean")["plans"][0]["id"]
    path = f"{sandbox.aegean}/subscriptions/{plan_id}/AzureEntitlements"
    (below,) = sandbox.get(path)["items"]
    assert below["subscriptionId"] == plan_id
    context = {"subscriptionId": below["id"], "scope": "single"}
    assert sandbox.buy(sandbox.reservation_line("R-3", provisioningContext=context))


def test_somebody_gives_some_of_it_back_in_azure_and_chooses_another_scope(sandbox):
    order = sandbox.buy(sandbox.reservation_line("R-2", quantity=3))

    sandbox.control("changes", {"order_id": order["id"], "quantity": 1, "scope": "single"})

    (bought,) = sandbox.bought("R-2")
    assert bought["quantity"] == 1
    shown = sandbox.get(f"{sandbox.aegean}/orders/{order['id']}")
    assert shown["lineItems"][0]["quantity"] == 1
