"""What all pages have in common."""

import re

from playwright.sync_api import expect


class BasePage:
    """`path` and `heading` name the page; actions return the page that the person lands on."""

    path = ""
    heading = ""

    def __init__(self, page):
        self.page = page
        self.main = page.get_by_role("main")
        self.title = self.main.get_by_role("heading", level=1)
        self.problems = page.get_by_role("alert")

    def open(self):
        self.page.goto(self.path)
        return self.arrived()

    def arrived(self):
        """Wait for the page to be there."""
        expect(self.title).to_have_text(self.heading)
        return self

    def open_again(self):
        """The same address, as it is now."""
        self.page.reload()
        return self.arrived()

    def fact(self, term):
        """What stands beside a term in a list of facts."""
        names = self.main.locator("dt", has_text=exactly(term))
        return names.locator("xpath=following-sibling::dd[1]")


def exactly(text):
    """A pattern for the whole text, without regard to case."""
    return re.compile(rf"^\s*{re.escape(text)}\s*$", re.IGNORECASE)
