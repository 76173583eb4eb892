"""Back office: users of all accounts, their links and sessions; contacts of an account."""

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.models import Contact, User, UserSession
from tests import factories
from tests.factories import AccountFactory, ContactFactory, UserFactory
from tests.support.back_office import names, staff, title
from tests.support.html import page, words
from tests.support.ids import NOBODYS_ID

LIST = "/bss/setup/users/"


def at(user):
    return f"{LIST}{user.id}/"


def now_is(user):
    factories.session.rollback()
    return factories.session.get_one(User, user.id, populate_existing=True)


@pytest.mark.parametrize("path", [LIST, f"{LIST}invite", f"{LIST}{NOBODYS_ID}/"])
def test_whoever_is_not_signed_in_is_asked_to(client, path):
    assert client.get(path).location.startswith("/login")


@pytest.fixture
def aegean(app):
    return AccountFactory(name="Aegean Foods")


@pytest.fixture
def buyer(aegean):
    return UserFactory(account=aegean, role=Role.BUYER, name="Eleni", email="eleni@aegean.example")


class TestList:
    @pytest.mark.parametrize(
        "query", ["q=ELENI", "q=aegean+foods", "role=buyer", "status=invited", "account={account}"]
    )
    def test_it_searches_and_filters(self, client, sign_in, buyer, query):
        sign_in(UserFactory(staff=True, name="Nikos", password_hash="x"))
        UserFactory(name="Somebody", password_hash="x", is_active=False)

        answer = client.get(f"{LIST}?{query.format(account=buyer.account_id)}")

        assert title(answer) == "Users"
        assert names(answer) == ["Eleni"]

    def test_the_disabled_are_found(self, bss, aegean):
        UserFactory(account=aegean, name="Gone", is_active=False)

        assert names(bss.get(f"{LIST}?status=disabled")) == ["Gone"]

    def test_a_search_that_finds_nothing_says_so(self, bss):
        assert "No users match" in words(page(bss.get(f"{LIST}?q=%25")).main)

    def test_many_users_cost_no_more_statements(self, bss, aegean, at_most):
        for _ in range(30):
            UserFactory(account=aegean)

        with at_most(6):
            bss.get(LIST)


class TestInviting:
    def test_the_link_is_shown_for_handing_over_and_works(self, app, bss, aegean):
        fields = {"name": "Eleni", "email": "new@aegean.example", "role": "buyer"}
        answer = bss.post_form(f"{LIST}invite", fields, form_at=f"{LIST}invite?account={aegean.id}")

        shown = bss.get(answer.location)
        assert answer.status_code == 303
        assert shown.headers["Cache-Control"] == "no-store"
        path = page(shown).select_one("main code").text.removeprefix("http://localhost")
        visitor = app.test_client()
        chosen = {"password": "seven olive trees by the sea"}
        chosen["again"] = chosen["password"]
        assert visitor.post_form("/password/new", chosen, form_at=path).location == "/login"
        sent = {"email": "new@aegean.example", "password": chosen["password"]}
        assert visitor.post_form("/login", sent).location == "/landing"
        assert "There is no open link" in bss.get(answer.location).text

    @pytest.mark.parametrize(
        ("changes", "field"),
        [({"email": "nobody"}, "email"), ({"name": ""}, "name"), ({"role": "staff_x"}, "role")],
    )
    def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
        self, bss, aegean, changes, field
    ):
        fields = {"name": "Eleni", "email": "new@aegean.example", "role": "buyer"} | changes
        answer = bss.post_form(f"{LIST}invite", fields, form_at=f"{LIST}invite?account={aegean.id}")

        found = page(answer)
        assert answer.status_code == 422
        assert found.select_one(f"#{field}-error")
        assert found.select_one("#email")["value"] == fields["email"]

    def test_only_administrators_invite(self, client, sign_in):
        sign_in(staff(Role.STAFF_PROVISIONING))

        assert client.get(f"{LIST}invite").status_code == 403
        assert "Invite a user" not in client.get(LIST).text


class TestOne:
    @pytest.mark.parametrize("change", ["role", "disable", "sign-out"])
    def test_a_change_counts_from_the_next_request_on(self, app, bss, buyer, sign_in, change):
        theirs = sign_in(buyer, into=app.test_client())
        assert theirs.get("/").status_code == 200

        answer = bss.post_form(f"{at(buyer)}{change}", {"role": "viewer"}, form_at=at(buyer))

        assert answer.status_code == 303
        assert theirs.get("/").status_code == 303

    def test_sessions_are_listed_for_administrators_alone(self, client, sign_in, buyer):
        sign_in(buyer)
        factories.session.execute(sa.update(UserSession).values(address="192.0.2.77"))
        factories.session.commit()

        sign_in(staff(Role.STAFF_SUPPORT))
        assert "192.0.2.77" not in client.get(at(buyer)).text
        sign_in(staff_again())
        assert "192.0.2.77" in client.get(at(buyer)).text

    def test_the_last_administrator_is_told_why_not(self, client, sign_in):
        last = UserFactory(staff=True, password_hash="x")
        sign_in(last)

        answer = client.post_form(f"{at(last)}disable", form_at=at(last))

        assert answer.status_code == 422
        assert "last administrator" in words(page(answer).select_one("#error-summary"))
        assert now_is(last).is_active

    def test_who_was_disabled_may_be_enabled(self, bss, buyer):
        for action, is_active in (("disable", False), ("enable", True)):
            bss.post_form(f"{at(buyer)}{action}", form_at=at(buyer))
            assert now_is(buyer).is_active is is_active

    def test_fields_that_no_form_has_change_nothing(self, bss, buyer):
        more = {"role": "viewer", "account_id": NOBODYS_ID, "is_demo": "1", "password_hash": "x"}
        bss.post_form(f"{at(buyer)}role", more, form_at=at(buyer))

        user = now_is(buyer)
        assert (user.role, user.account_id) == (Role.VIEWER, buyer.account_id)
        assert (user.is_demo, user.password_hash) == (False, None)


def staff_again():
    distributor = factories.session.query(factories.Account).filter_by(kind="distributor").first()
    return UserFactory(account=distributor, role=Role.STAFF_ADMINISTRATOR)


class TestContacts:
    def test_the_account_view_leads_to_its_people_with_counts(self, bss, aegean):
        ContactFactory(account=aegean)
        UserFactory(account=aegean)

        menu = page(bss.get(f"/bss/accounts/{aegean.id}/")).select_one(".shortcuts")

        links = {words(link): link["href"] for link in menu.select("a")}
        assert links["Users 1"] == f"{LIST}?account={aegean.id}"
        assert links["Contacts 1"] == f"/bss/accounts/{aegean.id}/contacts/"

    def test_a_contact_is_added_changed_and_removed(self, bss, aegean):
        contacts = f"/bss/accounts/{aegean.id}/contacts/"
        fields = {"name": "Maria", "role": "billing", "email": "maria@aegean.example"}

        assert bss.post_form(f"{contacts}new", fields).location == contacts
        contact = factories.session.scalars(sa.select(Contact)).one()
        edit = f"/bss/contacts/{contact.id}/edit"
        bss.post_form(edit, fields | {"phone": "+30 210 000 0000"})
        shown = words(page(bss.get(contacts)).tbody)
        assert "Maria" in shown
        assert "+30 210 000 0000" in shown

        bss.post_form(f"/bss/contacts/{contact.id}/remove", form_at=contacts)
        assert "No contacts yet" in bss.get(contacts).text

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": "", "role": "billing", "email": "a@b.example"}, "name"),
            ({"name": "Maria", "role": "billing", "email": "maria"}, "email"),
            ({"name": "Maria", "role": "billing"}, "email"),
            ({"name": "Maria", "role": "boss", "email": "a@b.example"}, "role"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field(self, bss, aegean, fields, field):
        answer = bss.post_form(f"/bss/accounts/{aegean.id}/contacts/new", fields)

        assert answer.status_code == 422
        assert page(answer).select_one(f"#{field}-error")
