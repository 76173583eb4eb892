"""Tokens: both grants through msal, and every refusal."""

import msal
import pytest

from tests.integration.sandbox.sandbox_caller import PARTNER_CENTER, code_of, read

ARM = "https://management.azure.com"


@pytest.fixture
def msal_app(sandbox):
    return msal.ConfidentialClientApplication(
        sandbox.access["client_id"],
        client_credential=sandbox.access["client_secret"],
        authority=f"{sandbox.url}/{sandbox.access['tenant_id']}",
        instance_discovery=False,
        http_client=sandbox.session,
    )


def test_msal_gets_an_app_token_that_works(sandbox, msal_app):
    found = msal_app.acquire_token_for_client([f"{PARTNER_CENTER}/.default"])

    assert found["expires_in"] == 3599
    answer = sandbox.call("GET", "/v1/customers", token=found["access_token"])
    assert read(answer, 200)["totalCount"] >= 6


def test_msal_rotates_the_refresh_token_and_the_old_one_keeps_working(sandbox, msal_app):
    scopes = [f"{PARTNER_CENTER}/user_impersonation"]
    old = sandbox.access["refresh_token"]
    first = msal_app.acquire_token_by_refresh_token(old, scopes=scopes)
    second = msal_app.acquire_token_by_refresh_token(first["refresh_token"], scopes=scopes)
    again = msal_app.acquire_token_by_refresh_token(old, scopes=scopes)

    tokens = [old, first["refresh_token"], second["refresh_token"], again["refresh_token"]]
    assert len(set(tokens)) == 4
    path = f"{sandbox.aegean}/entitlements"
    read(sandbox.call("GET", path, token=second["access_token"]), 200)


def test_v1_speaks_of_resources_and_writes_numbers_as_text(sandbox):
    answer = sandbox.session.post(
        f"{sandbox.url}/{sandbox.access['tenant_id']}/oauth2/token",
        data={
            "grant_type": "refresh_token",
            "resource": PARTNER_CENTER,
            "client_id": sandbox.access["client_id"],
            "client_secret": sandbox.access["client_secret"],
            "refresh_token": sandbox.access["refresh_token"],
        },
        timeout=30,
    ).json()

    assert answer["expires_in"] == "3599"
    assert answer["resource"] == PARTNER_CENTER
    assert answer["scope"] == "user_impersonation"
    read(sandbox.call("GET", f"{sandbox.aegean}/agreements", token=answer["access_token"]), 200)


@pytest.mark.parametrize(
    ("change", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "somebody"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://nowhere.example/.default"}, 400, "invalid_resource", 500011),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant", 9002313),
    ],
)
def test_a_wrong_request_is_refused_with_its_number(sandbox, change, status, error, number):
    right = {"grant_type": "client_credentials", "scope": f"{PARTNER_CENTER}/.default"}

    body = read(sandbox.request_token(**(right | change)), status)

    assert body["error"] == error
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert body["error_codes"] == [number]


def test_an_unknown_tenant_is_refused(sandbox):
    answer = sandbox.request_token(tenant="nobody.example", grant_type="client_credentials")
    assert read(answer, 400)["error_codes"] == [90002]


def test_an_expired_refresh_token_is_refused(sandbox):
    sandbox.settings(refresh_token_seconds=0)
    answer = sandbox.request_token(
        grant_type="refresh_token",
        scope=f"{PARTNER_CENTER}/user_impersonation",
        refresh_token=sandbox.access["refresh_token"],
    )
    assert read(answer, 400)["error_codes"] == [700082]


def test_an_access_token_lives_an_hour_of_the_sandbox_clock(sandbox):
    token = sandbox.app_token()
    sandbox.advance(seconds=3500)
    read(sandbox.call("GET", "/v1/customers", token=token), 200)
    sandbox.advance(seconds=100)
    answer = sandbox.call("GET", "/v1/customers", token=token)
    assert code_of(answer, 401) == "400"
    assert answer.headers["WWW-Authenticate"]


def test_an_app_alone_may_not_see_entitlements(sandbox):
    answer = sandbox.call("GET", f"{sandbox.aegean}/entitlements", token=sandbox.app_token())
    assert code_of(answer, 403) == "900329"


@pytest.mark.parametrize("audience", [ARM, "https://graph.windows.net"])
def test_a_token_for_something_else_is_refused(sandbox, audience):
    answer = sandbox.call("GET", "/v1/customers", token=sandbox.app_token(audience))
    assert code_of(answer, 401) == "900420"


@pytest.mark.parametrize("token", ["", "made-up"])
def test_what_the_sandbox_did_not_issue_is_refused(sandbox, token):
    assert code_of(sandbox.call("GET", "/v1/customers", token=token), 401) == "400"


def test_a_token_of_a_customers_tenant_is_for_arm_only(sandbox):
    tenant = sandbox.customer("Aegean")["tenant_id"]
    assert sandbox.user_token(tenant, ARM)
    answer = sandbox.call("GET", "/v1/customers", token=sandbox.user_token(tenant))
    assert code_of(answer, 401) == "400"
