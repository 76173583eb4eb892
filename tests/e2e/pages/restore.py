"""What a restore leaves to people: held mails, numbers in doubt, invoices that are lost."""

import re

from playwright.sync_api import expect

from tests.e2e.pages.base import BasePage
from tests.e2e.pages.storefront import InvoicePage


class MailsPage(BasePage):
    path = "/bss/mail/"
    heading = "Mail"

    def __init__(self, page):
        super().__init__(page)
        self.held = self.main.get_by_text("Mails from before the restore")
        self.drop_all = self.main.get_by_role("button", name="Drop all of them")


class NumbersPage(BasePage):
    path = "/bss/billing/invoices/numbers"
    heading = "Last invoice numbers"

    def __init__(self, page):
        super().__init__(page)
        self.invoice = page.get_by_label("Last invoice")
        self.credit_note = page.get_by_label("Last credit note")
        self.confirm = self.main.get_by_role("button", name="Confirm the numbers")

    def known_here(self):
        """The last ones of this database, which it will not rely on by itself."""
        return re.findall(r"(?:INV|CRN)-\d{4}-\d{6}", self.main.inner_text())[:2]


class LateInvoicePage(BasePage):
    heading = re.compile("^Make the invoice of ")

    def __init__(self, page):
        super().__init__(page)
        self.is_not_invoiced = page.get_by_label("The customer holds no invoice for it")
        self.button = self.main.get_by_role("button", name="Issue the invoice")

    def issue(self):
        self.is_not_invoiced.check()
        self.button.click()
        expect(self.title).not_to_have_text(self.heading)
        return InvoicePage(self.page).arrived()
