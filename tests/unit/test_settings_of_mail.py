"""The mail server's address, as settings understand it."""

import pytest

from app.config import SettingsError, _smtp


def test_a_sign_in_that_cannot_be_sent_is_refused_at_the_start():
    with pytest.raises(SettingsError, match="ASCII"):
        _smtp("smtp://entrepot:p%C3%A4ssword@mail.example:587")


@pytest.mark.parametrize(
    ("url", "port", "is_tls"),
    [
        ("smtp://mail.example", 587, False),
        ("smtps://mail.example", 465, True),
        ("smtp://mail.example:25", 25, False),
    ],
)
def test_the_scheme_says_how_it_is_encrypted_and_which_port(url, port, is_tls):
    found = _smtp(url)

    assert (found.host, found.port, found.is_tls) == ("mail.example", port, is_tls)


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "smtp://mail.example:no"])
def test_what_is_no_mail_server_is_refused(url):
    with pytest.raises(SettingsError, match="SMTP_URL must be"):
        _smtp(url)
