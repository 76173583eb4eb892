"""What was bought is found in lists, read, and taken away: assets, invoices, the statement."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.storefront import InvoicesPage, ReservationsPage, StatementPage
from tests.e2e.people import BUYER, DESKTOP, DIRECT, KEYBOARD, NO_SCRIPT, PHONE, RESELLER
from tests.support.accessibility import violations

BY_KEYBOARD = pytest.param(RESELLER, KEYBOARD, id="by keyboard", marks=pytest.mark.proof)
WITHOUT_SCRIPT = pytest.param(
    DIRECT, PHONE | NO_SCRIPT, id="no script on a phone", marks=pytest.mark.proof
)


@pytest.mark.parametrize(
    ("person", "look"),
    [
        pytest.param(RESELLER, PHONE, id="reseller on a phone"),
        BY_KEYBOARD,
        WITHOUT_SCRIPT,
        pytest.param(BUYER, DESKTOP, id="end customer", marks=pytest.mark.proof),
    ],
)
def test_a_reservation_is_found_by_its_name_read_and_found_again(page_of, person, look):
    page = page_of(person, **look)
    reservations = ReservationsPage(page).open()
    name = reservations.names.first.inner_text()

    reservations.find(name)

    for each in reservations.names.all_inner_texts():
        assert name in each
    asset = reservations.open_reservation(name)
    expect(asset.title).to_have_text(name)
    page.go_back()
    expect(reservations.search).to_have_value(name)
    reservations.find("")
    expect(reservations.names.first).to_be_visible()


def test_the_file_of_a_list_has_the_rows_that_it_shows(reseller_page):
    page = reseller_page
    reservations = ReservationsPage(page).open()
    name = reservations.names.first.inner_text()
    shown = reservations.find(name).names.all_inner_texts()

    with page.expect_download() as download:
        reservations.main.get_by_role("link", name="Export CSV").click()

    text = download.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["Reservations"] for row in rows] == shown


@pytest.mark.parametrize(
    ("person", "look"),
    [pytest.param(RESELLER, PHONE, id="reseller on a phone"), BY_KEYBOARD, WITHOUT_SCRIPT],
)
def test_an_invoice_is_read_kept_and_stands_on_the_statement(page_of, person, look):
    page = page_of(person, **look)

    invoice = InvoicesPage(page).open().open_first()

    number = invoice.read_number()
    pdf = invoice.get_pdf()
    assert f"{number}.pdf" in pdf.headers["content-disposition"]
    assert pdf.body().startswith(b"%PDF-")
    statement = InvoicesPage(page).open().open_statement()
    expect(statement.rows.filter(has_text=number).first).to_be_visible()
    if not look.items() >= NO_SCRIPT.items():  # axe is a script
        assert violations(page) == []


def test_an_end_customer_is_told_that_its_reseller_invoices_it(buyer_page):
    invoices = InvoicesPage(buyer_page).open()

    expect(invoices.main).to_contain_text("Your reseller invoices you")
    expect(invoices.main.get_by_role("link", name=re.compile("^(INV|CRN)-"))).to_have_count(0)
    assert buyer_page.goto(StatementPage.path).ok
    assert violations(buyer_page) == []
