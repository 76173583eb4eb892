"""When a mail is tried again, and what looks like an address."""

import pytest

from app.domain.mail import is_address, next_try_in

_DAY = 24 * 3600


def test_tries_are_spread_over_about_two_days_and_then_given_up():
    waits = [next_try_in(attempts, 0.5) for attempts in range(1, 18)]

    assert waits == sorted(waits)
    assert waits[0] == 30
    assert 2 * _DAY <= sum(waits) <= 3 * _DAY
    assert next_try_in(18, 0.5) is None


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 24), (0.5, 30), (1.0, 36)])
def test_many_mails_are_not_tried_at_the_same_second(jitter, seconds):
    assert next_try_in(1, jitter) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["eleni@aegean.example", "a+b@mail.aegean.example"])
def test_an_address_is_known(text):
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eleni",
        "eleni@aegean",
        "eleni@aegean.example, other@aegean.example",
        "eleni@aegean.example\nBcc: other@aegean.example",
        "Eleni <eleni@aegean.example>",
        f"{'e' * 65}@aegean.example",
        f"eleni@{'a' * 250}.example",
    ],
)
def test_what_is_none_or_more_than_one_address_is_refused(text):
    assert not is_address(text)
