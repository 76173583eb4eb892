"""Guessing passwords is limited; signing in is not."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from werkzeug.exceptions import TooManyRequests

from app.services.passwords import hash_password
from app.web.sign_in_limits import SignInLimits
from tests.factories import UserFactory
from tests.support.html import page, words

PASSWORD = "entrepot-demo"
WRONG = "wrong"
PASSWORD_HASH = hash_password(PASSWORD)


def guess(client, email, password=WRONG, address="192.0.2.1"):
    return client.post_form(
        "/login",
        {"email": email, "password": password},
        environ_overrides={"REMOTE_ADDR": address},
    ).status_code


def test_the_eleventh_guess_at_an_email_is_refused_even_with_the_right_password(client):
    user = UserFactory(password_hash=PASSWORD_HASH)

    guesses = [guess(client, user.email, address=f"192.0.2.{n}") for n in range(10)]

    assert guesses == [422] * 10
    assert guess(client, user.email.upper(), PASSWORD, address="192.0.2.99") == 429


def test_the_eleventh_guess_from_an_address_is_refused(client):
    guesses = [guess(client, f"{n}@x.example") for n in range(11)]

    assert guesses == [422] * 10 + [429]
    assert guess(client, "other@x.example", address="192.0.2.2") == 422


def test_the_refusal_says_to_wait(client):
    for n in range(10):
        guess(client, f"{n}@x.example")

    response = client.post_form(
        "/login", {"email": "a@x.example"}, environ_overrides={"REMOTE_ADDR": "192.0.2.1"}
    )

    assert "Wait a few minutes" in words(page(response).main)


def test_who_knows_the_password_is_never_locked_out_by_signing_in_often(app):
    user = UserFactory(password_hash=PASSWORD_HASH)

    answers = {guess(app.test_client(), user.email, PASSWORD) for _ in range(15)}

    assert answers == {303}


@pytest.fixture(params=["redis", "without redis"])
def limits(request, app, settings):
    """`app` empties Redis."""
    return SignInLimits(settings.redis_url if request.param == "redis" else "redis://127.0.0.1:1/0")


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(limits):
    evaluated = []
    email = f"{uuid4()}@x.example"

    def attempt(n):
        try:
            limits.attempt(email, f"198.51.100.{n % 100}", lambda: evaluated.append(n))
        except TooManyRequests:
            return 429
        return 422

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(attempt, range(1000)))

    assert len(evaluated) == answers.count(422) == 10


def test_a_thousand_failures_close_sign_in_for_all(limits):
    for n in range(1000):
        limits.attempt(f"{uuid4()}@x.example", f"2001:db8::{n:x}", lambda: None)

    with pytest.raises(TooManyRequests):
        limits.attempt(f"{uuid4()}@x.example", "2001:db8::ffff", lambda: "right")
