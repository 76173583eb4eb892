"""What a production start refuses, and how its cookies differ."""

import subprocess
from dataclasses import replace

import pytest

from app import create_app
from app.config import Environment, Settings, SettingsError
from app.database import db
from tests.factories import UserFactory

REQUIRED = {
    "DATABASE_URL": "postgresql://entrepot@127.0.0.1/entrepot",
    "REDIS_URL": "redis://127.0.0.1",
    "SECRET_KEY": "8f1bd0c2a7e94635b1d0c2a7e9463558",
}


@pytest.fixture
def production(app, settings):
    return replace(
        settings,
        environment=Environment.PRODUCTION,
        secret_key="8f1bd0c2a7e94635b1d0c2a7e9463558",
    )


def test_production_refuses_a_database_with_demo_sign_ins(production):
    UserFactory(is_demo=True)

    with pytest.raises(SettingsError, match="demo sign-ins"):
        create_app(production)


@pytest.mark.parametrize("key", ["change-me-" * 4, "a" * 64, "an-example-secret-key-0123456789"])
def test_production_refuses_a_key_out_of_an_example(production, key):
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        create_app(replace(production, secret_key=key))


def test_the_advice_for_an_encryption_key_makes_one_that_starts(production):
    with pytest.raises(SettingsError, match="ENCRYPTION_KEY") as refused:
        create_app(replace(production, encryption_key=f"{'A' * 43}="))

    command = str(refused.value).split("`")[1]
    made = subprocess.run(  # noqa: S602  # our own words
        command, shell=True, check=True, capture_output=True, text=True
    ).stdout.strip()
    assert Settings.from_env({**REQUIRED, "ENCRYPTION_KEY": made}).encryption_key == made


def test_production_refuses_one_key_for_both(production):
    with pytest.raises(SettingsError, match="the same"):
        create_app(replace(production, secret_key=production.encryption_key))


def test_production_cookies_are_bound_to_the_host_and_to_https(production):
    flask_app = create_app(production)

    response = flask_app.test_client().get("/login", base_url="https://entrepot.example")
    with flask_app.app_context():
        db.engine.dispose()

    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert flask_app.test_client().get("/__states__").status_code == 404
