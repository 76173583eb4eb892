"""The back office: accounts with their short views, assets, edit and save."""

import re

from playwright.sync_api import expect

from tests.e2e.pages.base import BasePage
from tests.e2e.pages.storefront import (
    OrderPage,
    ReservationWizard,
    ReviewPage,
    SoftwareCataloguePage,
    SoftwarePlanPage,
)
from tests.support.waiting import wait_until


class Palette:
    """The dialog of Ctrl K."""

    def __init__(self, page):
        self.page = page
        self.dialog = page.get_by_role("dialog", name="Search everything")
        self.query = self.dialog.get_by_role("searchbox", name="Search everything")
        self.links = self.dialog.locator("#palette-results").get_by_role("link")

    def holds_the_focus(self):
        """Or the browser itself does: nothing of the page behind."""
        return self.dialog.evaluate(
            "element => element.contains(document.activeElement)"
            " || document.activeElement === document.body"
        )


class HomePage(BasePage):
    path = "/bss/"
    heading = "Back office"

    def __init__(self, page):
        super().__init__(page)
        self.palette = Palette(page)
        self.keys = page.get_by_role("dialog", name="Keys")

    def failed_asset(self, reason):
        """The one that failed for this reason, among what waits for a person."""
        waiting = self.main.get_by_role("region", name="Assets that failed or are being checked")
        return waiting.get_by_role("row").filter(has_text=reason).get_by_role("link").first


class AccountsPage(BasePage):
    path = "/bss/accounts/"
    heading = "Accounts"

    def open_account(self, name):
        self.main.get_by_role("link", name=name, exact=True).first.click()
        account = AccountPage(self.page)
        account.heading = name
        return account.arrived()


class AccountPage(BasePage):
    """With the shortcut menu, whose Assets entry has an abstract."""

    def __init__(self, page):
        super().__init__(page)
        shortcuts = page.get_by_role("navigation", name="Account shortcuts")
        self.assets = shortcuts.get_by_role("link", name=re.compile("^Assets"))
        self.preview = shortcuts.get_by_role("button", name="Preview assets")
        self.abstract = page.get_by_role("dialog", name="Assets preview")
        self.view_all = self.abstract.get_by_role("link", name=re.compile(r"^View all \d+ assets$"))
        self.close = self.abstract.get_by_role("button", name="Close preview")
        self.menu = self.main.get_by_role("button", name="I want to…").first

    def order_software(self):
        self.menu.click()
        self.main.get_by_role("link", name="Order software for this account").click()
        return SoftwareCatalogueOnBehalf(self.page).arrived()


class SubscriptionsPage(BasePage):
    path = "/bss/billing/subscriptions/"
    heading = "Subscriptions"

    def open_plan(self, name, account):
        """Of this very name, of this account."""
        named = self.page.get_by_text(name, exact=True)
        row = self.main.get_by_role("row").filter(has=named, has_text=account)
        row.get_by_role("link", name=re.compile("^SUB-")).click()
        return SubscriptionPage(self.page).arrived()


class SubscriptionPage(BasePage):
    heading = re.compile(r"^Azure plan SUB-\d{5,}$")

    def __init__(self, page):
        super().__init__(page)
        self.menu = self.main.get_by_role("button", name="I want to…")

    def buy_reservation(self):
        self.menu.click()
        self.main.get_by_role("link", name="Buy a reservation").first.click()
        return WizardOnBehalf(self.page).arrived()


class WizardOnBehalf(ReservationWizard):
    """The storefront's wizard in the back office."""

    def review(self, quantity):
        super().review(quantity)
        return ReviewOnBehalf(self.page).arrived()


class SoftwareCatalogueOnBehalf(SoftwareCataloguePage):
    path = "/bss/sales/software/"

    def open_plan(self, name):
        super().open_plan(name)
        plan = SoftwarePlanOnBehalf(self.page)
        plan.heading = name
        return plan.arrived()


class SoftwarePlanOnBehalf(SoftwarePlanPage):
    def review(self, title, quantity):
        super().review(title, quantity)
        return ReviewOnBehalf(self.page).arrived()


class ReviewOnBehalf(ReviewPage):
    def buy(self):
        super().buy()
        return OrderOnBehalf(self.page).arrived()


class OrderOnBehalf(OrderPage):
    def open_asset(self):
        super().open_asset()
        return AssetPage(self.page).arrived()


class AssetsPage(BasePage):
    path = "/bss/billing/assets/"
    heading = "Assets"

    def __init__(self, page):
        super().__init__(page)
        self.search = page.get_by_label("Search assets")
        self.rows = self.main.get_by_role("table").get_by_role("row")

    def find(self, words):
        """Until the answer is there: a row must not move away under the mouse."""
        self.search.fill(words)
        self.search.press("Enter")
        everything = self.main.get_by_role("link", name=re.compile("^All"))
        expect(everything).to_have_attribute("href", re.compile(rf"[?&]q={re.escape(words)}(&|$)"))
        return self

    def open_asset(self, words):
        """By its number, or other words that only one row has."""
        row = self.rows.filter(has_text=words)
        expect(row).to_have_count(1)
        row.get_by_role("cell").first.get_by_role("link").click()
        return AssetPage(self.page).arrived()

    def open_failed(self, name, reason):
        """The only failed asset of this name for this reason."""
        self.main.get_by_role("link", name=re.compile("^Failed provisioning")).click()
        row = self.rows.filter(has_text=reason)
        row.get_by_role("link", name=name, exact=True).click()
        return AssetPage(self.page).arrived()


class AssetPage(BasePage):
    heading = re.compile(".")

    def __init__(self, page):
        super().__init__(page)
        self.sync_status = self.main.locator("#sync-status")  # banners are statuses too
        self.banner = self.main.locator("#sync-banner")
        self.edit_link = self.main.get_by_role("link", name="Edit", exact=True)

    def arrived(self):
        """On the page of one asset: its heading is any text."""
        expect(self.sync_status).to_be_visible()
        return super().arrived()

    @property
    def number(self):
        return self.main.get_by_text(re.compile(r"^AST-\d{6,}$")).first.inner_text()

    def edit(self):
        self.edit_link.click()
        return EditPage(self.page).arrived()

    def refresh_until(self, shown):
        """Ask Microsoft again by the button, and look until a worker has read it."""
        self.main.get_by_role("button", name="Refresh from Microsoft").click()
        self.arrived()
        wait_until(lambda: self.open_again() and shown.count() > 0, seconds=30)

    def give_up(self):
        self.main.get_by_role("link", name="Give it up").click()
        return GiveUpPage(self.page).arrived()


class EditPage(BasePage):
    heading = re.compile("^Edit ")

    def __init__(self, page):
        super().__init__(page)
        self.name = page.get_by_label("Name", exact=True)
        self.quantity = page.get_by_label("Quantity")
        self.plan = page.get_by_label("Azure plan")
        self.custom_fields = page.get_by_label("Custom fields")
        self.notes = page.get_by_label("Notes")
        self.save_button = page.get_by_role("button", name=re.compile("^Save"))

    def choose_other_plan(self):
        """One that is not chosen now."""
        label = self.plan.locator("option:not(:checked)").first.inner_text()
        self.plan.select_option(label=label)

    def save(self):
        self.save_button.click()
        expect(self.title).not_to_have_text(self.heading)
        return AssetPage(self.page).arrived()


class ReconciliationPage(BasePage):
    path = "/bss/reconciliation/"
    heading = "Reconciliation"

    def __init__(self, page):
        super().__init__(page)
        self.cases = self.main.get_by_role("table").get_by_role("row")

    def compare(self):
        """Until it is done, which the page shows by itself."""
        self.main.get_by_role("button", name="Compare all customers now").click()
        done = self.main.get_by_text("Last comparison of all customers")
        expect(done).to_be_visible(timeout=60_000)
        return self.arrived()

    def open_case(self, order_id):
        """The case about an order."""
        self.page.goto(f"{self.path}?q={order_id}")
        self.main.get_by_role("cell").get_by_role("link").first.click()
        return CasePage(self.page).arrived()


class CasePage(BasePage):
    heading = re.compile(".")

    def __init__(self, page):
        super().__init__(page)
        self.plan = page.get_by_label("Azure plan")
        self.price = page.get_by_label("Unit Price", exact=True)
        self.adopt_button = self.main.get_by_role("button", name="Adopt")

    def adopt(self):
        self.adopt_button.click()
        expect(self.adopt_button).to_have_count(0)
        return AssetPage(self.page).arrived()


class GiveUpPage(BasePage):
    heading = re.compile("^Give up ")

    def __init__(self, page):
        super().__init__(page)
        self.reason = page.get_by_label("Reason")
        self.button = self.main.get_by_role("button", name="Give it up")


class ProductPage(BasePage):
    """Found by its name, which stands for it in the list."""

    def __init__(self, page, name):
        super().__init__(page)
        self.heading = name

    def open(self):
        self.page.goto(f"/bss/billing/products/?q={self.heading}")
        self.main.get_by_role("link", name=self.heading, exact=True).click()
        return self.arrived()

    def press(self, button):
        self.page.get_by_role("button", name=button).click()
        return self.arrived()
