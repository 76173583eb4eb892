"""What the journeys share: the whole system once a session, a browser, people signed in."""

import pytest
from playwright.sync_api import expect

from tests.e2e.keys import use_keys_only
from tests.e2e.pages.sign_in import SignInPage
from tests.e2e.people import ADMIN, BUYER, DESKTOP, DIRECT, HOMES, PASSWORD, RESELLER, SUPPORT
from tests.support.chromium import launch_options
from tests.support.crawl import crawl
from tests.support.system import System

expect.set_options(timeout=10_000)

# A worker that is killed keeps its purchase for a lease: short, so that tests need not wait long.
_SETTINGS = {"ENTREPOT_LEASE_SECONDS": "8", "MICROSOFT_READ_TIMEOUT": "6"}
# In the browser's words, what is part of the tests: 4xx and 5xx answers.
_EXPECTED = "Failed to load resource: the server responded with a status of"
# Chromium does not fade to a page that it shows already, and calls that an error of the page's.
_NOT_FADED = "Transition was aborted because of invalid state. Page already revealed"


def pytest_configure(config):
    """Keep a picture of what failed, under test-results/.

    A trace costs the browser 70 % more time: `--tracing retain-on-failure` asks for one.
    """
    if config.option.screenshot == "off":
        config.option.screenshot = "only-on-failure"


@pytest.fixture(scope="session")
def system(tmp_path_factory):
    """Web, worker, dispatcher, sandbox, PostgreSQL, Redis and the demo data."""
    with System(tmp_path_factory.mktemp("system") / "state", **_SETTINGS) as running:
        yield running


@pytest.fixture(scope="session")
def base_url(system):
    return system.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, **launch_options()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "UTC"}


@pytest.fixture
def sandbox(system):
    """Microsoft without faults, and without the waits that it has in reality.

    Only tests whose purchases reach an end may ask for it: it forgets everybody's carts.
    """
    control = system.sandbox
    control.reset()
    control.change(
        list_lag_seconds=0,
        order_pending_seconds=0,
        subscription_id_delay_seconds=0,
        provisioning_step_seconds=0,
    )
    return control


@pytest.fixture(scope="session")
def states(browser, base_url):
    """The cookies of each person, who signs in once a session and through the form."""
    kept = {}

    def state_of(email):
        if email not in kept:
            context = browser.new_context(base_url=base_url)
            SignInPage(context.new_page()).open().sign_in(email, PASSWORD)
            kept[email] = context.storage_state()
            context.close()
        return kept[email]

    return state_of


@pytest.fixture(scope="session")
def addresses_of(browser, base_url, states):
    """Where each person can go by links: one page of each kind, or up to `each`."""
    kept = {}

    def found(email, *, each=1):
        if (email, each) not in kept:
            context = browser.new_context(base_url=base_url, storage_state=states(email))
            by_kind = crawl(context.request, base_url, HOMES[email], each=each)
            context.close()
            kept[email, each] = [address for same in by_kind.values() for address in same]
        return kept[email, each]

    return found


@pytest.fixture
def page_of(new_context, states, monkeypatch):
    """A page of a person, of None as long as nobody signs in; with mouse or `by_keyboard`.

    Other options are those of a browser context.
    """
    problems = []

    def signed_in(email, *, by_keyboard=False, **options):
        signed_in_already = {"storage_state": states(email)} if email else {}
        page = new_context(**signed_in_already, **(DESKTOP | options)).new_page()
        watch(page, problems)
        if by_keyboard:
            use_keys_only(monkeypatch, page)
        return page

    yield signed_in
    assert problems == []


def watch(page, problems):
    """Note what the browser finds wrong: scripts that fail, policies that are broken."""
    page.on("pageerror", lambda error: _note(problems, page, str(error)))
    page.on(
        "console",
        lambda message: _note(problems, page, message.text) if message.type == "error" else None,
    )


def _note(problems, page, words):
    if not words.startswith(_EXPECTED) and _NOT_FADED not in words:
        problems.append(f"{page.url}: {words}")


@pytest.fixture
def reseller_page(page_of):
    return page_of(RESELLER)


@pytest.fixture
def buyer_page(page_of):
    return page_of(BUYER)


@pytest.fixture
def direct_page(page_of):
    return page_of(DIRECT)


@pytest.fixture
def staff_page(page_of):
    return page_of(ADMIN)


@pytest.fixture
def support_page(page_of):
    return page_of(SUPPORT)
