"""One asset: its sections with the contract's labels, the banner, the timeline, the poll."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.purchase import PurchaseState
from tests.factories import (
    NOW,
    AccountFactory,
    OrderFactory,
    ReservationFactory,
    SoftwareSubscriptionFactory,
    UserFactory,
)
from tests.support.back_office import (
    ASSETS,
    SUSPENDED,
    add_event,
    facts,
    purchase_for,
    staff,
    title,
    view_of,
)
from tests.support.buying import purchase_of
from tests.support.html import page, words


def banner(answer):
    return words(page(answer).select_one(".banner"))


def steps(answer):
    return [words(step) for step in page(answer).select(".tl > li")]


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get(f"{ASSETS}{uuid4()}/").location.startswith("/login")


@pytest.mark.parametrize("path", ["", "sync"])
def test_customers_find_nothing_there(client, sign_in, office, path):
    sign_in(UserFactory(account=office.customer))

    assert client.get(view_of(office.reservation()) + path).status_code == 404


@pytest.mark.parametrize("path", ["", "sync", "edit"])
def test_an_asset_that_is_not_there_is_not_found(bss, path):
    assert bss.get(f"{ASSETS}{uuid4()}/{path}").status_code == 404


def test_a_reservation_has_the_sections_and_labels_of_the_contract(bss, office):
    asset = office.reservation(
        quantity=7, buying_unit_price=Decimal("123.45"), discount_percent=Decimal("12.5")
    )

    answer = bss.get(view_of(asset))

    assert title(answer) == asset.name
    headings = [words(heading) for heading in page(answer).select("main section h2")]
    assert headings == [
        "General Information",
        "Product",
        "Microsoft Azure Plan Reservation Details",
        "Additional Information",
        "Provisioning",
        "Linked records",
    ]
    found = facts(answer)
    assert found["Status"] == "Active"
    assert found["Provisioning Sync Status"] == "Synchronized"
    assert found["Product"] == "Azure Plan Reserved Instances"
    assert found["Unit Price"] == "€123.45"
    assert found["Discount"] == "12.5%"
    assert found["Billing Frequency"] == "One-Time"
    assert found["Reservation ID"] == asset.reservation_id
    assert found["Reservation Order ID"] == asset.reservation_order_id
    assert found["Reservation Status"] == "Succeeded"
    assert found["Product ID"] == asset.microsoft_product_id
    assert found["Product Title"] == asset.product_title
    assert found["Product Details"] == asset.product_details
    assert found["Scope"] == "Shared"
    assert found["Subscription"].startswith("SUB-0000")
    assert found["Purchase Date (UTC)"].endswith("UTC")
    assert found["Order ID Alias"] == asset.microsoft_order_alias


def test_the_asset_total_amount_follows_from_its_lines(bss, office):
    asset = office.reservation(
        quantity=7, buying_unit_price=Decimal("123.45"), discount_percent=Decimal("12.5")
    )

    lines = words(page(bss.get(view_of(asset))).select_one(".price-lines"))

    assert lines == (
        "7 × €123.45 €864.15 Discount 12.5% −€108.02 Asset Total Amount, excl. VAT €756.13"  # noqa: RUF001
        " VAT 24% €181.47 Incl. VAT €937.60"
    )


def test_a_software_subscription_has_its_own_details(bss):
    asset = SoftwareSubscriptionFactory(software_id=None)

    found = facts(bss.get(view_of(asset)))

    assert found["Order ID"] == asset.microsoft_order_id
    assert found["Order ID Alias"] == asset.microsoft_order_alias
    assert found["Software Subscription SKU"] == asset.software_subscription_sku
    assert found["Software ID"] == "Not returned yet: edit and save to ask again"
    assert "Software Expiration Date" in found


def test_perpetual_software_never_expires(bss):
    asset = SoftwareSubscriptionFactory(term_duration=None, expires_on=None, software_id=None)

    found = facts(bss.get(view_of(asset)))

    assert found["Software Expiration Date"] == "– never expires"  # noqa: RUF001
    assert found["Software ID"] == "None: perpetual software has none"


def test_an_end_within_30_days_is_marked(bss, office):
    asset = office.reservation(
        expires_on=(NOW + dt.timedelta(days=8)).date(), expiry_is_estimated=True
    )

    expiry = facts(bss.get(view_of(asset)))["Expiration Date"]

    assert expiry.startswith("Expires ")
    assert expiry.endswith("in 8 days (estimated)")


class TestMoney:
    def test_staff_with_the_right_see_cost_margin_and_resale(self, bss, office):
        asset = office.reservation(selling_unit_price=Decimal("1320.00"))

        found = facts(bss.get(view_of(asset)))

        assert found["Unit cost"] == "€900.00"
        assert found["Margin"] == "€300.00 (25%)"
        assert found["Selling unit price"] == "€1,320.00"
        assert found["Reseller’s margin"] == "€120.00 (9.09%)"  # noqa: RUF001

    def test_two_currencies_have_no_margin(self, bss, office):
        found = facts(bss.get(view_of(office.reservation(cost_currency="USD"))))

        assert found["Unit cost"] == "$900.00"
        assert "Margin" not in found

    @pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_PROVISIONING])
    def test_others_see_neither(self, client, sign_in, office, role):
        asset = office.reservation(unit_cost=Decimal("911.1111"), selling_unit_price=Decimal(1320))
        sign_in(staff(role))

        answer = client.get(view_of(asset))

        assert "Unit cost" not in facts(answer)
        assert "911.11" not in answer.text
        assert "1,320" not in answer.text


class TestProvisioning:
    def test_failed_shows_microsofts_words_its_code_and_what_to_do(self, bss, office):
        asset = office.failed()

        answer = bss.get(view_of(asset))

        text = banner(answer)
        assert "Microsoft refused this reservation" in text
        assert f"“{SUSPENDED}” (code 800011)" in text
        assert "What it means: The Azure plan that it is bought from is not active" in text
        assert "What to do: Choose another Azure plan of this account" in text
        edit = page(answer).select_one("#sync-banner a")
        assert edit["href"] == f"{view_of(asset)}edit#subscription_id"
        assert page(bss.get(edit["href"])).find(id="subscription_id")

    def test_what_is_being_checked_is_neither_red_nor_retried(self, bss, office):
        asset = office.reservation(purchase_state=PurchaseState.UNKNOWN)
        purchase_for(asset, state=PurchaseState.UNKNOWN, order_id=None)

        answer = bss.get(view_of(asset))

        assert "Being checked with Microsoft" in banner(answer)
        assert "Do not order it again" in banner(answer)
        assert not page(answer).select(".banner.bad, .badge.bad")

    def test_the_badge_asks_again_until_it_is_final(self, bss, office):
        asset = office.reservation(purchase_state=PurchaseState.QUEUED)
        purchase = purchase_for(asset, state=PurchaseState.QUEUED, order_id=None)
        add_event(purchase, "queued", state=PurchaseState.QUEUED)

        status = page(bss.get(view_of(asset))).select_one("#sync-status")
        fragment = page(bss.partial(f"{view_of(asset)}sync")).select_one("#sync-status")

        assert status["hx-get"] == fragment["hx-get"] == f"{view_of(asset)}sync"
        assert fragment["hx-trigger"] == "every 2s"
        assert fragment["role"] == "status"

    def test_the_answer_about_a_final_asset_asks_for_the_page_once_and_stops(self, bss, office):
        asset = office.reservation()
        purchase_for(asset)

        fragment = page(bss.partial(f"{view_of(asset)}sync")).select_one("#sync-status")

        assert "hx-get" not in fragment.attrs
        assert fragment.a["hx-trigger"] == "load"
        assert fragment.a["hx-get"] == view_of(asset)
        on_page = page(bss.get(view_of(asset))).select_one("#sync-status")
        assert words(on_page) == "Synchronized"

    def test_what_is_quiet_for_long_is_asked_less_often(self, bss, office):
        asset = office.reservation(purchase_state=PurchaseState.ORDERED)
        purchase = purchase_for(asset, state=PurchaseState.ORDERED)
        add_event(purchase, "ordered", at=NOW - dt.timedelta(minutes=5))

        fragment = page(bss.partial(f"{view_of(asset)}sync")).select_one("#sync-status")

        assert fragment["hx-trigger"] == "every 10s"

    def test_a_reading_that_is_due_is_followed_too(self, bss):
        asset = SoftwareSubscriptionFactory(software_id=None)
        purchase_for(asset, next_run_at=NOW - dt.timedelta(minutes=1))

        fragment = page(bss.partial(f"{view_of(asset)}sync")).select_one("#sync-status")

        assert "hx-get" in fragment.attrs
        assert words(fragment) == "Synchronized Reading from Microsoft"

    def test_an_earlier_send_is_waited_for_and_the_page_says_so(self, bss, office):
        asset = office.reservation(purchase_state=PurchaseState.CART_READY)
        purchase_for(
            asset,
            state=PurchaseState.CART_READY,
            order_id=None,
            cart_is_stale=True,
            checkout_is_open=True,
            checkout_last_sent_at=NOW,
        )

        assert "An earlier request may still arrive" in banner(bss.get(view_of(asset)))

    def test_the_timeline_says_who_did_what_and_what_microsoft_said(self, bss, office):
        asset = office.failed()

        answer = bss.get(view_of(asset))

        newest, oldest = steps(answer)
        assert newest.startswith("Attempt 1 failed")
        assert "by worker-1" in newest
        assert f"800011 {SUSPENDED}" in newest
        assert "Request ID request-1" in newest
        assert "Correlation ID" in newest
        assert oldest.startswith("Queued for Microsoft")

    def test_edits_show_what_changed_and_count_attempts(self, bss, office):
        other = office.plan
        asset = office.failed()
        purchase = purchase_of(asset)
        add_event(
            purchase,
            "saved",
            state=PurchaseState.CART_READY,
            actor="Eleni Papadaki",
            detail={
                "effect": "tries_again",
                "changed": {
                    "quantity": ["5", "3"],
                    "subscription_id": [str(other.id), str(uuid4())],
                },
            },
        )
        add_event(purchase, "failed", error_code="800017", message="None left.")

        newest, saved, *_ = steps(bss.get(view_of(asset)))

        assert newest.startswith("Attempt 2 failed")
        assert saved.startswith("Edited and saved")
        assert "by Eleni Papadaki" in saved
        assert "Quantity: 5 → 3" in saved
        assert f"Azure plan: SUB-{other.number:05d} →" in saved

    def test_repeated_silence_is_one_line(self, bss, office):
        asset = office.reservation(purchase_state=PurchaseState.CHECKOUT_SENT)
        purchase = purchase_for(asset, state=PurchaseState.CHECKOUT_SENT, order_id=None)
        for _ in range(3):
            add_event(purchase, "no_answer", error_code="timeout", message="No answer.")

        assert len(steps(bss.get(view_of(asset)))) == 1
        assert "No definite answer yet (3 times)" in steps(bss.get(view_of(asset)))[0]

    def test_secrets_never_show(self, bss, office):
        asset = office.reservation()
        detail = {"refresh_token": "s3cret", "nested": [{"Authorization": "Bearer s3cret"}]}
        add_event(purchase_for(asset), "refreshed", detail=detail)

        answer = bss.get(view_of(asset))

        assert "s3cret" not in answer.text
        assert "[redacted]" in answer.text


def test_custom_fields_tags_and_notes_stay_text(bss, office):
    asset = office.reservation(
        custom_fields={"<b>Cost centre</b>": "<i>42</i>"}, tags=["prod"], notes="<script>1</script>"
    )

    found = facts(bss.get(view_of(asset)))

    assert found["<b>Cost centre</b>"] == "<i>42</i>"
    assert found["Tags"] == "prod"
    assert found["Notes"] == "<script>1</script>"


def test_linked_records_lead_to_account_reseller_and_plan(bss, office):
    linked = page(bss.get(view_of(office.reservation()))).select("aside section")[1]

    links = {words(link): link["href"] for link in linked.select("a")}
    account = f"/bss/accounts/{office.customer.id}/"
    number = f"SUB-{office.plan.number:05d}"
    assert links["Aegean Foods S.A."] == account
    assert links["Northwind Cloud"] == f"/bss/accounts/{office.reseller.id}/"
    assert links[number] == f"/bss/billing/subscriptions/{office.plan.id}/"


def test_the_order_of_an_asset_is_a_link(bss, office):
    order = OrderFactory(account=office.customer)
    asset = office.reservation(order_id=order.id)

    linked = page(bss.get(view_of(asset))).select("aside section")[1]

    link = linked.find("a", string=f"ORD-{order.number:06d}")
    assert link["href"] == f"/bss/sales/orders/{order.id}/"


def test_support_reads_but_is_offered_no_edit(client, sign_in, office):
    asset = office.failed()
    sign_in(staff(Role.STAFF_SUPPORT))

    answer = client.get(view_of(asset))

    assert answer.status_code == 200
    assert "/edit" not in answer.text


def test_htmx_gets_the_view_alone(bss, office):
    asset = office.reservation()

    assert bss.partial(view_of(asset)).text.lstrip().startswith('<div id="asset-view"')
    assert title(bss.get(f"{view_of(asset)}sync")) == "Provisioning"


def test_at_most_six_statements(bss, office, at_most):
    asset = office.failed()
    purchase = purchase_of(asset)
    changed = {"subscription_id": [str(office.plan.id), str(office.plan.id)]}
    for _ in range(20):
        add_event(purchase, "saved", detail={"changed": changed})
    for _ in range(5):
        ReservationFactory(account=AccountFactory())

    with at_most(6):
        bss.get(view_of(asset))
    with at_most(2):
        bss.partial(f"{view_of(asset)}sync")
