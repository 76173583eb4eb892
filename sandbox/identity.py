"""Entra ID in small: discovery, and tokens for an app or for an app with its user."""

import base64
import hmac
import json
import uuid
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.consent import spend_code
from sandbox.customer_book import NAMESPACE, list_customers
from sandbox.pipeline import route_name
from sandbox.state import SandboxState, current_state
from sandbox.tokens import (
    ACCESS_SECONDS,
    AUDIENCES,
    find_refresh_token,
    is_expired,
    new_access_token,
    new_refresh_token,
)

bp = Blueprint("identity", __name__)

_USER_ID = str(uuid.uuid5(NAMESPACE, "the partner's admin agent"))
_PROTOCOL_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})


class TokenError(Exception):
    """An OAuth error with the AADSTS number that tells what is wrong."""

    def __init__(self, error: str, number: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.body = {
            "error": error,
            "error_description": f"AADSTS{number}: {text}",
            "error_codes": [number],
            "correlation_id": request.headers.get("client-request-id", str(uuid.uuid4())),
        }
        self.status = status


@bp.errorhandler(TokenError)
def show_token_error(error: TokenError) -> tuple[Response, int]:
    return jsonify(error.body), error.status


@bp.get("/<tenant>/v2.0/.well-known/openid-configuration")
def discovery(tenant: str) -> dict[str, Any]:
    base = request.host_url.rstrip("/")
    tenant_id = _tenant_id(current_state(), tenant)
    return {
        "issuer": f"{base}/{tenant_id}/v2.0",
        "authorization_endpoint": f"{base}/{tenant_id}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/{tenant_id}/oauth2/v2.0/token",
        "jwks_uri": f"{base}/{tenant_id}/discovery/v2.0/keys",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": sorted(_PROTOCOL_SCOPES),
        "tenant_region_scope": None,
    }


@bp.post("/<tenant>/oauth2/v2.0/token")
@route_name("token")
def token_v2(tenant: str) -> dict[str, Any]:
    scopes = [s for s in request.form.get("scope", "").split() if s not in _PROTOCOL_SCOPES]
    audience = scopes[0].rpartition("/")[0] if scopes else ""
    granted = _granted(current_state(), tenant, audience)
    client_info = {"uid": _USER_ID, "utid": _tenant_id(current_state(), tenant)}
    return {
        "token_type": "Bearer",
        "scope": " ".join(scopes),
        "expires_in": ACCESS_SECONDS,
        "ext_expires_in": ACCESS_SECONDS,
        "client_info": base64.urlsafe_b64encode(json.dumps(client_info).encode()).decode(),
    } | granted


@bp.post("/<tenant>/oauth2/token")
@route_name("token")
def token_v1(tenant: str) -> dict[str, Any]:
    """The older form: a resource instead of scopes, and numbers as text."""
    resource = request.form.get("resource", "")
    granted = _granted(current_state(), tenant, resource)
    now = int(current_state().clock.now().timestamp())
    scope = {"scope": "user_impersonation"} if "refresh_token" in granted else {}
    return {
        "token_type": "Bearer",
        "expires_in": str(ACCESS_SECONDS),
        "ext_expires_in": str(ACCESS_SECONDS),
        "expires_on": str(now + ACCESS_SECONDS),
        "not_before": str(now),
        "resource": resource,
    } | (scope | granted)


def _tenant_id(state: SandboxState, tenant: str) -> str:
    """The partner's own tenant or a customer's, by id or by domain."""
    own = str(state.storage.remembered("tenant_id"))
    if tenant.lower() == own:
        return own
    for customer in list_customers(state):
        if tenant.lower() in (customer.id, customer.domain.lower()):
            return customer.id
    raise TokenError("invalid_request", 90002, f"Tenant '{tenant}' not found.")


def _granted(state: SandboxState, tenant: str, audience: str) -> dict[str, str]:
    """The tokens asked for, once everything about the asking is right."""
    tenant_id = _tenant_id(state, tenant)
    grant = request.form.get("grant_type")
    if grant not in ("client_credentials", "refresh_token", "authorization_code"):
        raise TokenError("unsupported_grant_type", 70003, f"Unsupported grant type '{grant}'.")
    _refuse_wrong_client(state)
    audience = audience.rstrip("/")
    if audience not in AUDIENCES:
        raise TokenError("invalid_resource", 500011, f"Resource '{audience}' was not found.")
    has_user = grant != "client_credentials"
    if grant == "refresh_token":
        _refuse_wrong_refresh_token(state)
    if grant == "authorization_code" and (reason := spend_code(state, request.form)):
        raise TokenError("invalid_grant", *reason)
    tokens = {"access_token": new_access_token(state, tenant_id, audience, has_user=has_user)}
    if has_user:
        tokens["refresh_token"] = new_refresh_token(state, tenant_id)
    return tokens


def _refuse_wrong_client(state: SandboxState) -> None:
    client_id = request.form.get("client_id", "").lower()
    secret = request.form.get("client_secret", "")
    if client_id != state.storage.remembered("client_id"):
        raise TokenError("unauthorized_client", 700016, f"Application '{client_id}' not found.")
    if not hmac.compare_digest(secret, state.storage.remembered("client_secret")):
        raise TokenError(
            "invalid_client",
            7000215,
            "Invalid client secret provided.",
            HTTPStatus.UNAUTHORIZED,
        )


def _refuse_wrong_refresh_token(state: SandboxState) -> None:
    token = find_refresh_token(state, request.form.get("refresh_token", ""))
    if token is None:
        raise TokenError("invalid_grant", 9002313, "The refresh token is malformed.")
    if is_expired(state, token):
        raise TokenError("invalid_grant", 700082, "The refresh token has expired.")
