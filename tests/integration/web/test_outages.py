"""PostgreSQL or Redis away, and back."""

import pytest

from app.services.passwords import hash_password
from tests.factories import UserFactory
from tests.support.html import page, words

PASSWORD = "entrepot-demo"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def visitor(app_on_cables):
    return app_on_cables.test_client()


def test_without_postgresql_pages_say_so_and_work_again_without_a_restart(visitor, cables, sign_in):
    sign_in(UserFactory(), into=visitor)
    assert visitor.get("/").status_code == 200

    cables["postgresql"].cut()
    gone = visitor.get("/")
    fragment = visitor.get("/", headers=PARTIAL)
    cables["postgresql"].mend()

    assert gone.status_code == fragment.status_code == 503
    assert gone.headers["Retry-After"]
    assert "Not available right now" in words(page(gone).main)
    assert fragment.headers["HX-Retarget"] == "#toasts"
    assert visitor.get("/").status_code == 200


def test_without_postgresql_an_unknown_address_is_no_500(visitor, cables, sign_in):
    sign_in(UserFactory(), into=visitor)
    cables["postgresql"].cut()

    assert visitor.get("/nowhere").status_code == 503


def test_without_postgresql_the_process_lives_but_is_not_ready(visitor, cables):
    cables["postgresql"].cut()

    ready = visitor.get("/readyz")

    assert visitor.get("/healthz").status_code == 200
    assert ready.status_code == 503
    assert ready.json["postgresql"] == ready.json["migrations"] == "down"
    assert ready.json["redis"] == "ok"


def test_without_redis_people_sign_in_and_guessing_is_still_limited(visitor, cables):
    user = UserFactory(password_hash=hash_password(PASSWORD))
    cables["redis"].cut()

    def guess(password):
        data = {"email": user.email, "password": password}
        return visitor.post_form("/login", data).status_code

    wrong = [guess("wrong") for _ in range(11)]
    ready = visitor.get("/readyz")

    assert wrong == [422] * 10 + [429]
    assert (ready.status_code, ready.json["redis"]) == (200, "degraded")


def test_without_redis_the_right_password_signs_in(visitor, cables):
    user = UserFactory(password_hash=hash_password(PASSWORD))
    cables["redis"].cut()

    response = visitor.post_form("/login", {"email": user.email, "password": PASSWORD})

    assert response.status_code == 303


def test_a_session_that_postgresql_ended_is_an_outage_and_no_mistake_of_ours(failing_client):
    response = failing_client.get("/idle/ask")

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "Not available right now" in words(page(response).main)
    assert failing_client.get("/take").status_code == 405


def test_a_session_that_ended_behind_the_answer_does_not_take_it_back(failing_client):
    response = failing_client.get("/idle/answer")

    assert (response.status_code, response.text) == (200, "answered")
    assert failing_client.get("/idle/answer").status_code == 200
