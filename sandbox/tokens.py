"""Tokens that the sandbox gives out, and what it asks of those that come back."""

import functools
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, TypeVar, cast

from flask import g, request
from itsdangerous import BadSignature, URLSafeSerializer

from sandbox.answers import RefusedError
from sandbox.customer_book import refuse_unknown_customer
from sandbox.state import SandboxState, current_state

View = TypeVar("View", bound=Callable[..., Any])

ACCESS_SECONDS = 3599

PARTNER_CENTER = "https://api.partnercenter.microsoft.com"
PARTNER_API = "https://api.partner.microsoft.com"
ARM = "https://management.azure.com"
# One may still get a token for this one; Partner Center no longer takes it.
AZURE_AD_GRAPH = "https://graph.windows.net"
AUDIENCES = frozenset({PARTNER_CENTER, PARTNER_API, ARM, AZURE_AD_GRAPH})


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    tenant_id: str
    audience: str
    has_user: bool
    expires_at: float


@dataclass(frozen=True, kw_only=True)
class RefreshToken:
    tenant_id: str
    issued_at: float


def _serializer(state: SandboxState, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(state.storage.remembered("token_key"), salt=purpose)


def _sealed(state: SandboxState, purpose: str, token: AccessToken | RefreshToken) -> str:
    content = asdict(token) | {"jti": secrets.token_hex(8)}
    return str(_serializer(state, purpose).dumps(content))


def _opened(state: SandboxState, purpose: str, text: str) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = _serializer(state, purpose).loads(text)
    except BadSignature:
        return None
    del content["jti"]
    return content


def new_access_token(state: SandboxState, tenant_id: str, audience: str, *, has_user: bool) -> str:
    expires_at = state.clock.now().timestamp() + ACCESS_SECONDS
    return _sealed(
        state,
        "access",
        AccessToken(
            tenant_id=tenant_id, audience=audience, has_user=has_user, expires_at=expires_at
        ),
    )


def new_refresh_token(state: SandboxState, tenant_id: str) -> str:
    return _sealed(state, "refresh", RefreshToken(tenant_id=tenant_id, issued_at=time.time()))


def find_refresh_token(state: SandboxState, text: str) -> RefreshToken | None:
    content = _opened(state, "refresh", text)
    return None if content is None else RefreshToken(**content)


def is_expired(state: SandboxState, token: RefreshToken) -> bool:
    return time.time() >= token.issued_at + state.settings.current().refresh_token_seconds


def find_access_token(state: SandboxState, text: str) -> AccessToken | None:
    """The token, unless somebody else issued it or its hour is over."""
    content = _opened(state, "access", text)
    if content is None:
        return None
    token = AccessToken(**content)
    return token if state.clock.now().timestamp() < token.expires_at else None


def requires_token(*, app_only_allowed: bool = True) -> Callable[[View], View]:
    """A view for callers with a token for this surface, and with a user where that is asked."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            _refuse_token(app_only_allowed=app_only_allowed)
            g.is_signed_in = True
            refuse_unknown_customer()
            return view(*args, **kwargs)

        return cast("View", checked)

    return decorate


def _refuse_token(*, app_only_allowed: bool) -> None:
    state = current_state()
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    token = find_access_token(state, text.strip()) if scheme.lower() == "bearer" else None
    if token is None or token.tenant_id != state.storage.remembered("tenant_id"):
        raise RefusedError(HTTPStatus.UNAUTHORIZED, "400", "Access denied: no valid token.")
    if token.audience not in _accepted_audiences():
        raise RefusedError(
            HTTPStatus.UNAUTHORIZED, "900420", "This audience is not accepted in a token."
        )
    if not app_only_allowed and not token.has_user:
        raise RefusedError(
            HTTPStatus.FORBIDDEN, "900329", "This call needs a token of an app and a user."
        )


def _accepted_audiences() -> frozenset[str]:
    # Price sheets live on a host of their own; which audience it wants is not known for sure.
    is_price_sheet = request.path.startswith("/v1.0/")
    return frozenset({PARTNER_CENTER, PARTNER_API} if is_price_sheet else {PARTNER_CENTER})
