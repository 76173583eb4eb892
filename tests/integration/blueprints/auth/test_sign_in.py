"""Signing in, signing out, sessions that end."""

import datetime as dt

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from app.domain.access import AccountKind
from app.models import Account, User, UserSession
from app.services.passwords import hash_password
from tests import factories
from tests.factories import AccountFactory, UserFactory
from tests.support.html import page, words

PASSWORD = "entrepot-demo"
PASSWORD_HASH = hash_password(PASSWORD)


@pytest.fixture
def person(app):
    return UserFactory(email="Owner@Kalamata.example", password_hash=PASSWORD_HASH)


@pytest.fixture
def log_in(client):
    def send(email, password=PASSWORD, **more):
        return client.post_form("/login", {"email": email, "password": password, **more})

    return send


def change(model, **values):
    factories.session.execute(sa.update(model).values(**values))
    factories.session.commit()


def test_the_page_has_the_promised_labels_and_button(client):
    found = page(client.get("/login"))

    assert [words(label) for label in found.select("label")] == ["Email", "Password"]
    assert words(found.select_one("main button[type=submit]")) == "Sign in"
    assert words(found.h1) == "Sign in"


def test_a_customer_lands_on_the_storefront(client, person, log_in):
    response = log_in("owner@kalamata.example")

    assert response.status_code == 303
    assert client.get("/login", follow_redirects=True).request.path == "/"


def test_staff_land_in_the_back_office(app, client, log_in):
    UserFactory(staff=True, email="admin@entrepot.example", password_hash=PASSWORD_HASH)

    log_in("admin@entrepot.example")

    assert client.get("/login", follow_redirects=True).request.path == "/bss/"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("owner@kalamata.example", "wrong"),
        ("nobody@kalamata.example", PASSWORD),
        ("", ""),
        ("owner@kalamata.example", "x" * 5000),
        ("owner\x00@kalamata.example", "\x00"),
        ("%' OR 1=1 --", PASSWORD),
    ],
)
def test_a_wrong_guess_gets_one_message_and_keeps_the_email(person, log_in, email, password):
    response = log_in(email, password)

    found = page(response)
    assert response.status_code == 422
    assert "The email or the password is not right." in words(found.select_one("#error-summary"))
    assert found.select_one("#email")["value"] == email.replace("\x00", "").strip()
    assert not found.select_one("#password").get("value")
    assert words(found.title).startswith("Error:")


def test_a_user_without_a_password_cannot_sign_in(app, log_in):
    UserFactory(email="invited@kalamata.example", password_hash=None)

    assert log_in("invited@kalamata.example", "").status_code == 422


@pytest.mark.parametrize("model", [User, Account])
def test_who_is_suspended_cannot_sign_in(person, log_in, model):
    change(model, is_active=False)

    assert log_in("owner@kalamata.example").status_code == 422


@pytest.mark.parametrize("model", [User, Account])
def test_who_is_suspended_is_out_at_once(client, person, sign_in, model):
    sign_in(person)
    assert client.get("/").status_code == 200

    change(model, is_active=False)

    assert client.get("/").status_code == 303


def test_only_the_hash_of_the_token_is_stored_and_it_is_new_each_time(app, person):
    tokens = set()
    for visitor in (app.test_client(), app.test_client()):
        visitor.post_form("/login", {"email": person.email, "password": PASSWORD})
        with visitor.session_transaction() as cookie:
            tokens.add(cookie["_user_id"])

    stored = set(factories.session.scalars(sa.select(UserSession.token_hash)))
    assert len(tokens) == len(stored) == 2
    assert all(len(token) >= 43 for token in tokens)
    assert not tokens & stored


def test_signing_in_forgets_what_the_browser_carried_before(client, person, log_in):
    client.get("/login")
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"

    log_in("owner@kalamata.example")

    with client.session_transaction() as cookie:
        assert "planted" not in cookie


def test_the_cookie_is_closed_to_scripts_and_other_sites(person, log_in):
    cookie = log_in("owner@kalamata.example").headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_out_ends_the_session_everywhere(app, client, person, log_in):
    log_in("owner@kalamata.example")
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert thief.get("/").status_code == 200

    token_field = page(client.get("/")).select_one("input[name=csrf_token]")["value"]
    response = client.post("/logout", data={"csrf_token": token_field})

    assert response.status_code == 303
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert client.get("/").status_code == 303
    assert thief.get("/").status_code == 303


@pytest.mark.parametrize(
    "ended",
    [
        {"ends_at": sa.func.now() - dt.timedelta(seconds=1)},
        {"last_seen_at": sa.func.now() - dt.timedelta(hours=8, seconds=1)},
        {"revoked_at": sa.func.now()},
    ],
    ids=["absolute limit", "idle limit", "revoked"],
)
def test_a_session_that_is_over_asks_to_sign_in_again(client, person, sign_in, ended):
    sign_in(person)

    change(UserSession, **ended)

    assert client.get("/").location == "/login?next=/"


def test_a_session_of_staff_may_idle_half_as_long(client, person, sign_in):
    staff = UserFactory(account=AccountFactory(kind=AccountKind.DISTRIBUTOR))
    for user, answered in ((person, 200), (staff, 303)):
        sign_in(user)
        change(UserSession, last_seen_at=sa.func.now() - dt.timedelta(hours=4, seconds=1))

        assert client.get("/profile/").status_code == answered


def test_use_is_noted_at_most_once_a_minute(client, person, sign_in):
    sign_in(person)
    before = sa.func.now() - dt.timedelta(minutes=2)
    change(UserSession, last_seen_at=before)

    seen = []
    for _ in range(2):
        client.get("/")
        factories.session.rollback()
        seen.append(factories.session.scalar(sa.select(UserSession.last_seen_at)))

    assert dt.datetime.now(dt.UTC) - seen[0] < dt.timedelta(minutes=1)
    assert seen[0] == seen[1]


def test_a_page_costs_one_statement_for_who_looks(client, person, sign_in, at_most):
    sign_in(person)

    with at_most(1):
        client.get("/no-such-page")


def test_an_old_hash_is_renewed_when_its_owner_signs_in(app, log_in):
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    user = UserFactory(email="old@kalamata.example", password_hash=weak)

    log_in("old@kalamata.example")

    factories.session.refresh(user)
    assert "m=19456,t=2,p=1" in user.password_hash


def test_after_signing_in_the_page_that_was_asked_for_opens(client, person):
    asked = client.get("/?q=x")

    hidden = page(client.get(asked.location)).select_one("input[name=next]")["value"]
    assert hidden == "/?q=x"
    response = client.post_form(
        "/login",
        {"email": person.email, "password": PASSWORD, "next": hidden},
    )
    assert response.location == "/?q=x"


def test_the_theme_is_kept_in_a_cookie_and_rendered_by_the_server(client, person, sign_in):
    sign_in(person)
    token = page(client.get("/")).select_one("input[name=csrf_token]")["value"]

    response = client.post("/theme", data={"csrf_token": token, "theme": "dark", "next": "/"})

    assert response.location == "/"
    assert page(client.get("/")).html["data-theme"] == "dark"


def test_the_choice_of_vat_is_kept_on_the_user(client, person, sign_in):
    sign_in(person)
    token = page(client.get("/")).select_one("input[name=csrf_token]")["value"]

    client.post("/vat", data={"csrf_token": token, "vat": "incl", "next": "/"})

    factories.session.refresh(person)
    assert person.shows_vat is True


def test_staff_of_the_distributor_are_the_only_staff(app, client, sign_in):
    for kind in AccountKind:
        reseller = AccountFactory(reseller_account=True)
        account = (
            AccountFactory.customer_of(reseller)
            if kind is AccountKind.END_CUSTOMER
            else AccountFactory(kind=kind)
        )
        sign_in(UserFactory(account=account))
        expected = 403 if kind is AccountKind.DISTRIBUTOR else 404  # the role is a storefront one

        assert client.get("/bss/").status_code == expected
