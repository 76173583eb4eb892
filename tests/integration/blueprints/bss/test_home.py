"""The back office's home: what waits for a person comes first."""

import datetime as dt

from app.domain.purchase import PurchaseState
from tests.factories import NOW, UserFactory
from tests.support.back_office import SUSPENDED, title
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
        ("1 In progress", "/bss/billing/assets/?sync=in_progress"),
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


def test_at_most_seven_statements(bss, office, at_most):
    for _ in range(8):
        office.failed()

    with at_most(7):
        bss.get(HOME)
