"""Users, their one-time links, and choosing a password."""

import email
import email.policy
import re

from playwright.sync_api import expect

from tests.e2e.pages.base import BasePage
from tests.e2e.pages.sign_in import SignInPage
from tests.support.waiting import wait_until

_LINK = re.compile(r"https?://\S+/password/new\?token=\S+")


class UsersPage(BasePage):
    path = "/bss/setup/users/"
    heading = "Users"

    def invite(self, name, address, role):
        """To the page that shows the link for handing over."""
        self.send_invitation(name, address, role)
        return LinkPage(self.page).arrived()

    def send_invitation(self, name, address, role):
        self.main.get_by_role("link", name="Invite a user").click()
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("E-mail address").fill(address)
        self.page.get_by_label("Role").select_option(label=role)
        self.page.get_by_role("button", name="Invite", exact=True).click()


class OwnUsersPage(UsersPage):
    """A reseller's or a customer's: the link goes by mail alone."""

    path = "/users/"

    def invite(self, name, address, role):
        self.send_invitation(name, address, role)
        expect(self.title).to_have_text(name)


class LinkPage(BasePage):
    heading = "One-time link"

    @property
    def link(self):
        return self.main.locator("code").inner_text()


class ForgottenPage(BasePage):
    path = "/password/forgotten"
    heading = "Forgotten password"

    def ask(self, address):
        self.page.get_by_label("Email").fill(address)
        self.page.get_by_role("button", name="Send the link").click()
        expect(self.title).to_have_text("Look into your mailbox")


class ChoosePage(BasePage):
    """`arrived` is for links that are open."""

    def open_link(self, link):
        self.page.goto(link)
        expect(self.title).to_have_text(re.compile("^Choose (your|a new) password$"))
        return self

    def choose(self, password):
        self.page.get_by_label("New password", exact=True).fill(password)
        self.page.get_by_label("New password again").fill(password)
        self.page.get_by_role("button", name="Set the password").click()
        return SignInPage(self.page).arrived()


def link_mailed_to(address, folder, *, other_than=None):
    """The one-time link in a mail to that address, once the postman has been."""

    def find():
        for file in folder.glob("*.eml"):
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if mail["To"].addresses[0].addr_spec == address:
                found = _LINK.search(mail.get_body(("plain",)).get_content())
                if found and found.group() != other_than:
                    return found.group()
        return None

    return wait_until(find, what=f"a mail to {address}")
