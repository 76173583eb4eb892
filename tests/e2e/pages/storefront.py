"""The storefront: from an Azure plan or the catalogue to the asset."""

import re

from playwright.sync_api import expect

from tests.e2e.pages.base import BasePage


class AzurePlansPage(BasePage):
    path = "/subscriptions/"
    heading = "Azure plans"

    def open_plan(self, name, customer=""):
        """Of this very name; a reseller says whose."""
        named = self.page.get_by_text(name, exact=True)
        row = self.main.get_by_role("row").filter(has=named, has_text=customer)
        row.get_by_role("link", name=re.compile("^SUB-")).click()
        return AzurePlanPage(self.page).arrived()


class AzurePlanPage(BasePage):
    heading = re.compile(r"^Azure plan SUB-\d{5,}$")

    def __init__(self, page):
        super().__init__(page)
        self.menu = self.main.get_by_role("button", name="I want to…")

    def buy_reservation(self):
        self.menu.click()
        self.main.get_by_role("link", name="Buy a reservation").first.click()
        return ReservationWizard(self.page).arrived()


class ReservationWizard(BasePage):
    """Both steps: find one, and say how many."""

    heading = "Buy a reservation"

    def __init__(self, page):
        super().__init__(page)
        self.region = page.get_by_label("Region")
        self.search = page.get_by_label("Search reservations")
        self.show = page.get_by_role("button", name="Show reservations")
        self.quantity = page.get_by_label("Quantity")
        self.go_on = page.get_by_role("button", name="Review order")

    def find(self, region, words):
        """What fits shows up while one types; without script, by the button."""
        self.region.select_option(label=region)
        self.search.fill(words)
        if self.show.is_visible():
            self.show.click()
        return self

    def choose(self, title):
        self.page.get_by_role("link", name=f"Choose {title}", exact=True).click()
        expect(self.quantity).to_be_visible()
        return self

    def review(self, quantity):
        self.quantity.fill(str(quantity))
        self.go_on.click()
        return ReviewPage(self.page).arrived()


class SoftwareCataloguePage(BasePage):
    path = "/catalogue/software/"
    heading = "Software subscriptions for sale"

    def __init__(self, page):
        super().__init__(page)
        self.customer = page.get_by_label("Customer")
        self.show = page.get_by_role("button", name="Show software")

    def open_plan(self, name, customer=None):
        """A reseller says for whom: prices depend on it."""
        if customer:
            self.customer.select_option(label=customer)
            if self.show.is_visible():
                self.show.click()
        self.main.get_by_role("link", name=name, exact=True).click()
        plan = SoftwarePlanPage(self.page)
        plan.heading = name
        return plan.arrived()


class SoftwarePlanPage(BasePage):
    def __init__(self, page):
        super().__init__(page)
        self.quantity = page.get_by_label("Quantity")
        self.go_on = page.get_by_role("button", name="Review order")

    def put_in_basket(self, title, quantity):
        self.main.get_by_role("radio", name=title).check()
        self.quantity.fill(str(quantity))
        self.page.get_by_role("button", name="Add to basket").click()
        return BasketPage(self.page).arrived()

    def review(self, title, quantity):
        self.main.get_by_role("radio", name=title).check()
        self.quantity.fill(str(quantity))
        self.go_on.click()
        return ReviewPage(self.page).arrived()


class ReviewPage(BasePage):
    heading = "Review your order"

    def __init__(self, page):
        super().__init__(page)
        self.agrees = page.get_by_label("I have checked the customer and quantity")
        self.reference = page.get_by_label("Your reference")
        self.button = page.get_by_role("button", name=re.compile("^Buy"))

    @property
    def fields(self):
        """What the form would send, but for the box to tick."""
        inputs = self.main.locator("form:has(button[type=submit]) input[name]").all()
        return {
            field.get_attribute("name"): field.input_value()
            for field in inputs
            if field.get_attribute("type") != "checkbox"
        }

    def buy(self):
        self.agrees.check()
        self.button.click()
        return OrderPage(self.page).arrived()

    def send_for_approval(self):
        self.agrees.check()
        self.page.get_by_role("button", name="Send for approval").click()
        return OrderPage(self.page).arrived()


class OrderPage(BasePage):
    heading = re.compile(r"^Order ORD-\d{6,}$")

    def __init__(self, page):
        super().__init__(page)
        self.asset = self.main.get_by_role("link", name=re.compile(r"^AST-\d{6,}$"))

    @property
    def asset_number(self):
        return self.asset.inner_text()

    def approve(self):
        """By whoever sells: the page then says that it was executed."""
        self.main.get_by_role("button", name=re.compile("^Approve")).click()
        expect(self.main.get_by_text("Executed", exact=True).first).to_be_visible()
        return self

    def open_asset(self):
        self.asset.click()
        return AssetPage(self.page).arrived()


class AssetPage(BasePage):
    """Reservation View, and the same of a software subscription."""

    heading = re.compile(".")

    def __init__(self, page):
        super().__init__(page)
        self.sync_status = self.main.locator("#sync-status")
        self.show_changes = self.main.get_by_role("link", name="Show what changed")

    def arrived(self):
        """On the page of one asset: its heading is any text."""
        expect(self.sync_status).to_be_visible()
        return super().arrived()

    def show_what_changed(self):
        """Once the live status has come to its end the page loads itself again."""
        expect(self.show_changes).to_have_count(0)
        return self.arrived()


class ReservationsPage(BasePage):
    path = "/billing/assets/reservations/"
    heading = "Reservations"

    def __init__(self, page):
        super().__init__(page)
        self.search = page.get_by_label("Search reservations")
        self.search_button = page.get_by_role("button", name="Search", exact=True)
        self.all = self.main.get_by_role("link", name=re.compile("^All"))
        self.names = self.main.get_by_role("table").locator("a.row")

    def find(self, words):
        """Until the answer is there; without script, by the button."""
        self.search.fill(words)
        if self.search_button.is_visible():
            self.search_button.click()
        expect(self.all).to_have_attribute("href", re.compile("[?&]q=[^&]" if words else "[?&]q=&"))
        return self

    def open_reservation(self, name):
        self.main.get_by_role("link", name=name, exact=True).first.click()
        return AssetPage(self.page).arrived()


class InvoicesPage(BasePage):
    path = "/billing/invoices/"
    heading = "Invoices"

    def open_credit_note_of(self, words):
        return self._open(f"{self.path}?status=credit_note&q={words}")

    def __init__(self, page):
        super().__init__(page)
        named = re.compile("^(INV|CRN)-")
        self.links = self.main.get_by_role("table").get_by_role("link", name=named)

    def search(self, words):
        self.page.goto(f"{self.path}?q={words}")
        return self.links

    def open_first(self):
        """The newest."""
        self.links.first.click()
        return InvoicePage(self.page).arrived()

    def open_invoice(self, words):
        """The only one that the search finds."""
        return self._open(f"{self.path}?q={words}")

    def open_statement(self):
        self.main.get_by_role("link", name="Statement").click()
        return StatementPage(self.page).arrived()

    def _open(self, address):
        self.page.goto(address)
        expect(self.links).to_have_count(1)
        self.links.click()
        return InvoicePage(self.page).arrived()


class InvoicePage(BasePage):
    heading = re.compile("(INV|CRN)-")

    def __init__(self, page):
        super().__init__(page)
        self.number = re.compile(r"(INV|CRN)-\d{4}-\d{6}")

    def read_number(self):
        return self.number.search(self.title.inner_text())[0]

    def get_pdf(self):
        """What the link gives, with the cookies of whoever looks."""
        link = self.main.get_by_role("link", name="PDF", exact=True)
        return self.page.request.get(link.get_attribute("href"))


class StatementPage(BasePage):
    path = "/billing/statement/"
    heading = "Statement"

    def __init__(self, page):
        super().__init__(page)
        self.rows = self.main.get_by_role("table").get_by_role("row")


class BasketPage(BasePage):
    path = "/basket/"
    heading = "Basket"

    def __init__(self, page):
        super().__init__(page)
        self.go_on = page.get_by_role("button", name="Review order")

    def row_of(self, name):
        return self.main.get_by_role("row").filter(has_text=name)

    def review(self):
        self.go_on.click()
        return ReviewPage(self.page).arrived()

    def take_out(self, name):
        self.row_of(name).get_by_role("button", name="Remove").click()
        expect(self.row_of(name)).to_have_count(0)
        return self


class BrandPage(BasePage):
    path = "/brand/"
    heading = "Name, logo and colour"

    def save(self, *, name, hue):
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_label("Hue", exact=True).fill(hue)
        self.page.get_by_role("button", name="Save").click()
        return self.arrived()


class TermsPage(BasePage):
    """What a reseller agrees with one customer."""

    heading = re.compile("^What is agreed with ")

    def __init__(self, page):
        super().__init__(page)
        self.markup = page.get_by_label("Markup (%)")
        self.prices = page.get_by_label("Prices", exact=True)
        self.orders = page.get_by_label("Orders of this customer")
        self.save = page.get_by_role("button", name="Save")

    def open_of(self, customer):
        self.page.goto("/customers/")
        self.main.get_by_role("link", name=customer, exact=True).click()
        self.page.get_by_role("link", name="Change what is agreed").click()
        return self.arrived()

    def agree(self, *, markup="", prices="Shown", orders="Are executed at once"):
        """All three; by default what the demo data has for Aegean Foods."""
        self.markup.fill(markup)
        self.prices.select_option(
            label=f"{prices} {'to' if prices == 'Shown' else 'from'} this customer"
        )
        self.orders.select_option(label=orders)
        self.save.click()
        expect(self.page.get_by_text("Saved. It holds from the next quote on")).to_be_visible()
        return self
