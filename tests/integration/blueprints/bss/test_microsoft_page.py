"""Back office: the connection to Microsoft, its consent and its test; secrets stay inside."""

import datetime as dt
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
import sqlalchemy as sa

from app.config import Cloud
from app.domain.access import Role
from app.models import AuditEntry, MicrosoftConnection
from app.services.microsoft_connection import StoredRefreshToken
from app.services.microsoft_setup import get_connection
from tests import factories
from tests.support.back_office import staff, title
from tests.support.html import page, words

CONNECTION = "/bss/setup/microsoft/"
SECRET = "a-secret-that-nobody-reads"


@pytest.fixture
def at_sandbox(settings):
    """Calls Microsoft's sign-in page as a browser would."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(settings.microsoft.ca_bundle)
        yield session


def stored():
    factories.session.rollback()
    return factories.session.scalars(sa.select(MicrosoftConnection)).one_or_none()


def text_of(bss):
    return words(page(bss.get(CONNECTION)).main)


def enter(bss, settings, **values):
    known = {
        "tenant_id": settings.microsoft.tenant_id,
        "client_id": settings.microsoft.client_id,
        "client_secret": settings.microsoft.client_secret,
    }
    return bss.post_form(CONNECTION, known | values, form_at=CONNECTION)


def begin(bss):
    assert bss.post_form(f"{CONNECTION}consent", form_at=CONNECTION).status_code == 303
    return page(bss.get(CONNECTION)).select_one("a.btn.primary")["href"]


def agree(at_sandbox, url, decision="accept"):
    """The way back, as path and query."""
    assert "Accept" in at_sandbox.get(url).text
    answer = at_sandbox.post(url, data={"decision": decision}, allow_redirects=False)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def store_consent(bss, back):
    form = page(bss.get(back)).select_one("#consent-answer")
    values = {each["name"]: each.get("value", "") for each in form.select("input")}
    return bss.post_form(f"{CONNECTION}consented", values, form_at=back)


def test_the_page_says_who_we_are_and_shows_no_secret(bss, settings, sandbox):
    answer = bss.get(CONNECTION)

    assert title(answer) == "Microsoft connection"
    text = words(page(answer).main)
    assert settings.microsoft.tenant_id in text
    assert settings.microsoft.login_url in text
    assert settings.microsoft.client_secret not in answer.text
    assert settings.microsoft.refresh_token not in answer.text


def test_the_page_says_which_cloud_it_is_and_where_that_is_set(bss):
    text = text_of(bss)

    assert "Cloud Worldwide" in text
    assert "set where this installation is started: MICROSOFT_CLOUD" in text
    assert "a sandbox or a gateway answers there" in text
    assert "not offered" not in text


def test_in_china_the_page_says_that_there_are_no_reservations(app, settings):
    china = replace(settings.microsoft, cloud=Cloud.CHINA)

    administrator = factories.UserFactory(staff=True, role=Role.STAFF_ADMINISTRATOR)
    own = replace(settings, microsoft=china)

    with app.app_context():
        state = get_connection(factories.viewer_of(administrator), own)

    assert (state.cloud, state.sells_reservations) == ("China (21Vianet)", False)


def test_tenant_and_application_are_entered_and_the_secret_never_comes_back(bss, settings):
    answer = enter(bss, settings, client_secret=SECRET)

    assert answer.status_code == 303
    row = stored()
    assert (row.tenant_id, row.client_id) == (
        settings.microsoft.tenant_id,
        settings.microsoft.client_id,
    )
    assert SECRET.encode() not in row.client_secret
    assert SECRET not in bss.get(CONNECTION).text
    entry = factories.session.scalars(sa.select(AuditEntry)).one()
    assert entry.event == "microsoft.connection_changed"
    assert SECRET not in str(vars(entry))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"tenant_id": "contoso"}, "tenant_id"),
        ({"client_id": "' OR 1=1"}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
    ],
    ids=["tenant", "application", "no secret"],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(bss, settings, values, field):
    answer = enter(bss, settings, **values)

    assert answer.status_code == 422
    assert page(answer).select_one(f"#{field}-error")
    if values[field]:
        assert page(answer).select_one(f"#{field}")["value"] == values[field]
    assert stored() is None


def test_an_empty_secret_keeps_the_one_that_is_stored(bss, settings):
    enter(bss, settings)
    before = stored().client_secret

    assert enter(bss, settings, client_secret="").status_code == 303

    assert stored().client_secret == before


def test_another_application_needs_another_consent(bss, settings, app):
    enter(bss, settings)
    with app.app_context():
        StoredRefreshToken(settings).save("old")

    enter(bss, settings, client_id="11111111-2222-3333-4444-555555555555")

    assert stored().refresh_token is None


def test_an_admin_agent_consents_and_the_first_token_is_stored_encrypted(
    bss, settings, sandbox, at_sandbox
):
    enter(bss, settings)
    back = agree(at_sandbox, begin(bss))
    assert stored().refresh_token is None  # coming back alone stores nothing

    answer = store_consent(bss, back)

    assert answer.status_code == 303
    row = stored()
    assert row.refresh_token is not None
    assert row.consented_by == "Eleni Papadaki"
    assert row.consent_flow is None
    assert "by Eleni Papadaki" in text_of(bss)
    bss.post_form(f"{CONNECTION}test", form_at=CONNECTION)
    assert "Works" in text_of(bss)


def test_a_consent_is_used_once(bss, settings, sandbox, at_sandbox):
    enter(bss, settings)
    back = agree(at_sandbox, begin(bss))
    store_consent(bss, back)

    answer = store_consent(bss, back)

    assert answer.status_code == 422
    assert "not begun here" in words(page(answer).main)


def test_somebody_elses_consent_is_refused(bss, settings, sandbox, at_sandbox, app, sign_in):
    """A link that a stranger made an administrator open stores nothing."""
    enter(bss, settings)
    back = agree(at_sandbox, begin(bss))
    other = sign_in(staff(), into=app.test_client())

    answer = store_consent(other, back)

    assert answer.status_code == 422
    assert stored().refresh_token is None


def test_another_state_is_refused(bss, settings, sandbox, at_sandbox):
    enter(bss, settings)
    back = agree(at_sandbox, begin(bss)).replace("state=", "state=x")

    assert store_consent(bss, back).status_code == 422
    assert stored().refresh_token is None


def test_a_refusal_at_microsoft_is_said_in_its_words(bss, settings, sandbox, at_sandbox):
    enter(bss, settings)
    back = agree(at_sandbox, begin(bss), decision="cancel")

    assert "declined to consent" in words(page(bss.get(back)).main)
    answer = store_consent(bss, back)

    assert answer.status_code == 422
    events = factories.session.scalars(sa.select(AuditEntry.event)).all()
    assert "microsoft.consent_failed" in events


@pytest.mark.parametrize(
    ("age", "words_shown"),
    [(10, None), (80, "runs out soon"), (91, "has run out")],
    ids=["fresh", "ending", "over"],
)
def test_the_page_warns_before_the_token_ends(bss, settings, app, age, words_shown):
    with app.app_context():
        StoredRefreshToken(settings).save("a token")
    row = stored()
    row.refreshed_at = factories.NOW - dt.timedelta(days=age)
    factories.session.commit()

    text = text_of(bss)

    assert ("runs out soon" in text, "has run out" in text) == (
        words_shown == "runs out soon",
        words_shown == "has run out",
    )


def test_the_test_makes_four_calls_and_says_what_each_proves(bss, settings, sandbox):
    assert bss.post_form(f"{CONNECTION}test", form_at=CONNECTION).status_code == 303

    rows = page(bss.get(CONNECTION)).select("tbody tr")
    assert [words(row.select_one("td")) for row in rows] == [
        "Application",
        "Consent",
        "Customers",
        "App+User",
    ]
    assert all("Passed" in words(row) for row in rows)


def test_a_failing_call_shows_microsofts_words(bss, settings, sandbox):
    enter(bss, settings, client_secret="wrong")

    bss.post_form(f"{CONNECTION}test", form_at=CONNECTION)

    text = text_of(bss)
    assert "Fails" in text
    assert "AADSTS7000215" in text


@pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_BILLING, Role.STAFF_PROVISIONING])
def test_only_administrators_see_the_connection(client, sign_in, role):
    sign_in(staff(role))

    assert client.get(CONNECTION).status_code == 403
