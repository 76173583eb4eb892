import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog
import trustme

from app.config import Cloud
from app.integrations.microsoft import AccessLostError, TokenSource, TryLaterError
from app.integrations.microsoft.auth import Audience


def token_requests(sandbox):
    return [r for r in sandbox.requests() if r["path"].endswith("/oauth2/v2.0/token")]


class AppOnly(TokenSource):
    """As if nobody had told which calls need a user."""

    def user_token(self, _audience=Audience.PARTNER_CENTER):
        return self.app_token()


@pytest.mark.parametrize(
    "call",
    [
        lambda client, customer_id: client.list_agreements(customer_id),
        lambda client, customer_id: client.list_entitlements(customer_id, "software"),
        lambda client, customer_id: client.get_order_provisioning_status(customer_id, "1"),
        lambda client, _: list(client.read_price_sheet("software")),
    ],
    ids=["agreements", "entitlements", "provisioning status", "price sheet"],
)
def test_calls_that_need_a_user_are_refused_to_the_application_alone(
    client_for, sandbox, store, customer_id, call
):
    settings = sandbox.settings()

    with contextlib.closing(AppOnly(settings, store)) as tokens:
        client = client_for(settings, tokens=tokens)
        with pytest.raises(AccessLostError) as raised:
            call(client, customer_id)

    assert raised.value.code == "900329"


def test_a_token_is_asked_for_once_and_used_again(client, sandbox, customer_id):
    before = len(token_requests(sandbox))

    client.list_orders(customer_id)
    client.list_entitlements(customer_id, "software")
    client.list_entitlements(customer_id, "reservedinstance")

    assert len(token_requests(sandbox)) == before + 1  # the user's; the application's was there


def test_tokens_are_for_the_systems_of_our_cloud(sandbox, token_source):
    source = token_source(sandbox.settings(cloud=Cloud.CHINA))

    for ask in (source.app_token, source.user_token):
        with pytest.raises(
            AccessLostError, match=r"partner\.partnercenterapi\.microsoftonline\.cn"
        ):
            ask()


def test_a_new_refresh_token_is_stored_and_used_from_then_on(sandbox, store, token_source):
    settings = sandbox.settings()
    source = token_source(settings)

    first = source.user_token()
    stored = store.token
    source.forget(first)
    second = source.user_token()

    assert stored is not None
    assert stored != settings.refresh_token
    assert second != first
    assert store.token not in (None, stored)


def test_threads_that_ask_at_once_share_one_token(sandbox, token_source):
    source = token_source(sandbox.settings())
    before = len(token_requests(sandbox))

    with ThreadPoolExecutor(8) as threads:
        tokens = set(threads.map(lambda _: source.user_token(), range(16)))

    assert len(tokens) == 1
    assert len(token_requests(sandbox)) == before + 1


def test_without_any_refresh_token_access_is_lost(sandbox, token_source):
    source = token_source(sandbox.settings(refresh_token=None))

    with pytest.raises(AccessLostError) as raised:
        source.user_token()

    assert raised.value.code == "no_refresh_token"


def test_a_refresh_token_that_microsoft_does_not_know_loses_access(sandbox, store, token_source):
    store.save("made up")

    with pytest.raises(AccessLostError) as raised:
        token_source(sandbox.settings()).user_token()

    assert raised.value.code == "invalid_grant"
    assert "AADSTS" in raised.value.message
    assert store.token == "made up"


def test_a_wrong_secret_loses_access_and_the_right_one_brings_it_back(sandbox, token_source):
    with pytest.raises(AccessLostError) as raised:
        token_source(sandbox.settings(client_secret="wrong")).app_token()

    assert raised.value.code == "invalid_client"
    assert "AADSTS7000215" in raised.value.message
    assert token_source(sandbox.settings()).app_token()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("status:400:invalid_grant", AccessLostError),
        ("status:401:invalid_client", AccessLostError),
        ("status:400", TryLaterError),
        ("status:429", TryLaterError),
        ("status:500", TryLaterError),
        ("status:503", TryLaterError),
        ("drop_before", TryLaterError),
        ("drop_after", TryLaterError),
        ("truncated", TryLaterError),
        ("garbage", TryLaterError),
    ],
)
def test_a_refused_token_is_asked_for_anew_at_once(sandbox, token_source, kind, error):
    source = token_source(sandbox.settings())
    sandbox.fault("token", kind)

    with pytest.raises(error) as raised:
        source.app_token()

    assert type(raised.value) is error
    assert source.app_token()


def test_an_odd_token_answer_is_never_logged(sandbox, token_source, caplog):
    source = token_source(sandbox.settings())
    sandbox.fault("token", "truncated")

    with structlog.testing.capture_logs() as logs, pytest.raises(TryLaterError):
        source.user_token()

    assert "access_token" not in caplog.text
    assert "access_token" not in repr(logs)


def test_a_tenant_that_microsoft_does_not_know_loses_access(sandbox, token_source):
    source = token_source(sandbox.settings(tenant_id="00000000-0000-4000-8000-00000000dead"))

    with pytest.raises(AccessLostError) as raised:
        source.app_token()

    assert raised.value.code == "unknown_tenant"


def test_a_certificate_of_another_authority_is_not_trusted(
    sandbox, client_for, token_source, tmp_path
):
    other = tmp_path / "other-ca.pem"
    trustme.CA().cert_pem.write_to_path(other)
    distrusting = sandbox.settings(ca_bundle=other)
    client = client_for(distrusting, tokens=token_source(sandbox.settings()))
    before = len(sandbox.requests())

    with pytest.raises(AccessLostError) as at_sign_in:
        token_source(distrusting).app_token()
    with pytest.raises(AccessLostError) as at_partner_center:
        client.list_customers()

    assert at_sign_in.value.code == "untrusted"
    assert at_partner_center.value.code == "untrusted"
    asked = [r["path"] for r in sandbox.requests()[before:]]
    assert not any(path.startswith("/v1/") for path in asked)


def test_the_environment_cannot_replace_the_authority(sandbox, token_source, monkeypatch, tmp_path):
    other = tmp_path / "other-ca.pem"
    trustme.CA().cert_pem.write_to_path(other)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))

    assert token_source(sandbox.settings()).app_token()


def test_a_sign_in_that_is_not_there_is_tried_later(sandbox, token_source):
    source = token_source(sandbox.settings(login_url="https://127.0.0.1:9"))

    with pytest.raises(TryLaterError) as raised:
        source.app_token()

    assert raised.value.code == "no_token_answer"


def test_a_401_drops_the_token_so_that_the_next_call_has_a_fresh_one(client, sandbox, customer_id):
    sandbox.fault("list_orders", "status:401")
    before = len(token_requests(sandbox))

    with pytest.raises(AccessLostError):
        client.list_orders(customer_id)
    after_the_refusal = len(token_requests(sandbox))
    client.list_orders(customer_id)

    assert after_the_refusal == before
    assert len(token_requests(sandbox)) == before + 1
