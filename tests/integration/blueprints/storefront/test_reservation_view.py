"""One reservation: every field of the record, the prices each audience may know, plain words."""

import pytest

from app.domain.purchase import PurchaseState
from app.models import PurchaseEvent
from tests import factories
from tests.factories import NOW, OrderFactory, PurchaseFactory
from tests.support.html import page, words
from tests.support.storefront_world import EXAMPLE


def view_of(asset):
    return f"/billing/assets/reservations/{asset.id}/"


def facts(response):
    return {words(dt): words(dt.find_next_sibling("dd")) for dt in page(response).select(".dl dt")}


def test_the_view_has_every_field_of_the_record(client, sign_in, world):
    order = OrderFactory(account=world.customer)
    asset = world.example(order_id=order.id, microsoft_ordered_at=NOW)
    sign_in(world.user_of(world.customer))

    answer = client.get(view_of(asset))

    found = facts(answer)
    assert words(page(answer).h1) == EXAMPLE
    assert [words(h2) for h2 in page(answer).select(".cols > .stack:first-child h2")] == [
        "General Information",
        "Product",
        "Microsoft details",
    ]
    assert found["Name"] == EXAMPLE
    assert found["Status"] == "Active"
    assert found["Provisioning Sync Status"] == "Synchronized"
    assert found["Product"] == "Azure Plan Reserved Instances"
    assert found["Unit Price"] == "€123.45 excl. VAT"
    assert found["Quantity"] == "7"
    assert found["Discount"] == "12.5%"
    assert found["Final Unit Price"] == "€108.02 excl. VAT, after the discount"
    assert found["Asset Total Amount"] == "€756.13 excl. VAT"
    assert found["Billing Frequency"] == "One-Time"
    assert found["Reservation ID"] == asset.reservation_id
    assert found["Reservation Order ID"] == asset.reservation_order_id
    assert found["Reservation Status"] == "Succeeded"
    assert found["Product ID"] == "DZH318Z0RR01:000B"
    assert found["Product Title"] == EXAMPLE
    assert found["Product Details"].startswith("Standard_D2s_v5, General purpose")
    assert found["Scope"] == "Shared"
    assert found["Subscription"].startswith("SUB-")
    assert found["Purchase Date (UTC)"].endswith("UTC")
    assert found["Expiration Date"]
    assert found["Partner Center Order ID"] == asset.microsoft_order_id
    assert found["Partner Center Order ID Alias"] == asset.microsoft_order_alias
    assert f"/orders/{order.id}/" in answer.text
    assert f"/subscriptions/{asset.subscription_id}/" in answer.text


def test_the_price_is_explained_down_to_the_vat(client, sign_in, world):
    asset = world.example()
    sign_in(world.user_of(world.customer))

    lines = words(page(client.get(view_of(asset))).select_one(".price-lines"))

    assert lines == (
        "7 \N{MULTIPLICATION SIGN} €123.45, excl. VAT €864.15"
        " Discount 12.5% \N{MINUS SIGN}€108.02 Asset Total Amount, excl. VAT €756.13"
        " VAT 24% €181.47 Total, incl. VAT €937.60"
    )


def test_a_reseller_sees_both_prices_and_its_margin(client, sign_in, world):
    asset = world.example()
    sign_in(world.user_of(world.reseller))

    answer = client.get(view_of(asset))

    explained = [words(each) for each in page(answer).select(".price-lines")]
    assert "€680.55" in explained[0]
    assert "€756.13" in explained[1]
    assert "Your margin: €75.58 excl. VAT, 10% of what" in words(page(answer).main)
    assert facts(answer)["Customer"] == "Aegean Foods S.A."
    assert "101.77" not in answer.text


def test_what_microsoft_has_not_said_is_not_returned_yet(client, sign_in, world):
    asset = world.example(
        purchase_state=PurchaseState.QUEUED,
        reservation_id=None,
        reservation_order_id=None,
        reservation_status=None,
        microsoft_order_id=None,
        expires_on=None,
    )
    sign_in(world.user_of(world.customer))

    found = facts(client.get(view_of(asset)))

    for label in ("Reservation ID", "Reservation Status", "Expiration Date"):
        assert found[label] == "Not returned yet"


def test_an_estimated_end_is_marked(client, sign_in, world):
    asset = world.example(expiry_is_estimated=True)
    sign_in(world.user_of(world.customer))

    assert facts(client.get(view_of(asset)))["Expiration Date"].endswith("Estimated")


def test_a_refused_purchase_is_told_in_plain_words(client, sign_in, world):
    asset = world.example(failed=True)
    PurchaseFactory(
        asset=asset,
        state=PurchaseState.FAILED,
        error_code="800011",
        error_message="The subscription is suspended.",
    )
    sign_in(world.user_of(world.customer))

    text = words(page(client.get(view_of(asset))).main)

    assert (
        "Microsoft did not accept this order yet. Our staff are on it."
        " Nothing was charged at Microsoft."
    ) in text
    assert "800011" not in text
    assert "suspended" not in text


def test_the_view_costs_few_statements(client, sign_in, at_most, world):
    asset = world.example()
    sign_in(world.user_of(world.customer))

    with at_most(4):
        client.get(view_of(asset))


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        (["queued", "cart_created", "checkout_sent", "no_answer", "ordered", "synchronized"],
         ["Synchronized: it is ready to use", "Confirmed by Microsoft", "Sent to Microsoft",
          "Ordered"]),
        (["queued", "checkout_sent", "failed", "failed", "saved", "checkout_sent"],
         ["Sent to Microsoft", "Sent to Microsoft again by our staff",
          "Not accepted by Microsoft yet", "Sent to Microsoft", "Ordered"]),
    ],
)  # fmt: skip
def test_the_timeline_tells_milestones_and_no_attempts(client, sign_in, world, happened, told):
    asset = world.example(purchase_state=PurchaseState.ORDERED)
    purchase = PurchaseFactory(asset=asset, state=PurchaseState.ORDERED)
    for name in happened:
        factories.session.add(
            PurchaseEvent(
                purchase_id=purchase.id,
                account_id=purchase.account_id,
                tenant_id=purchase.tenant_id,
                event=name,
                state=PurchaseState.CHECKOUT_SENT,
                actor="Nikos of the back office",
                message="raw words",
                detail={"effect": "tries_again"} if name == "saved" else {},
            )
        )
    factories.session.commit()
    sign_in(world.user_of(world.customer))

    answer = client.get(view_of(asset))

    assert [words(entry) for entry in page(answer).select(".tl .strong")] == told
    assert "Nikos" not in answer.text
    assert "raw words" not in answer.text
