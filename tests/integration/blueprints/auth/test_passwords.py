"""Passwords: forgotten, chosen by a one-time link, changed; what that ends."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.database import db
from app.domain.mail import MailKind
from app.models import Mail, OneTimeLink, PasswordRequest, User, UserSession
from app.services.mail_rendering import as_sent
from app.services.password_requests import answer_password_requests
from app.services.passwords import hash_password, is_password
from tests import factories
from tests.factories import UserFactory, link_of
from tests.support.html import page, words

OLD, NEW = "entrepot-demo", "seven olive trees by the sea"
OLD_HASH = hash_password(OLD)
FORGOTTEN = "/password/forgotten"


@pytest.fixture
def room(app):
    return app.extensions["mail_room"]


@pytest.fixture
def person(app):
    return UserFactory(email="Owner@Kalamata.example", password_hash=OLD_HASH)


@pytest.fixture
def path_of(room):
    """The path of a one-time link of a user, open unless changed."""
    return lambda user, **changes: room.link_key.path_of(link_of(user, room.link_key, **changes).id)


def choose(client, path, password=NEW, again=None):
    fields = {"password": password, "again": again or password}
    return client.post_form("/password/new", fields, form_at=path)


def now_is(user):
    factories.session.rollback()
    return factories.session.get_one(User, user.id, populate_existing=True)


def open_sessions(user):
    factories.session.rollback()
    return factories.session.scalar(
        sa.select(sa.func.count()).where(
            UserSession.user_id == user.id, UserSession.revoked_at.is_(None)
        )
    )


class TestForgotten:
    def ask(self, client, email, address="192.0.2.1"):
        return client.post_form(
            FORGOTTEN, {"email": email}, environ_overrides={"REMOTE_ADDR": address}
        )

    def test_whoever_exists_gets_a_mail_with_a_link_that_works(self, app, client, person, room):
        answer = self.ask(client, "owner@kalamata.example")

        assert answer.location == "/password/sent"
        with app.app_context():
            assert answer_password_requests(room) == 1
            mail = factories.session.scalars(sa.select(Mail)).one()
            assert mail.kind is MailKind.PASSWORD_LINK
            path = as_sent(mail, room).text.split(room.public_url)[1].split()[0]
            db.session.remove()
        assert choose(client, path).location == "/login"
        assert is_password(now_is(person).password_hash, NEW)

    def test_page_and_work_are_the_same_for_those_who_exist_and_those_who_do_not(
        self, app, client, person
    ):
        """Not only alike: the request asks PostgreSQL nothing that depends on who exists."""
        found = {}
        for email in (person.email, "nobody@kalamata.example"):
            statements = []
            with app.app_context():
                engine = db.engine

            def note(_c, _cursor, statement, *_rest, into=statements):
                into.append(statement)

            sa.event.listen(engine, "before_cursor_execute", note)
            answer = self.ask(client, email)
            sa.event.remove(engine, "before_cursor_execute", note)
            found[email] = (answer.status_code, answer.location, statements)

        first, second = found.values()
        assert first == second
        assert any("password_requests" in statement for statement in first[2])
        assert not any("users" in statement for statement in first[2])
        assert client.get("/password/sent").status_code == 200

    @pytest.mark.parametrize("email", ["nobody@kalamata.example", "off@kalamata.example"])
    def test_nobody_and_the_disabled_get_no_mail_and_the_request_is_forgotten(
        self, app, client, room, email
    ):
        UserFactory(email="off@kalamata.example", is_active=False)
        self.ask(client, email)

        with app.app_context():
            assert answer_password_requests(room) == 0
        assert factories.session.scalars(sa.select(PasswordRequest)).all() == []
        assert factories.session.scalars(sa.select(Mail)).all() == []

    def test_asking_is_limited_whoever_has_the_e_mail(self, client, person):
        for email in (person.email, "nobody@kalamata.example"):
            answers = [self.ask(client, email).status_code for _ in range(4)]
            assert answers == [303, 303, 303, 429]

    def test_what_is_no_address_is_said_at_the_field(self, client):
        answer = self.ask(client, "owner")

        assert answer.status_code == 422
        assert page(answer).select_one("#email")["value"] == "owner"


class TestLink:
    def test_it_sets_the_password_and_ends_every_session(
        self, app, client, person, path_of, sign_in
    ):
        thief = sign_in(person, into=app.test_client())
        assert thief.get("/").status_code == 200

        answer = choose(client, path_of(person))

        assert answer.location == "/login"
        assert open_sessions(person) == 0
        assert thief.get("/").status_code == 303
        assert "Your password is set" in client.get("/login").text
        told = factories.session.scalars(sa.select(Mail.kind)).all()
        assert told == [MailKind.PASSWORD_CHANGED]

    def test_looking_at_it_uses_nothing_up(self, client, person, path_of):
        path = path_of(person)
        for _ in range(3):
            assert client.get(path).status_code == 200

        assert choose(client, path).status_code == 303
        over = client.get(path)
        assert over.status_code == 410
        assert "This link is over" in words(page(over).h1)

    def test_twenty_at_once_one_wins(self, app, person, path_of):
        path = path_of(person)
        clients = [app.test_client() for _ in range(20)]
        tokens = [
            page(each.get(path)).select_one("input[name=csrf_token]")["value"] for each in clients
        ]
        link = path.partition("token=")[2]

        def use(n):
            password = f"password of visitor number {n}"
            fields = {
                "csrf_token": tokens[n],
                "token": link,
                "password": password,
                "again": password,
            }
            return clients[n].post("/password/new", data=fields).status_code

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(use, range(20)))

        assert sorted(answers) == [303] + [410] * 19
        winner = answers.index(303)
        assert is_password(now_is(person).password_hash, f"password of visitor number {winner}")

    @pytest.mark.parametrize(
        "changes",
        [
            {"ends_at": factories.NOW - dt.timedelta(seconds=1)},
            {"used_at": factories.NOW},
            {"revoked_at": factories.NOW},
        ],
        ids=["an hour old", "used", "replaced"],
    )
    def test_a_link_that_is_over_sets_nothing(self, client, person, path_of, changes):
        path = path_of(person, **changes)

        assert client.get(path).status_code == 410
        assert now_is(person).password_hash == OLD_HASH

    @pytest.mark.parametrize("token", ["", "x", "ä" * 50, "0" * 5000])
    def test_a_token_that_never_was_is_a_link_that_is_over(self, client, token):
        assert client.get("/password/new", query_string={"token": token}).status_code == 410

    def test_the_link_of_somebody_disabled_is_over(self, client, person, path_of):
        path = path_of(person)
        person.is_active = False
        factories.session.commit()

        assert client.get(path).status_code == 410

    @pytest.mark.parametrize(
        ("password", "says"),
        [
            ("short", "Use 12 to 128 characters."),
            ("x" * 129, "Use 12 to 128 characters."),
            ("1q2w3e4r5t6y", "guessed first"),
            ("Password2026!", "guessed first"),
            ("abcabcabcabc", "guessed first"),
            ("111111111111", "guessed first"),
            ("entrepot-demo", "guessed first"),
            ("Owner@Kalamata.example", "without your name"),
        ],
    )
    def test_what_is_guessed_first_is_refused_and_the_link_goes_on(
        self, client, person, path_of, password, says
    ):
        path = path_of(person)

        answer = choose(client, path, password)

        assert answer.status_code == 422
        assert says in words(page(answer).main)
        assert password not in answer.text or password in {person.email, "short"}
        assert choose(client, path).status_code == 303

    def test_two_passwords_that_differ_are_refused(self, client, person, path_of):
        assert choose(client, path_of(person), NEW, "another one of those").status_code == 422

    def test_no_row_holds_the_token(self, person, path_of):
        token = path_of(person).partition("token=")[2]

        stored = factories.session.scalars(sa.select(OneTimeLink.token_hash)).one()
        assert token not in stored
        assert len(token) >= 43

    def test_the_page_is_kept_by_no_cache(self, client, person, path_of):
        assert client.get(path_of(person)).headers["Cache-Control"] == "no-store"


class TestOwnPassword:
    def change(self, client, current=OLD, password=NEW):
        fields = {"current": current, "password": password, "again": password}
        return client.post_form("/profile/password", fields, form_at="/profile/")

    def test_changing_it_signs_out_everywhere(self, app, client, person, sign_in):
        elsewhere = sign_in(person, into=app.test_client())
        sign_in(person)

        answer = self.change(client)

        assert answer.location == "/login"
        assert client.get("/").status_code == 303
        assert elsewhere.get("/").status_code == 303
        assert is_password(now_is(person).password_hash, NEW)

    def test_a_wrong_current_password_changes_nothing_and_counts_as_a_guess(
        self, client, person, sign_in
    ):
        sign_in(person)

        answers = [self.change(client, current="wrong").status_code for _ in range(11)]

        assert answers == [422] * 10 + [429]
        assert now_is(person).password_hash == OLD_HASH

    def test_language_and_time_zone_are_kept(self, client, person, sign_in):
        sign_in(person)

        fields = {"name": "Nikos", "language": "el", "timezone": "Europe/Berlin"}
        answer = client.post_form("/profile/", fields)

        assert answer.status_code == 303
        user = now_is(person)
        assert (user.name, user.language, user.timezone) == ("Nikos", "el", "Europe/Berlin")

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": "Nikos", "language": "fr", "timezone": ""},
            {"name": "Nikos", "language": "", "timezone": "Mars/Olympus"},
            {"name": "  ", "language": "", "timezone": ""},
        ],
    )
    def test_what_there_is_not_cannot_be_chosen(self, client, person, sign_in, fields):
        sign_in(person)

        assert client.post_form("/profile/", fields).status_code == 422

    def test_staff_have_a_profile_too(self, client, sign_in):
        sign_in(UserFactory(staff=True))

        assert words(page(client.get("/profile/")).h1) == "Your profile"
