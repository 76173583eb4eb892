"""A person at a browser, over plain HTTP: forms as the page gives them, and trying again."""

import re
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

import requests
from bs4 import BeautifulSoup

_ASSET = re.compile(r"\bAST-\d{6,}\b")
_PAUSE = threading.Event()


class GaveUpError(Exception):
    """The person went home: nothing that could be waited out."""


@dataclass
class Bought:
    """What the person knows in the end, and what it took."""

    address: str = ""  # of the order
    asset: str = ""  # AST-…
    asked: int = 0  # how often the button was pressed
    errors: list = field(default_factory=list)  # what was seen instead of a page
    broken_presses: list = field(default_factory=list)  # (from, to, status): a page said error
    acknowledged_at: float = 0.0
    pressed_at: float = 0.0


class Person:
    """One browser. Whatever goes wrong is tried again until `patience` seconds are over."""

    def __init__(self, url, email, password, *, patience=60.0, timeout=10.0, pause=0.5):
        self.url, self.email, self.password = url, email, password
        self.patience, self.timeout, self.pause = patience, timeout, pause
        self.errors = []
        self._http = requests.Session()
        self._http.trust_env = False

    def sign_in(self):
        self._until(self._sign_in_once)

    def buy(self, form_at, sku_id, quantity, *, clicks=1):
        """From the form to the order's page; the button of the review is pressed `clicks` times."""
        mark = "&" if "?" in form_at else "?"
        choice = {"sku": str(sku_id), "quantity": str(quantity)}
        self.errors = []
        bought = Bought(errors=self.errors)
        form = self._until(lambda: self._page(f"{form_at}{mark}{urlencode(choice)}"))
        fields = fields_of(form) | choice
        review_at = self._until(lambda: self._redirected(form_at, fields))
        bought.address = review_at.removesuffix("review/")
        self._until(lambda: self._press(review_at, bought, clicks))
        bought.acknowledged_at = time.time()
        page = self._until(lambda: self._page(bought.address))
        number = _ASSET.search(page.get_text(" "))
        if number is None:
            raise GaveUpError(f"No asset at {bought.address}: {page.get_text(' ', strip=True)}")
        bought.asset = number.group()
        return bought

    def save_asset(self, asset_id):
        """Back office: open the edit form and save it as it is; whether it was taken."""
        address = f"/bss/billing/assets/{asset_id}/edit"

        def once():
            page = self._page(address)
            answer = self._post(address, fields_of(page))
            return answer.status_code == requests.codes.see_other or None

        return self._until(once)

    def press(self, page_at, action, **typed):
        """Send the form of the page whose address ends so, as it stands but for what is typed."""

        def once():
            form = self._page(page_at).select_one(f'form[method="post"][action$="{action}"]')
            if form is None:
                raise GaveUpError(f"There is no button for {action} at {page_at}.")
            answer = self._post(form["action"], _fields_of_form(form) | typed)
            return True if answer.is_redirect else None

        return self._until(once)

    def get(self, address):
        """The page, however often it has to be reloaded."""
        return self._until(lambda: self._page(address))

    # ------------------------------------------------------------------------------- buying

    def _press(self, review_at, bought, clicks):
        """The review as it stands now, its box ticked. A placed order's review leads onwards."""
        answer = self._get(review_at)
        if answer.is_redirect:
            return True
        fields = fields_of(_soup(answer)) | {"agrees": "y"}
        bought.pressed_at = bought.pressed_at or time.time()
        bought.asked += clicks
        if clicks > 1:
            impatient = threading.Thread(target=self._click_and_leave, args=(review_at, fields))
            impatient.start()
        start = time.time()
        try:
            answer = self._post(review_at, fields)
        except _BrokenPageError as error:
            bought.broken_presses.append((start, time.time(), str(error)))
            raise
        finally:
            if clicks > 1:
                impatient.join()
        return True if answer.is_redirect else None

    def _click_and_leave(self, address, fields):
        try:
            self._request("POST", address, data=fields)
        except requests.RequestException as error:
            self._note("POST", type(error).__name__)

    def _redirected(self, address, fields):
        answer = self._post(address, fields)
        return answer.headers["Location"] if answer.is_redirect else None

    # --------------------------------------------------------------------------------- HTTP

    def _until(self, act):
        """`act` until it answers something; None is a page that says no, worth another look."""
        give_up_at = time.monotonic() + self.patience
        while time.monotonic() < give_up_at:
            try:
                if (answer := act()) is not None:
                    return answer
            except _SignedOutError:
                self._try_to_sign_in()
            except (requests.RequestException, _BrokenPageError) as error:
                self._note(type(error).__name__, str(error)[:120])
            _PAUSE.wait(self.pause)
        raise GaveUpError(f"{self.email} gave up after {self.patience} s: {self.errors[-3:]}")

    def _try_to_sign_in(self):
        try:
            self._sign_in_once()
        except (requests.RequestException, _BrokenPageError) as error:
            self._note("sign in", type(error).__name__)

    def _sign_in_once(self):
        page = _soup(self._checked(self._request("GET", "/login")))
        fields = fields_of(page) | {"email": self.email, "password": self.password}
        answer = self._checked(self._request("POST", "/login", data=fields))
        return True if answer.is_redirect else None

    def _page(self, address):
        answer = self._get(address)
        while answer.is_redirect:
            answer = self._get(answer.headers["Location"])
        return _soup(answer)

    def _get(self, address):
        return self._signed_in(self._checked(self._request("GET", address)))

    def _post(self, address, fields):
        return self._signed_in(self._checked(self._request("POST", address, data=fields)))

    def _signed_in(self, answer):
        if answer.is_redirect and "/login" in answer.headers["Location"]:
            raise _SignedOutError
        return answer

    def _checked(self, answer):
        if answer.status_code >= requests.codes.server_error:
            raise _BrokenPageError(f"{answer.request.method} {answer.status_code}")
        return answer

    def _request(self, method, address, **options):
        """On a connection of its own: a dead web process is met by one request, not by two."""
        return self._http.request(
            method,
            self.url + address.removeprefix(self.url),
            timeout=self.timeout,
            allow_redirects=False,
            headers={"Connection": "close"},
            **options,
        )

    def _note(self, what, words):
        self.errors.append(f"{what}: {words}")


def reservation_form(plan_id):
    return f"/subscriptions/{plan_id}/buy-reservation/"


def software_form(product_id, account_id):
    """For one of the person's customers, or for the person's own account."""
    return f"/catalogue/software/{product_id}/?customer={account_id}"


def answers(url):
    """Whether somebody serves there."""
    try:
        return requests.get(f"{url}/login", timeout=5).ok
    except requests.RequestException:
        return False


class _SignedOutError(Exception):
    pass


class _BrokenPageError(Exception):
    pass


def fields_of(page):
    """What the page's form would send as it stands."""
    fields = {}
    for form in page.select('main form[method="post"]') or page.select('form[method="post"]'):
        fields |= _fields_of_form(form)
    return fields


def _fields_of_form(form):
    fields = {}
    for each in form.select("input[name], textarea[name], select[name]"):
        kind = each.get("type", "")
        if kind in {"checkbox", "radio"} and not each.has_attr("checked"):
            continue
        fields[each["name"]] = _value_of(each)
    return fields


def _value_of(element):
    if element.name == "textarea":
        return element.get_text().removeprefix("\n")
    if element.name == "select":
        chosen = element.select_one("option[selected]") or element.select_one("option")
        return chosen.get("value", "") if chosen else ""
    return element.get("value", "")


def _soup(answer):
    return BeautifulSoup(answer.text, "html.parser")
