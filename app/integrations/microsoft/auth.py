"""Tokens for Microsoft's systems: the application's own, and the application's with its user."""

import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import msal
import requests
import structlog

from app.config import MicrosoftSettings
from app.integrations.microsoft.errors import AccessLostError, TryLaterError
from app.integrations.microsoft.sessions import IdentitySession, is_untrusted

log = structlog.get_logger()

_EARLY = 60.0  # seconds before its end at which a token counts as expired
_SHORTEST_LIFE = 1.0
_TRANSIENT = {"temporarily_unavailable", "server_error"}
# What msal lets through when an answer is JSON but makes no sense.
_ODD_ANSWER = (ValueError, KeyError, TypeError, AttributeError, RuntimeError)


class Audience(StrEnum):
    """Whom a token is for, by the setting that holds its address."""

    PARTNER_CENTER = "PARTNER_CENTER_URL"
    PARTNER_API = "PARTNER_API_URL"  # price sheets


class RefreshTokenStore(Protocol):
    """Keeps the refresh token, which Microsoft replaces now and then."""

    def load(self) -> str | None: ...

    def save(self, token: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who we are at Microsoft: the partner's tenant and our application in it."""

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class _Token:
    text: str
    good_until: float  # on the monotonic clock


class TokenSource:
    """Hands out access tokens and keeps each until shortly before its end. Safe between threads.

    Raises AccessLostError when Microsoft refuses our secret or refresh token, TryLaterError when
    the token endpoint cannot be reached or makes no sense: nothing was sent to commerce by then.

    `identity` says who we are now; None: what the settings say. Tokens of another one are dropped.
    """

    def __init__(
        self,
        settings: MicrosoftSettings,
        store: RefreshTokenStore,
        identity: Callable[[], Identity | None] | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._find_identity = identity or (lambda: None)
        self._identity: Identity | None = None
        self._session = IdentitySession(settings)
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}
        self._application: Any = None

    def app_token(self) -> str:
        """For calls that the application makes in its own name."""
        return self._cached("app", self._ask_for_app_token)

    def user_token(self, audience: Audience = Audience.PARTNER_CENTER) -> str:
        """For calls that need App+User; stores the new refresh token that comes with it."""
        return self._cached(f"user {audience}", lambda: self._ask_for_user_token(audience))

    def forget(self, token: str) -> None:
        """Drop a token that was refused, so that the next call gets a fresh one."""
        with self._lock:
            self._tokens = {key: kept for key, kept in self._tokens.items() if kept.text != token}
            self._application = None  # msal caches tokens too

    def begin_consent(self, redirect_uri: str) -> dict[str, Any]:
        """What is to be kept until Microsoft sends the person back; `auth_uri` is where to go.

        Holds state, nonce and the PKCE verifier: keep it secret.
        """
        scopes = [self._scope(Audience.PARTNER_CENTER, "user_impersonation")]
        with self._lock:
            self._notice_identity()
            with warnings.catch_warnings():
                # It would rather have the answer posted: a post from elsewhere carries no cookie
                # of ours, and so nobody is signed in who could take it.
                warnings.simplefilter("ignore", UserWarning)
                return self._ask(lambda app: app.initiate_auth_code_flow(scopes, redirect_uri))

    def finish_consent(self, flow: dict[str, Any], answer: dict[str, str]) -> None:
        """Take the code that came back into the first refresh token, and store it.

        Raises AccessLostError where the answer is not to this flow, or Microsoft refuses.
        """
        with self._lock:
            self._notice_identity()
            result = self._ask(lambda app: app.acquire_token_by_auth_code_flow(flow, answer))
            _access_token(result)
            refresh_token = result.get("refresh_token")
            if not isinstance(refresh_token, str) or not refresh_token:
                raise AccessLostError("Microsoft gave no refresh token.", code="no_refresh_token")
            self._store.save(refresh_token)
            self._tokens = {}

    def close(self) -> None:
        self._session.close()

    def _notice_identity(self) -> None:
        """Another tenant or application: nothing that was handed out to the old one is used."""
        settings = self._settings
        found = self._find_identity() or Identity(
            tenant_id=settings.tenant_id,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
        )
        if found != self._identity:
            self._identity, self._tokens, self._application = found, {}, None

    def _cached(self, key: str, ask: Callable[[], dict[str, Any]]) -> str:
        with self._lock:
            self._notice_identity()
            kept = self._tokens.get(key)
            if kept is None or kept.good_until <= time.monotonic():
                kept = self._tokens[key] = self._fresh(ask)
            return kept.text

    def _fresh(self, ask: Callable[[], dict[str, Any]]) -> _Token:
        started = time.monotonic()
        try:
            answer = ask()
            text = _access_token(answer)
        except (AccessLostError, TryLaterError) as error:
            # msal replays a refusal from memory for a minute, and a failure for five seconds: a
            # new application object asks at once, with what was mended meanwhile.
            self._application = None
            log.warning("microsoft.token_refused", code=error.code)
            raise
        lifetime = max(float(answer.get("expires_in") or 0) - _EARLY, _SHORTEST_LIFE)
        log.info("microsoft.token_fetched", seconds=round(time.monotonic() - started, 3))
        return _Token(text, started + lifetime)

    def _ask_for_app_token(self) -> dict[str, Any]:
        scopes = [self._scope(Audience.PARTNER_CENTER, ".default")]
        return self._ask(lambda app: app.acquire_token_for_client(scopes))

    def _ask_for_user_token(self, audience: Audience) -> dict[str, Any]:
        refresh_token = self._store.load() or self._settings.refresh_token
        if not refresh_token:
            raise AccessLostError("No refresh token is stored.", code="no_refresh_token")
        scopes = [self._scope(audience, "user_impersonation")]
        answer = self._ask(lambda app: app.acquire_token_by_refresh_token(refresh_token, scopes))
        renewed = answer.get("refresh_token")
        if isinstance(renewed, str) and renewed and renewed != refresh_token:
            self._store.save(renewed)
        return answer

    def _scope(self, audience: Audience, right: str) -> str:
        """In the names of the cloud, wherever its systems are reached (a sandbox's are not its)."""
        settings = self._settings
        known = settings.cloud.addresses.get(audience, settings.partner_api_url)
        return f"{known}/{right}"

    def _ask(self, question: Callable[[Any], Any]) -> dict[str, Any]:
        try:
            if self._application is None:
                self._application = self._new_application()
            answer = question(self._application)
        except requests.RequestException as error:
            raise _no_answer(error) from error
        except _ODD_ANSWER as error:
            raise TryLaterError("Microsoft's sign-in answered oddly.", code="odd_token") from error
        return answer if isinstance(answer, dict) else {}

    def _new_application(self) -> Any:
        identity = self._identity
        if identity is None or not (
            identity.tenant_id and identity.client_id and identity.client_secret
        ):
            raise AccessLostError("The connection is not set up.", code="not_set_up")
        try:
            return msal.ConfidentialClientApplication(
                identity.client_id,
                client_credential=identity.client_secret,
                authority=f"{self._settings.login_url}/{identity.tenant_id}",
                instance_discovery=False,
                http_client=self._session,
            )
        except ValueError as error:
            raise AccessLostError(
                "Microsoft's sign-in does not know our tenant.", code="unknown_tenant"
            ) from error


def _no_answer(error: requests.RequestException) -> AccessLostError | TryLaterError:
    if is_untrusted(error):
        return AccessLostError("Microsoft's certificate is not trusted.", code="untrusted")
    return TryLaterError("Microsoft's sign-in did not answer.", code="no_token_answer")


def _access_token(answer: dict[str, Any]) -> str:
    text = answer.get("access_token")
    if isinstance(text, str) and text:
        return text
    refusal = answer.get("error")
    if not isinstance(refusal, str) or refusal in _TRANSIENT:
        raise TryLaterError("Microsoft's sign-in gave no token.", code="no_token")
    raise AccessLostError(str(answer.get("error_description") or refusal), code=refusal)
