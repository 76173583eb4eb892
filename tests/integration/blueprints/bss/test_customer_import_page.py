"""Back office: reading customers of Partner Center, the preview, applying it; the command."""

import pytest
import sqlalchemy as sa

from app.models import CustomerImport
from app.services.customer_imports import import_when_asked
from tests import factories
from tests.integration.services.buyers import Marketplace, change
from tests.support.back_office import title
from tests.support.html import page, words

CUSTOMERS = "/bss/setup/microsoft/customers"


@pytest.fixture
def imported(app):
    def run():
        with app.app_context():
            assert import_when_asked(app.extensions["purchase_driver"])

    return run


def ask(bss):
    assert bss.post_form(CUSTOMERS, form_at=CUSTOMERS).status_code == 303


def apply_url(bss):
    return page(bss.get(CUSTOMERS)).select_one("#apply-form")["action"]


def test_the_page_begins_empty_and_says_what_to_do(bss):
    answer = bss.get(CUSTOMERS)

    assert title(answer) == "Import customers"
    assert "No customers were read yet" in words(page(answer).main)


def test_a_reading_is_followed_then_previewed_then_applied(bss, imported, sandbox):
    ask(bss)
    waiting = page(bss.get(CUSTOMERS)).select_one("#customer-import")
    assert waiting["hx-get"] == CUSTOMERS
    imported()

    text = words(page(bss.get(CUSTOMERS)).main)
    assert "Ready to apply" in text
    assert "Aegean Foods" in text
    answer = bss.post_form(apply_url(bss), {"agrees": "y", "scope": "all"}, form_at=CUSTOMERS)

    assert answer.status_code == 303
    assert "Applied" in words(page(bss.get(CUSTOMERS)).main)
    assert "Aegean Foods" in bss.get("/bss/accounts/?q=Aegean").text


def test_nothing_is_applied_unread(bss, imported, sandbox):
    ask(bss)
    imported()

    answer = bss.post_form(apply_url(bss), form_at=CUSTOMERS)

    assert answer.status_code == 422
    assert "tick this" in words(page(answer).main)
    factories.session.rollback()
    assert factories.session.scalars(sa.select(CustomerImport.applied_at)).one() is None


def test_single_customers_are_ticked_and_what_was_ticked_is_kept(bss, imported, sandbox):
    ask(bss)
    imported()
    boxes = page(bss.get(CUSTOMERS)).select("input[name=customer][form=apply-form]")
    assert len(boxes) > 1
    chosen = boxes[0]["value"]

    unread = bss.post_form(
        apply_url(bss), {"scope": "ticked", "customer": chosen}, form_at=CUSTOMERS
    )
    nobody = bss.post_form(apply_url(bss), {"scope": "ticked", "agrees": "y"}, form_at=CUSTOMERS)
    sent = {"scope": "ticked", "customer": chosen, "agrees": "y"}
    answer = bss.post_form(apply_url(bss), sent, form_at=CUSTOMERS)

    ticked = page(unread).select("input[name=customer][checked]")
    assert [each["value"] for each in ticked] == [chosen]
    assert nobody.status_code == 422
    assert "Tick at least one customer." in words(page(nobody).select_one("#scope-error"))
    assert answer.status_code == 303
    left = {each["value"] for each in page(bss.get(CUSTOMERS)).select("input[name=customer]")}
    assert left == {each["value"] for each in boxes} - {chosen}


def test_a_failed_reading_says_why(bss, imported, sandbox):
    sandbox.fault("customers", "status:500", times=1)
    ask(bss)
    imported()

    assert "The customers could not be read" in words(page(bss.get(CUSTOMERS)).main)


def test_wizard_and_software_page_say_that_the_agreement_is_missing(bss, app):
    market = Marketplace()
    change(market.customer, has_microsoft_agreement=False)
    change(market.direct, has_microsoft_agreement=False)

    for url in (
        f"/bss/billing/subscriptions/{market.plan.id}/buy-reservation/",
        f"/bss/sales/software/{market.software.product_id}/?customer={market.direct.id}",
    ):
        text = words(page(bss.get(url)).main)
        assert "has not accepted the Microsoft Customer Agreement" in text
