"""Only our own pages may send forms."""

import pytest

from tests.factories import UserFactory
from tests.support.html import page, words

OURS = {"Origin": "http://localhost"}


@pytest.fixture
def token(client):
    return page(client.get("/login")).select_one("input[name=csrf_token]")["value"]


@pytest.mark.parametrize("sent", [{}, {"csrf_token": ""}, {"csrf_token": "IjEi.made.up"}])
@pytest.mark.parametrize("path", ["/login", "/logout", "/theme"])
def test_a_form_without_its_token_is_refused(client, path, sent):
    response = client.post(path, data=sent)

    assert response.status_code == 400
    assert "Reload" in words(page(response).main)


def test_the_token_of_another_browser_is_refused(app, token):
    other = app.test_client()
    other.get("/login")

    assert other.post("/theme", data={"csrf_token": token}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_origin_is_refused_even_with_the_token(client, token, headers):
    response = client.post("/theme", data={"csrf_token": token}, headers=headers)

    assert response.status_code == 400


@pytest.mark.parametrize("headers", [{}, OURS, OURS | {"Sec-Fetch-Site": "same-origin"}])
def test_our_own_form_is_accepted(client, token, headers):
    assert client.post("/theme", data={"csrf_token": token}, headers=headers).status_code == 303


def test_a_form_sent_after_the_session_ended_leads_to_sign_in(app, client):
    UserFactory()

    assert client.post("/vat", data={"vat": "incl"}).location == "/login"
