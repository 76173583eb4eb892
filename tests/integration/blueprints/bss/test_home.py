"""The back office's home: what waits for a person comes first."""

import datetime as dt
from decimal import Decimal

from app.domain.access import Role
from app.domain.orders import OrderStatus
from app.domain.purchase import PurchaseState
from tests.factories import NOW, OrderFactory, UserFactory
from tests.support.back_office import SUSPENDED, names, staff, title
from tests.support.html import page, words

HOME = "/bss/"


def sections(answer):
    return {words(card.h2): card for card in page(answer).select("main section.card")}


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get(HOME).location.startswith("/login")


def test_the_back_office_does_not_exist_for_customers(client, sign_in):
    sign_in(UserFactory())

    assert client.get(HOME).status_code == 404


def test_failed_assets_come_first_with_microsofts_words(bss, office):
    failed = office.failed(name="Refused reservation")
    checked = office.reservation(name="Perhaps bought", purchase_state=PurchaseState.UNKNOWN)

    answer = bss.get(HOME)

    assert title(answer) == "Back office"
    found = sections(answer)
    assert next(iter(found)) == "Failed or being checked"
    to_mend = found["Failed or being checked"]
    assert failed.name in words(to_mend)
    assert checked.name in words(to_mend)
    assert SUSPENDED in words(to_mend)
    assert "/bss/billing/assets/?sync=failed" in answer.text


def test_the_counts_lead_to_the_list_of_their_assets(bss, office):
    office.failed()
    office.reservation(purchase_state=PurchaseState.QUEUED)

    answer = bss.get(HOME)

    cards = [(words(card.strong), card["href"]) for card in page(answer).select(".link-card")]
    assert cards == [
        ("1 Failed", "/bss/billing/assets/?sync=failed"),
        ("0 Being checked with Microsoft", "/bss/billing/assets/?sync=being_checked"),
        ("0 Orders waiting", "/bss/sales/orders/?status=pending_approval"),
        ("1 In progress", "/bss/billing/assets/?sync=in_progress"),
        ("0 Expiring in 30 days", "/bss/billing/assets/?expiring=30&sort=expires"),
        ("2 All assets", "/bss/billing/assets/"),
    ]


def test_what_expires_within_30_days_is_named(bss, office):
    soon = office.reservation(name="Ends soon", expires_on=(NOW + dt.timedelta(days=8)).date())
    office.reservation(name="Ends late", expires_on=(NOW + dt.timedelta(days=80)).date())

    card = sections(bss.get(HOME))["Expiring in 30 days"]

    assert soon.name in words(card)
    assert "Ends late" not in words(card)


def test_an_empty_marketplace_says_so(bss):
    text = words(page(bss.get(HOME)).main)

    assert "Nothing waits for you" in text
    assert "No assets yet" in text


def test_orders_that_wait_are_named_the_longest_waiting_first(bss, office):
    first = OrderFactory(account=office.customer, status=OrderStatus.PENDING_APPROVAL)
    OrderFactory(account=office.customer, status=OrderStatus.PENDING_APPROVAL)
    OrderFactory(account=office.customer)

    answer = bss.get(HOME)

    waiting = sections(answer)["Orders waiting for approval"]
    assert len(waiting.select("tbody tr")) == 2
    assert words(waiting.select_one("tbody a")) == f"ORD-{first.number:06d}"
    listed = bss.get(waiting.select_one(".card-f a")["href"])
    assert len(page(listed).select("tbody tr")) == 2


def test_the_months_show_what_was_sold_with_the_margin_for_who_may_know(client, sign_in, office):
    office.reservation(quantity=2, buying_unit_price=Decimal(100), unit_cost=Decimal(90))
    seen = {}
    for role in (Role.STAFF_ADMINISTRATOR, Role.STAFF_BILLING, Role.STAFF_SUPPORT):
        sign_in(staff(role))
        seen[role] = sections(client.get(HOME))["Sold by month, EUR"]

    assert "EUR 200.00 in twelve months, excl. VAT" in words(seen[Role.STAFF_SUPPORT])
    assert "Margin" not in words(seen[Role.STAFF_SUPPORT])
    assert "Margin" in words(seen[Role.STAFF_ADMINISTRATOR])
    assert "€20.00" in words(seen[Role.STAFF_BILLING])


def test_each_month_leads_to_its_assets(bss, office):
    asset = office.reservation(name="Bought this month", purchased_at=NOW)
    office.reservation(name="Bought before", purchased_at=NOW - dt.timedelta(days=70))

    links = sections(bss.get(HOME))["Sold by month, EUR"].select("#sold-EUR-title ~ details a")

    assert len(links) == 12
    assert names(bss.get(links[-1]["href"])) == [asset.name]


def test_ten_statements_whatever_there_is(bss, office, at_most):
    for number in range(12):
        office.failed(name=f"Failed {number}")
        OrderFactory(account=office.customer, status=OrderStatus.PENDING_APPROVAL)

    with at_most(10):
        bss.get(HOME)
