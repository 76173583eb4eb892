import io
import sys

import pytest

from app.domain.access import AccountKind, Role
from app.models import Account, Asset, User
from app.services.sign_in import sign_in
from tests import factories
from tests.factories import AccountFactory, UserFactory

PASSWORD = "a long password of ours"


@pytest.fixture
def typed(monkeypatch):
    """What comes in on standard input."""

    def type_in(text):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return type_in


def test_the_first_administrator_comes_with_the_distributor(entrepot, app_context, typed):
    typed(f"{PASSWORD}\n")

    ended = entrepot("create-admin", "boss@shop.example", "--password-stdin")

    assert ended.code == 0
    user = factories.session.query(User).one()
    assert user.role is Role.STAFF_ADMINISTRATOR
    assert not user.is_demo
    assert factories.session.query(Account).one().kind is AccountKind.DISTRIBUTOR
    assert sign_in("boss@shop.example", PASSWORD, address=None, browser=None)


def test_a_further_administrator_joins_the_distributor(entrepot, app, typed):
    distributor = AccountFactory(distributor=True)
    typed(PASSWORD)

    entrepot("create-admin", "second@shop.example", "--password-stdin")

    assert factories.session.query(User).one().account_id == distributor.id


@pytest.mark.parametrize(
    ("email", "password", "says"),
    [
        ("boss", PASSWORD, "not an e-mail address"),
        ("boss@shop.example", "short", "12 to 128 characters"),
        ("Taken@shop.example", PASSWORD, "already"),
    ],
)
def test_an_administrator_that_cannot_be_is_one_sentence(
    entrepot, app, typed, email, password, says
):
    UserFactory(email="taken@shop.example")
    typed(password)

    ended = entrepot("create-admin", email, "--password-stdin")

    assert ended.code == 1
    assert says in ended.err
    assert factories.session.query(User).count() == 1


PRODUCTION = {
    "ENTREPOT_ENV": "production",
    "SECRET_KEY": "7c1f0e5b9a3d48276f8e1b0c4d5a69e3",
}


@pytest.mark.parametrize("command", ["load-demo", "generate"])
def test_production_takes_neither_demo_nor_generated_data(entrepot, app, command):
    ended = entrepot(command, **PRODUCTION)

    assert ended.code == 1
    assert "not for production" in ended.err
    assert factories.session.query(Account).count() == 0


def test_generate_says_what_it_made(entrepot, app):
    ended = entrepot("generate", "--accounts", "5", "--assets", "40")

    assert ended.out == "5 accounts and 40 assets were made.\n"
    assert factories.session.query(Asset).count() == 40
