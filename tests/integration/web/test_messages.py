"""A small message of success is shown once, on the next page or beside htmx's answer."""

import json

from app.web.request_log import request_id
from tests.support.html import page, words

HTMX = {"HX-Request": "true", "HX-Request-Type": "full"}


def say(client, message):
    with client.session_transaction() as cookie:
        cookie["_flashes"] = [("message", message)]


def test_a_page_shows_it_once(client):
    say(client, "Saved.")

    shown = [words(page(client.get("/login")).select_one("#toasts")) for _ in range(2)]

    assert shown == ["Saved.", ""]


def test_htmx_gets_it_as_an_event_because_it_takes_a_part_of_the_page_only(client):
    say(client, "Αποθηκεύτηκε.")

    response = client.get("/login", headers=HTMX)

    event = json.loads(response.headers["HX-Trigger"])["toast"]
    assert event == {"target": "#toasts", "messages": ["Αποθηκεύτηκε."]}
    assert words(page(response).select_one("#toasts")) == ""
    assert "HX-Trigger" not in client.get("/login", headers=HTMX).headers


def test_every_request_has_an_id_of_its_own(client, app):
    first, second = (client.get("/healthz").headers["X-Request-ID"] for _ in range(2))

    assert first != second
    with app.test_request_context():
        assert len(request_id()) == 32
