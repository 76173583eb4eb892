"""Where people sign in."""

import re

from playwright.sync_api import expect

from tests.e2e.pages.base import BasePage


class SignInPage(BasePage):
    path = "/login"
    heading = "Sign in"

    def __init__(self, page):
        super().__init__(page)
        self.email = page.get_by_label("Email")
        self.password = page.get_by_label("Password")
        self.button = page.get_by_role("button", name="Sign in")

    def sign_in(self, email, password):
        """To the face of the product that is this person's."""
        self.email.fill(email)
        self.password.fill(password)
        self.button.click()
        expect(self.page).not_to_have_url(re.compile("/login"))
        return self
