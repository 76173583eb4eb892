"""Entra ID's page where a person agrees, in small: state, PKCE, and a code that works once."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template_string, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as BaseResponse

from sandbox.state import SandboxState, current_state

bp = Blueprint("consent", __name__)

_CODE_SECONDS = 600
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sandbox: permissions requested</title></head>
<body><main><h1>Permissions requested</h1>
<p>The application {{ client_id }} wants to act in Partner Center in your name.</p>
<p>This page is the sandbox's. It asks for no password and no second factor.</p>
<form method="post"><button name="decision" value="accept">Accept</button>
<button name="decision" value="cancel">Cancel</button></form></main></body></html>"""


@bp.get("/<tenant>/oauth2/v2.0/authorize")
def ask(tenant: str) -> Response:
    if problem := _problem(tenant):
        return make_response(problem, HTTPStatus.BAD_REQUEST)
    return make_response(render_template_string(_PAGE, client_id=request.args["client_id"]))


@bp.post("/<tenant>/oauth2/v2.0/authorize")
def decide(tenant: str) -> BaseResponse:
    """Back to the application, with a code or with the refusal."""
    if problem := _problem(tenant):
        return make_response(problem, HTTPStatus.BAD_REQUEST)
    answer = {"state": request.args.get("state", "")}
    if request.form.get("decision") == "accept":
        answer["code"] = _new_code(current_state())
    else:
        answer["error"] = "access_denied"
        answer["error_description"] = "AADSTS65004: User declined to consent to access the app."
    return redirect(f"{request.args['redirect_uri']}?{urlencode(answer)}", code=302)


def spend_code(state: SandboxState, form: Mapping[str, str]) -> tuple[int, str] | None:
    """Use a code up; why it is refused, as number and words of Entra ID."""
    try:
        content = _serializer(state).loads(form.get("code", ""))
    except BadSignature:
        return 9002313, "The code is malformed."
    if time.time() >= content["at"] + _CODE_SECONDS:
        return 70008, "The provided authorization code has expired."
    if form.get("redirect_uri") != content["redirect_uri"]:
        return 50011, "The redirect URI does not match."
    if not hmac.compare_digest(_challenge(form.get("code_verifier", "")), content["challenge"]):
        return 501481, "The Code_Verifier does not match the code_challenge."
    spent = state.storage.remembered("spent_codes", [])
    if content["jti"] in spent:
        return 54005, "OAuth2 Authorization code was already redeemed."
    state.storage.remember("spent_codes", [*spent[-99:], content["jti"]])
    return None


def _problem(tenant: str) -> str | None:
    """What is wrong with the asking; nobody is sent back to an address that is odd."""
    state = current_state()
    if tenant.lower() != state.storage.remembered("tenant_id"):
        return f"AADSTS90002: Tenant '{tenant}' not found."
    if request.args.get("client_id", "").lower() != state.storage.remembered("client_id"):
        return "AADSTS700016: Application not found."
    if urlsplit(request.args.get("redirect_uri", "")).hostname not in _LOCAL:
        return "AADSTS50011: The redirect URI does not match."
    is_pkce = request.args.get("code_challenge_method") == "S256"
    if request.args.get("response_type") != "code" or not is_pkce:
        return "AADSTS9002325: Proof Key for Code Exchange is required."
    return None


def _new_code(state: SandboxState) -> str:
    content = {
        "at": time.time(),
        "redirect_uri": request.args["redirect_uri"],
        "challenge": request.args.get("code_challenge", ""),
        "jti": secrets.token_hex(8),
    }
    return str(_serializer(state).dumps(content))


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _serializer(state: SandboxState) -> URLSafeSerializer:
    return URLSafeSerializer(state.storage.remembered("token_key"), salt="code")
