"""Where signing in leads: a page of ours, whatever is asked for."""

from itertools import product

import pytest

from app.web.next_page import safe_next

HOSTS = ["evil.example", "evil.example/login", "[::1]", "127.0.0.1@evil.example"]
PREFIXES = [
    "//", "///", "////", "/\\", "\\/", "\\\\", "/\t/", "/\n/", "/\r/", "/ /", "/%2f", "/%2F/",
    "/%5c", "/%5C/", "/%09/", "/%0a/", "/%00/", "/.//", "/..//", "/./\\", "http:", "http:/",
    "http://", "HTTP://", "https://", "https:///", "ftp://", "javascript:", "javascript://",
    "data:text/html,", "vbscript:", "/@", "@", "//@", "/%40", "\uff0f\uff0f", "/\uff0f", "\u2028//",
    "\u202e//", "\x00//", " //", "\t//", "%20//", "%09//", "%2f%2f", "%5c%5c", "?//", "#//",
    ";//", "/;//", "/:@", ":", "::", "/\u200b/", "/\u3000/", "//login?x=", "/login//",
    "/%252f", "/%25252f%2f", "/%u2215", "/%c0%af", "/%e3%80%82//", "/bss//", "/bss/\\",
    "/static/../", "/?next=//..//", "https:/\\", "http:\\\\", "/\\/\\/", "/..\\", "\\..\\",
    "/.%2e//", "/%2e%2e//",
]  # fmt: skip
SUFFIXES = ["", "/", "?a=b"]
ELSEWHERE = [
    "", " ", None, "/login", "/login?next=/", "/logout", "/theme", "/vat", "/nothing/here",
    "/static/css/ui.css", "/bss", "bss/", "./", "../", ".", "*", "/*", "/#x", "/?a#b", "/%",
    "/?\n", "/é", "/bss/assets/not-a-uuid", "/healthz/",
]  # fmt: skip
PAYLOADS = [
    prefix + host + suffix for prefix, host, suffix in product(PREFIXES, HOSTS, SUFFIXES)
] + ELSEWHERE


@pytest.fixture
def in_a_request(the_app):
    with the_app.test_request_context("/login", base_url="http://entrepot.example"):
        yield


@pytest.mark.usefixtures("in_a_request")
def test_no_payload_leads_anywhere_else():
    assert len(PAYLOADS) >= 500
    accepted = [payload for payload in PAYLOADS if safe_next(payload)]
    stay_here = [each for each in accepted if each.startswith("/?next=")]

    assert accepted == stay_here


@pytest.mark.usefixtures("in_a_request")
@pytest.mark.parametrize("ours", ["/", "/?q=a%20b&page=2", "/bss/", "/healthz"])
def test_our_own_pages_are_kept_as_they_are(ours):
    assert safe_next(ours) == ours


@pytest.mark.parametrize("payload", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_foreign_next_in_the_address_is_not_offered(client, payload):
    response = client.get("/login", query_string={"next": payload})

    assert response.status_code == 200
