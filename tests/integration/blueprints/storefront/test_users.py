"""Storefront: an account's administrators and their users; a reseller and its customers'."""

import pytest

from app.domain.access import Role
from tests.factories import AccountFactory, UserFactory
from tests.support.html import page, words


@pytest.fixture
def northwind(app):
    return AccountFactory(reseller_account=True, name="Northwind")


@pytest.fixture
def aegean(northwind):
    return AccountFactory.customer_of(northwind, name="Aegean")


def people(answer):
    return sorted(words(link) for link in page(answer).select("tbody a.row"))


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get("/users/").location.startswith("/login")


@pytest.mark.parametrize("role", [Role.BILLING, Role.BUYER, Role.VIEWER])
def test_other_roles_may_not(client, sign_in, aegean, role):
    sign_in(UserFactory(account=aegean, role=role))

    assert client.get("/users/").status_code == 403
    assert ">Users<" not in client.get("/").text


def test_an_administrator_sees_the_own_users_a_reseller_its_customers_too(
    client, sign_in, northwind, aegean
):
    of_reseller = UserFactory(account=northwind, name="Nikos")
    of_customer = UserFactory(account=aegean, name="Eleni")
    UserFactory(name="Stranger")

    assert people(sign_in(of_customer).get("/users/")) == ["Eleni"]
    assert "Northwind" not in words(page(client.get("/users/")).tbody)
    assert people(sign_in(of_reseller).get("/users/")) == ["Eleni", "Nikos"]


def test_a_reseller_invites_for_a_customer_and_never_sees_the_link(
    client, sign_in, northwind, aegean
):
    sign_in(UserFactory(account=northwind))

    fields = {"account": str(aegean.id), "name": "Eleni", "email": "e@a.example", "role": "buyer"}
    answer = client.post_form("/users/invite", fields)

    assert answer.status_code == 303
    shown = client.get(answer.location)
    assert "Invited" in words(page(shown).main)
    assert "token=" not in shown.text


def test_a_customer_invites_for_nobody_else(client, sign_in, northwind, aegean):
    sign_in(UserFactory(account=aegean))

    fields = {"account": str(northwind.id), "name": "E", "email": "e@a.example", "role": "buyer"}
    assert client.post_form("/users/invite", fields).status_code == 422


def test_a_role_is_changed_and_counts_at_once(app, client, sign_in, aegean):
    buyer = UserFactory(account=aegean, role=Role.BUYER)
    theirs = sign_in(buyer, into=app.test_client())
    sign_in(UserFactory(account=aegean))

    path = f"/users/{buyer.id}/"
    assert client.post_form(f"{path}role", {"role": "viewer"}, form_at=path).status_code == 303
    assert theirs.get("/").status_code == 303
    assert "Viewer" in words(page(client.get(path)).main)


def test_a_strangers_user_is_not_found(client, sign_in, aegean):
    sign_in(UserFactory(account=aegean))

    assert client.get(f"/users/{UserFactory().id}/").status_code == 404
