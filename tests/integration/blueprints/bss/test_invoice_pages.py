"""Invoices in the back office: list, payment, credit note, statement, links."""

import pytest

from app.domain.access import Role
from app.models import Invoice, InvoiceLine, MarketplaceOptions
from tests import factories
from tests.support.back_office import staff, title, view_of
from tests.support.html import page, words
from tests.support.invoices import invoice_of

LIST = "/bss/billing/invoices/"


@pytest.fixture
def asset(office):
    return office.reservation(quantity=3)


@pytest.fixture
def invoice(office, asset):
    return invoice_of(office.customer, [asset], buyer_reference="PO-77")


def url_of(invoice, end=""):
    return f"{LIST}{invoice.id}/{end}"


def stored(invoice):
    factories.session.rollback()
    factories.session.expire_all()
    return factories.session.get_one(Invoice, invoice.id)


def notes():
    factories.session.rollback()
    return factories.session.query(Invoice).filter_by(kind="credit_note").all()


def line_field():
    [line] = factories.session.query(InvoiceLine).all()
    return f"quantity-{line.id}"


def test_the_list_has_every_account_and_one_total(bss, office, invoice):
    answer = bss.get(LIST)

    assert title(answer) == "Invoices"
    row = words(page(answer).select_one("#invoice-table tbody tr"))
    for said in (invoice.number, "Northwind Cloud", "Open", "€4,464.00"):
        assert said in row
    assert "Total, incl. VAT €4,464.00" in words(page(answer).select_one(".sums"))


def test_the_accounts_shortcut_leads_to_its_invoices(bss, office, invoice):
    account = f"/bss/accounts/{office.reseller.id}/"
    shortcut = page(bss.get(account)).select_one(".shortcuts a[href*=invoices]")

    assert words(shortcut) == "Invoices 1"
    answer = bss.get(shortcut["href"])
    assert "Northwind Cloud" in words(page(answer).select_one(".chip.on"))
    assert (
        page(bss.get(f"/bss/accounts/{office.customer.id}/")).select_one(
            ".shortcuts a[href*=invoices]"
        )
        is None
    )


def test_the_asset_links_to_its_line(bss, invoice, asset):
    links = [link["href"] for link in page(bss.get(view_of(asset))).select("aside a")]

    assert f"{url_of(invoice)}#line-AST-{asset.number:06d}" in links


def test_a_payment_is_recorded_and_withdrawn(bss, invoice):
    data = {"paid_on": str(invoice.issued_on), "reference": "BANK-1"}
    answer = bss.post_form(url_of(invoice, "payment"), data, form_at=url_of(invoice))

    assert (answer.status_code, answer.location) == (303, url_of(invoice))
    shown = words(page(bss.get(url_of(invoice))).main)
    for said in ("The payment is recorded.", "Paid", "BANK-1", "Eleni Papadaki"):
        assert said in shown
    assert stored(invoice).paid_on == invoice.issued_on

    answer = bss.post_form(url_of(invoice, "payment/withdraw"), form_at=url_of(invoice))

    assert answer.status_code == 303
    assert stored(invoice).paid_on is None
    shown = words(page(bss.get(url_of(invoice))).main)
    assert "Payment withdrawn" in shown


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("", "Enter the day, such as 2026-03-31."),
        ("31/03", "Enter the day, such as 2026-03-31."),
        ("2001-01-01", "Enter a day from the day of the invoice up to today."),
    ],
)
def test_a_wrong_day_is_said_at_the_field_and_the_reference_kept(bss, invoice, day, said):
    data = {"paid_on": day, "reference": "BANK-1"}

    answer = bss.post_form(url_of(invoice, "payment"), data, form_at=url_of(invoice))

    assert answer.status_code == 422
    assert said in words(page(answer).select_one("#paid_on-error"))
    assert page(answer).select_one("#reference")["value"] == "BANK-1"
    assert stored(invoice).paid_on is None


def test_a_credit_note_takes_back_some_of_a_line(bss, invoice):
    url = url_of(invoice, "credit-note")
    form = page(bss.get(url))
    assert form.select_one(f"#{line_field()}")["value"] == "3"

    answer = bss.post_form(url, {line_field(): "1", "reason": "Agreed on the phone."})

    [note] = notes()
    assert (answer.status_code, answer.location) == (303, url_of(note))
    shown = words(page(bss.get(url_of(note))).main)
    for said in ("The credit note is issued.", "Agreed on the phone.", invoice.number, "€1,488.00"):
        assert said in shown
    shown = words(page(bss.get(url_of(invoice))).main)
    assert f"Corrected by {note.number}" in shown
    assert "€2,976.00" in shown
    assert page(bss.get(url)).select_one("[name^=quantity-]")["value"] == "2"


@pytest.mark.parametrize("typed", ["4", "-1", "one", "1.5"])
def test_a_wrong_quantity_is_said_at_its_line_and_kept(bss, invoice, typed):
    url = url_of(invoice, "credit-note")

    answer = bss.post_form(url, {line_field(): typed, "reason": "Agreed"})

    assert answer.status_code == 422
    field = page(answer).select_one(f"#{line_field()}")
    assert (field["value"], field["aria-invalid"]) == (typed, "true")
    assert "Enter a whole number from 0 to 3." in words(page(answer).main)
    assert "Agreed" in page(answer).select_one("#reason").text
    assert notes() == []


def test_a_credit_note_wants_a_reason_and_a_line(bss, invoice):
    url = url_of(invoice, "credit-note")

    no_reason = bss.post_form(url, {line_field(): "1", "reason": " "})
    no_line = bss.post_form(url, {line_field(): "0", "reason": "Agreed"})

    assert no_reason.status_code == no_line.status_code == 422
    assert "Say why, for the customer to read." in words(page(no_reason).main)
    assert "Choose at least one line." in words(page(no_line).main)


@pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_PROVISIONING])
def test_staff_without_the_right_read_and_change_nothing(sign_in, invoice, role):
    client = sign_in(staff(role))

    shown = page(client.get(url_of(invoice)))

    assert shown.select("main form") == []
    assert client.get(url_of(invoice, "credit-note")).status_code == 403


def test_the_statement_of_an_account(bss, office, invoice):
    answer = bss.get(f"/bss/accounts/{office.reseller.id}/statement")

    assert "Balance at the end €4,464.00" in words(page(answer).main)


def test_the_marketplace_holds_invoices_where_staff_say_so(bss, office):
    url = "/bss/setup/marketplace-options/"
    found = page(bss.get(url))
    data = {
        field["name"]: field.get("value", "")
        for field in found.select("form input[name]:not([type=checkbox])")
        if field.find_parent("form")["action"] == url
    }
    for field in found.select("form select[name]"):
        data[field["name"]] = field.select_one("[selected]")["value"]
    data |= {"holds_invoices": "y", "payment_days": "14"}

    answer = bss.post(url, data=data)

    assert answer.status_code == 303, words(page(answer).main)
    factories.session.rollback()
    options = factories.session.get_one(MarketplaceOptions, 1)
    assert (options.holds_invoices, options.payment_days) == (True, 14)
    options.holds_invoices, options.payment_days = False, 30
    factories.session.commit()
