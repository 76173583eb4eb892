"""Back office: who we are at Microsoft, the consent of App+User, and whether the connection works.

Secrets go in and never come out again: not onto a page, not into a log, not into the audit log.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.config import Cloud, MicrosoftSettings, Settings
from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError
from app.domain.sentences import said
from app.integrations.microsoft import MicrosoftError, TokenSource
from app.models import MicrosoftConnection, Provider
from app.services.audit import NOTHING, Subject, audit
from app.services.microsoft_connection import open_tokens
from app.services.token_life import TOKEN_LIFE, WARNED_BEFORE

_CONSENT_MINUTES = 15
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_SECRET = 500
_CLOUDS = {
    Cloud.WORLDWIDE: said("Worldwide"),
    Cloud.US_GOVERNMENT: said("US Government"),
    Cloud.CHINA: said("China (21Vianet)"),
}
_ABOUT = Subject(kind="Microsoft connection", name="Microsoft connection")
_STALE = "This consent was not begun here, or too long ago. Begin it again."


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`proves` says what is known where it passed; `words` are Microsoft's where it did not."""

    name: str
    proves: str
    has_passed: bool
    words: str
    milliseconds: int


@dataclass(frozen=True, kw_only=True)
class ConnectionState:
    """`is_entered`: tenant and application come from here, else from the settings.

    `consent_url` is Microsoft's page where this viewer has just begun a consent. The cloud and its
    addresses come from the environment; `has_own_addresses`: some are not the cloud's, as a
    sandbox's.
    """

    tenant_id: str
    client_id: str
    is_entered: bool
    has_secret: bool
    cloud: str
    has_own_addresses: bool
    sells_reservations: bool
    addresses: tuple[tuple[str, str], ...]
    has_token: bool
    is_first_token: bool  # the one from the settings, never used
    refreshed_at: dt.datetime | None
    token_ends_at: dt.datetime | None
    is_ending: bool
    is_over: bool
    consented_at: dt.datetime | None
    consented_by: str | None
    consent_url: str | None
    answered_at: dt.datetime | None
    tested_at: dt.datetime | None
    tests: tuple[Trial, ...]

    @property
    def is_set_up(self) -> bool:
        return bool(self.tenant_id and self.client_id and self.has_secret)


def get_connection(viewer: Viewer, settings: Settings) -> ConnectionState:
    """As it stands, without asking Microsoft. Two statements."""
    _check_right(viewer)
    session = reading(viewer.scope)
    answered_at, now = session.execute(sa.select(Provider.answered_at, sa.func.now())).one()
    found = session.scalar(sa.select(MicrosoftConnection))
    row = MicrosoftConnection(tests=[]) if found is None else found
    microsoft = settings.microsoft
    is_entered = row.client_secret is not None
    has_stored = row.refresh_token is not None
    ends_at = row.refreshed_at + TOKEN_LIFE if has_stored else None
    return ConnectionState(
        tenant_id=row.tenant_id or microsoft.tenant_id,
        client_id=row.client_id or microsoft.client_id,
        is_entered=is_entered,
        has_secret=is_entered or bool(microsoft.client_secret),
        cloud=_CLOUDS[microsoft.cloud],
        has_own_addresses=_are_own(microsoft),
        sells_reservations=microsoft.cloud is not Cloud.CHINA,
        addresses=_addresses(microsoft),
        has_token=has_stored or bool(microsoft.refresh_token),
        is_first_token=not has_stored and bool(microsoft.refresh_token),
        refreshed_at=row.refreshed_at if has_stored else None,
        token_ends_at=ends_at,
        is_ending=ends_at is not None and now >= ends_at - WARNED_BEFORE,
        is_over=ends_at is not None and now >= ends_at,
        consented_at=row.consented_at,
        consented_by=row.consented_by,
        consent_url=_open_url(viewer, settings, row, now),
        answered_at=answered_at,
        tested_at=row.tested_at,
        tests=tuple(Trial(**test) for test in row.tests),
    )


def _addresses(microsoft: MicrosoftSettings) -> tuple[tuple[str, str], ...]:
    return (
        (said("Sign-in"), microsoft.login_url),
        (said("Partner Center"), microsoft.partner_center_url),
        (said("Price sheets"), microsoft.partner_api_url),
        (said("Azure Resource Manager"), microsoft.arm_url),
    )


def _are_own(microsoft: MicrosoftSettings) -> bool:
    published = microsoft.cloud.addresses
    return microsoft.login_url != published["MICROSOFT_LOGIN_URL"] or (
        microsoft.partner_center_url != published["PARTNER_CENTER_URL"]
    )


def save_identity(
    viewer: Viewer, settings: Settings, *, tenant_id: str, client_id: str, client_secret: str
) -> None:
    """Use this tenant and application from now on; running processes follow within a minute.

    An empty secret keeps the one that is stored. Another tenant or application needs a new
    consent. Raises InvalidError with the field that is wrong.
    """
    _check_right(viewer)
    for field, value in (("tenant_id", tenant_id), ("client_id", client_id)):
        if not _GUID.fullmatch(value):
            raise InvalidError(
                "Enter an ID such as 11111111-2222-3333-4444-555555555555.", field=field
            )
    if len(client_secret) > _LONGEST_SECRET:
        raise InvalidError("This is too long for a client secret.", field="client_secret")
    values: dict[str, Any] = {"tenant_id": tenant_id.lower(), "client_id": client_id.lower()}
    with transaction(viewer.scope) as session:
        row = _locked(session)
        if client_secret:
            row.client_secret = Fernet(settings.encryption_key).encrypt(client_secret.encode())
        elif row.client_secret is None:
            raise InvalidError("Enter the client secret.", field="client_secret")
        before = {name: getattr(row, name) for name in values}
        if before != values:
            row.refresh_token = row.consented_at = row.consented_by = None
        for name, value in values.items():
            setattr(row, name, value)
        row.consent_flow, row.tests, row.tested_at = None, [], None
        renewed = {"credential": "renewed" if client_secret else "kept"}
        audit(
            session,
            viewer,
            AuditEvent.CONNECTION_CHANGED,
            _ABOUT,
            change=(before, values | renewed),
        )


def begin_consent(viewer: Viewer, settings: Settings, redirect_uri: str) -> None:
    """Prepare state and PKCE. The page then leads to Microsoft. Raises ConflictError."""
    _check_right(viewer)
    flow = _asking(settings, lambda tokens: tokens.begin_consent(redirect_uri))
    if "auth_uri" not in flow:
        raise ConflictError("Microsoft's sign-in did not say where to go. Try again later.")
    with transaction(viewer.scope) as session:
        row = _locked(session)
        row.consent_flow = Fernet(settings.encryption_key).encrypt(json.dumps(flow).encode())
        row.consent_asker_id = viewer.user_id
        row.consent_asked_at = sa.func.now()


def finish_consent(viewer: Viewer, settings: Settings, answer: dict[str, str]) -> None:
    """Take what Microsoft sent back into the first refresh token; a flow is used once.

    Raises ConflictError where the flow is not this viewer's, is too old, or Microsoft refuses.
    """
    _check_right(viewer)
    with transaction(viewer.scope) as session:
        row, now = _locked(session), session.scalars(sa.select(sa.func.now())).one()
        flow = _open_flow(viewer, settings, row, now)
        row.consent_flow = None
    if flow is None or not answer.get("state"):
        raise ConflictError(_STALE)
    if "error" in answer:
        words = answer.get("error_description") or answer["error"]
        _note_failure(viewer, words)
        raise ConflictError("Microsoft was not given the consent: %(words)s", words=words[:200])
    try:
        _asking(settings, lambda tokens: tokens.finish_consent(flow, answer))
    except ConflictError as error:
        _note_failure(viewer, error.message)
        raise
    with transaction(viewer.scope) as session:
        row = _locked(session)
        row.consented_at, row.consented_by = sa.func.now(), viewer.name
        audit(session, viewer, AuditEvent.CONSENT_GIVEN, _ABOUT)


def store_tests(viewer: Viewer, outcomes: list[dict[str, Any]]) -> None:
    with transaction(viewer.scope) as session:
        row = _locked(session)
        row.tests, row.tested_at = outcomes, sa.func.now()


def _asking(settings: Settings, ask: Any) -> Any:
    """With tokens of its own, so that nothing is remembered from before."""
    tokens: TokenSource = open_tokens(settings)
    try:
        return ask(tokens)
    except MicrosoftError as error:
        raise ConflictError(error.message) from error
    finally:
        tokens.close()


def _note_failure(viewer: Viewer, words: str) -> None:
    with transaction(viewer.scope) as session:
        audit(
            session,
            viewer,
            AuditEvent.CONSENT_FAILED,
            _ABOUT,
            change=(NOTHING, {"answer": words[:200]}),
        )


def _locked(session: Session) -> MicrosoftConnection:
    session.execute(insert(MicrosoftConnection).values(id=1).on_conflict_do_nothing())
    return session.scalars(sa.select(MicrosoftConnection).with_for_update()).one()


def _open_url(
    viewer: Viewer, settings: Settings, row: MicrosoftConnection, now: dt.datetime
) -> str | None:
    flow = _open_flow(viewer, settings, row, now)
    return str(flow["auth_uri"]) if flow else None


def _open_flow(
    viewer: Viewer, settings: Settings, row: MicrosoftConnection, now: dt.datetime
) -> dict[str, Any] | None:
    """What a consent remembers, for whoever began it and for a quarter of an hour."""
    if row.consent_flow is None or row.consent_asked_at is None:
        return None
    is_old = now - row.consent_asked_at > dt.timedelta(minutes=_CONSENT_MINUTES)
    if is_old or row.consent_asker_id != viewer.user_id:
        return None
    try:
        text = Fernet(settings.encryption_key).decrypt(row.consent_flow)
    except InvalidToken:
        return None
    flow: dict[str, Any] = json.loads(text)
    return flow


def _check_right(viewer: Viewer) -> None:
    if not viewer.may(Permission.ADMINISTER):
        raise NotAllowedError("Only administrators see the connection to Microsoft.")
