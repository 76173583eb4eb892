"""HTTP sessions for Microsoft's hosts: always a time-out, never a redirect, never a retry."""

import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from app.config import MicrosoftSettings


class MicrosoftSession(requests.Session):
    def __init__(self, settings: MicrosoftSettings) -> None:
        super().__init__()
        self._timeout = (settings.connect_timeout, settings.read_timeout)
        self.mount("https://", HTTPAdapter(max_retries=0))
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if settings.ca_bundle is not None:
            # REQUESTS_CA_BUNDLE in the environment would win over `verify`.
            self.trust_env = False
            self.verify = str(settings.ca_bundle)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = self._timeout
        kwargs["allow_redirects"] = False
        return super().send(request, **kwargs)


class IdentitySession(MicrosoftSession):
    """Hands msal nothing but JSON objects: it would log any other answer whole, token included."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        response = super().send(request, **kwargs)
        if response.status_code >= requests.codes.internal_server_error:
            response.raise_for_status()
        if not _is_object(response):
            raise requests.exceptions.InvalidJSONError("a JSON object is expected")
        return response


def _is_object(response: requests.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except requests.JSONDecodeError:
        return False


def is_untrusted(error: BaseException) -> bool:
    """Whether a call failed because the other side's certificate is not one we trust."""
    cause: BaseException | None = error
    while cause is not None:
        reason = getattr(cause, "reason", None)
        if isinstance(cause, ssl.SSLCertVerificationError) or isinstance(
            reason, ssl.SSLCertVerificationError
        ):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
