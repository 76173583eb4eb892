"""Errors: a page, a fragment or a toast, always with the headers and the id of the request."""

import pytest
from werkzeug.test import EnvironBuilder

from app.web.security import HEADERS
from tests.factories import UserFactory
from tests.support.html import page, words

STATUSES = [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503]
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.mark.parametrize("status", STATUSES)
def test_an_error_is_a_page_that_names_the_request(failing_client, status):
    response = failing_client.get(f"/fail/{status}")

    text = words(page(response).main)
    assert response.status_code == status
    assert f"Error {status}" in text
    assert response.headers["X-Request-ID"] in text


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_carries_every_header(failing_client, status):
    response = failing_client.get(f"/fail/{status}")

    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert "Server" not in response.headers


@pytest.mark.parametrize("path", ["/login", "/", "/healthz", "/static/css/ui.css", "/nowhere"])
def test_every_answer_carries_every_header(client, path):
    response = client.get(path)

    assert {name: response.headers[name] for name in HEADERS} == HEADERS


def test_the_content_security_policy_is_the_agreed_one(client):
    assert client.get("/login").headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    )


def test_https_is_remembered_by_the_browser(client):
    over_https = client.get("/login", base_url="https://entrepot.example")

    assert "includeSubDomains" in over_https.headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in client.get("/login").headers


@pytest.mark.parametrize("status", [400, 413, 429, 500, 503])
def test_htmx_shows_an_error_of_ours_as_a_toast_and_leaves_the_page_alone(failing_client, status):
    response = failing_client.get(f"/fail/{status}", headers=PARTIAL)

    assert response.headers["HX-Retarget"] == "#toasts"
    assert response.headers["HX-Reswap"] == "beforeend"
    assert response.headers["HX-Reselect"] == ".toast"
    assert response.headers["HX-Push-Url"] == "false"
    assert response.headers["X-Request-ID"] in page(response).select_one(".toast").get_text()


@pytest.mark.parametrize("status", [403, 404, 409, 422])
def test_htmx_shows_what_was_refused_in_its_place(failing_client, status):
    response = failing_client.get(f"/fail/{status}", headers=PARTIAL)

    assert "HX-Retarget" not in response.headers
    assert not response.text.lstrip().lower().startswith("<!doctype")
    assert page(response).select_one("#problem")


@pytest.mark.parametrize(
    ("kind", "status", "shown"),
    [
        ("not-found", 404, "There is nothing here"),
        ("not-allowed", 403, "Ask your administrator."),
        ("conflict", 409, "Nikos changed it."),
        ("invalid", 422, "That cannot be."),
    ],
)
def test_business_errors_have_their_status_and_words(failing_client, kind, status, shown):
    response = failing_client.get(f"/fail-by/{kind}")

    assert response.status_code == status
    assert shown in words(page(response).main)


def test_an_error_page_shows_the_face_that_the_visitor_is_in(failing_client, sign_in):
    signed_out = page(failing_client.get("/nowhere"))
    customer = page(sign_in(UserFactory(), into=failing_client).get("/nowhere"))
    staff = page(sign_in(UserFactory(staff=True), into=failing_client).get("/nowhere"))

    assert signed_out.select_one(".bare")
    assert customer.select_one(".sf-top")
    assert staff.select_one(".bss")


@pytest.mark.parametrize("path", ["/no/such/page", "/orders/not-a-uuid/", "/bss/accounts/1"])
def test_what_does_not_exist_is_404(client, path):
    assert client.get(path).status_code == 404


def test_a_method_that_is_not_possible_says_what_is(client):
    response = client.put("/login")

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_a_request_that_is_too_large_is_refused(client):
    response = client.post("/login", data={"email": "x" * 1_100_000})

    assert response.status_code == 413


@pytest.mark.parametrize(
    "host",
    ["", "a b", "[::1", "a.example/x", "a" * 64, "-", "..", "a:port", "a:65536", "\xff", "a" * 300],
)
def test_a_host_that_is_none_is_refused_with_every_header(client, host):
    response = client.get("/login", environ_overrides={"HTTP_HOST": host})

    assert response.status_code == 400
    assert {name: response.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "host", ["localhost", "shop.example.", "127.0.0.1:65535", "[::1]:8000", "a_b.example:80"]
)
def test_a_host_that_is_one_is_served(client, host):
    response = client.get("/login", environ_overrides={"HTTP_HOST": host})

    assert response.status_code == 200


def test_a_request_that_names_no_host_is_served(app):
    environ = EnvironBuilder("/login").get_environ()
    del environ["HTTP_HOST"]

    with app.response_class.from_app(app, environ) as response:
        assert response.status_code == 200


@pytest.mark.parametrize("address", ["//[::1", "http://[", "http://a]b/"])
def test_an_address_that_is_none_is_no_place_to_return_to(client, address):
    by_htmx = client.get("/orders/", headers=PARTIAL | {"HX-Current-URL": address})

    assert by_htmx.status_code == 401
    assert by_htmx.headers["HX-Redirect"] == "/login"
    assert client.get("/login", query_string={"next": address}).status_code == 200
