"""Who gets in: the gate before every view."""

import pytest

from app.domain.access import Role
from tests.factories import UserFactory
from tests.support.html import page

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def test_a_view_without_a_policy_is_never_shown(failing_client, sign_in):
    sign_in(UserFactory(), into=failing_client)

    assert failing_client.get("/forgotten").status_code == 500


def test_who_is_not_signed_in_is_asked_to(client):
    response = client.get("/?q=x")

    assert response.status_code == 303
    assert response.location == "/login?next=/?q%3Dx"


def test_htmx_is_told_to_leave_the_page(client):
    headers = PARTIAL | {"HX-Current-URL": "http://localhost/bss/?x=1"}

    response = client.get("/", headers=headers)

    assert response.status_code == 401
    assert response.data == b""
    assert response.headers["HX-Redirect"] == "/login?next=/bss/?x%3D1"


def test_htmx_on_a_foreign_page_is_not_led_back_there(client):
    headers = PARTIAL | {"HX-Current-URL": "http://evil.example//evil.example/"}

    assert client.get("/", headers=headers).headers["HX-Redirect"] == "/login"


@pytest.mark.parametrize("path", ["/bss/", "/bss/?x=1"])
def test_the_back_office_does_not_exist_for_customers(client, sign_in, path):
    sign_in(UserFactory())

    assert client.get(path).status_code == 404


def test_staff_are_led_from_the_storefront_to_the_back_office(client, sign_in):
    sign_in(UserFactory(staff=True))

    response = client.get("/")

    assert response.status_code == 403
    assert page(response).select_one("main a")["href"] == "/bss/"


def test_a_policy_for_writing_does_not_open_the_view_to_a_get(failing_client, sign_in):
    sign_in(UserFactory(), into=failing_client)

    assert failing_client.get("/write-only").status_code == 403


def test_a_role_without_the_permission_is_refused(client, sign_in):
    sign_in(UserFactory(staff=True, role=Role.VIEWER))

    assert client.get("/bss/").status_code == 403
