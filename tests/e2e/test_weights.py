"""What pages weigh, compressed, within the budget of the design."""

import gzip
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.e2e.pages.bss import AccountsPage
from tests.e2e.people import ADMIN, RESELLER

KB = 1000
MOST = {
    "document": 20 * KB,
    "stylesheet": 12 * KB,
    "script": 20 * KB,
    "font": 50 * KB,
    "image": 0,
}
FIRST_VIEW, ABSTRACT = 100 * KB, 4 * KB


def weights(request, address, known):
    """What a browser that knows nothing loads for a page, by kind, as it travels compressed.

    `known` keeps the weight of each file: most are of every page.
    """
    html = request.get(address).text()
    soup = BeautifulSoup(html, "html.parser")
    parts = {
        "document": [html.encode()],
        "stylesheet": [link["href"] for link in soup.select("link[rel=stylesheet]")],
        "script": [script["src"] for script in soup.select("script[src]")],
        "font": [link["href"] for link in soup.select("link[rel=preload][as=font]")],
        "image": [image["src"] for image in soup.select("img[src]")],
    }
    for part in {part for each in parts.values() for part in each} - known.keys():
        known[part] = _weight(request, part)
    return {kind: sum(known[part] for part in each) for kind, each in parts.items()}


def _weight(request, part):
    body = request.get(part).body() if isinstance(part, str) else part
    return len(gzip.compress(body, 9))


@pytest.mark.parametrize("email", [RESELLER, ADMIN])
def test_every_page_stays_within_its_budget(page_of, addresses_of, email):
    request = page_of(email).context.request

    too_heavy, known = [], {}
    for address in addresses_of(email):
        found = weights(request, address, known)
        over = any(found[kind] > most for kind, most in MOST.items())
        if over or sum(found.values()) > FIRST_VIEW:
            too_heavy.append((address, found))

    assert too_heavy == []


def test_a_page_loads_nothing_but_its_own_few_files(reseller_page, base_url):
    asked = []
    reseller_page.on("request", lambda request: asked.append(request.url))

    reseller_page.goto("/billing/", wait_until="networkidle")

    assert {urlsplit(address).netloc for address in asked} == {urlsplit(base_url).netloc}
    assert len(asked) <= 7  # the page, the style sheet, two scripts, two fonts, the icon


def test_files_are_cached_for_good(reseller_page):
    asked = []

    def remember(request):
        asked.append(request)

    reseller_page.goto("/", wait_until="networkidle")
    reseller_page.on("requestfinished", remember)
    reseller_page.goto("/billing/", wait_until="networkidle")

    sent = {request.resource_type for request in asked if request.sizes()["responseBodySize"] > 0}
    assert sent == {"document"}


def test_the_abstract_is_light(staff_page):
    AccountsPage(staff_page).open()
    links = staff_page.locator("tbody td:first-child a").all()
    assert links

    for link in links:
        answer = staff_page.request.get(
            f"{link.get_attribute('href')}assets/abstract",
            headers={"HX-Request": "true", "HX-Request-Type": "partial"},
        )
        body = answer.body()

        assert len(gzip.compress(body, 9)) <= ABSTRACT
        assert body.count(b"<tr") <= 6  # the head and the five newest
