"""What a restore leaves to people, and how each of it is settled on the pages."""

import json

import psycopg
import pytest
from playwright.sync_api import expect

from tests.e2e.journeys import buy_reservation
from tests.e2e.pages.bss import AssetsPage, HomePage, ReconciliationPage
from tests.e2e.pages.restore import LateInvoicePage, MailsPage, NumbersPage
from tests.e2e.pages.storefront import InvoicesPage
from tests.support.accessibility import violations
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

IN_ANOTHER_POSTGRESQL = "UPDATE control SET numbers_database = '1/1/1'"
HELD_SINCE = """UPDATE mails SET state = 'held', next_run_at = NULL
    WHERE id IN (SELECT id FROM mails ORDER BY created_at DESC LIMIT 3)"""


@pytest.fixture
def as_superuser(system):
    """A statement in the running system's database, past row-level security.

    Afterwards its numbers are sure again, whatever a test left undone.
    """
    kept = json.loads((system.state_dir / "postgresql.json").read_text())
    role, password = "postgres", kept["passwords"]["postgres"]
    url = f"postgresql://{role}:{password}@127.0.0.1:{kept['port']}/entrepot"

    def run(statement):
        with psycopg.connect(url) as connection:
            return connection.execute(statement).rowcount

    yield run
    run("UPDATE control SET numbers_database = NULL")


def test_what_a_restore_lost_is_found_at_microsoft_and_invoiced_once(
    staff_page, direct_page, sandbox
):
    number = buy_reservation(direct_page).asset_number
    wait_until(lambda: sandbox.ledger(f"{number}-"))
    (ours,) = sandbox.ledger(f"{number}-")
    wish = {"customer_id": ours["customer_id"], "catalog_item_id": ours["catalog_item_id"]}
    lost = {**wish, "reference": "AST-900001-0ABCDEFG", "quantity": 2}
    (order,) = sandbox.seed(orders=[lost])["orders"]

    ReconciliationPage(staff_page).open().compare()
    asset = AssetsPage(staff_page).open().find(order["id"]).open_asset("AST-")

    expect(asset.main).to_contain_text("Found at Microsoft")
    asset.main.get_by_role("link", name="Make its invoice").click()
    late = LateInvoicePage(staff_page).arrived()
    assert violations(staff_page) == []
    late.button.click()
    expect(late.problems.first).to_contain_text("Find out first")
    assert violations(staff_page) == []
    issued = late.issue().read_number()
    assert violations(staff_page) == []
    invoice = InvoicesPage(direct_page).open().open_invoice(order["id"])
    assert invoice.read_number() == issued
    assert len(sandbox.ledger("AST-900001-")) == 1


def test_people_say_which_numbers_were_given_and_what_becomes_of_held_mails(
    staff_page, direct_page, sandbox, as_superuser
):
    as_superuser(IN_ANOTHER_POSTGRESQL)
    assert as_superuser(HELD_SINCE) > 0
    number = buy_reservation(direct_page).asset_number
    assert InvoicesPage(direct_page).open().search(number).count() == 0

    mails = MailsPage(staff_page).open()
    expect(mails.held).to_be_visible()
    assert violations(staff_page) == []
    mails.drop_all.click()
    expect(mails.held).to_have_count(0)
    home = HomePage(staff_page).open()
    told = home.main.get_by_role("link", name="Confirm the last numbers")
    wait_until(lambda: home.open_again() and told.count() > 0, what="the alert")
    told.click()
    numbers = NumbersPage(staff_page).arrived()
    last_invoice, last_credit_note = numbers.known_here()
    numbers.invoice.fill("57")
    numbers.credit_note.fill(last_credit_note)
    numbers.confirm.click()
    expect(numbers.problems.first).to_contain_text("There is a problem")
    assert violations(staff_page) == []
    numbers.invoice.fill(last_invoice)
    numbers.confirm.click()

    expect(staff_page.get_by_text("Invoices are numbered again")).to_be_visible()
    assert violations(staff_page) == []
    assert InvoicesPage(direct_page).open().search(number).count() == 1
