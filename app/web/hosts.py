"""The Host that a request names: one that no browser sends is refused before Flask reads it.

Flask cannot even make an error page for such a request: every address in it is built on the Host.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(
    rf"({_LABEL}(\.{_LABEL})*\.?|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{{1,5}}))?",
    re.IGNORECASE | re.ASCII,
)
_HIGHEST_PORT = 65535
_LONGEST = 253 + len(".:65535")
_BODY = b"The Host of this request is not one.\n"


def _is_host(text: str) -> bool:
    if len(text) > _LONGEST or not (found := _HOST.fullmatch(text)):
        return False
    return int(found["port"] or 0) <= _HIGHEST_PORT


class HostGate:
    def __init__(self, inner: "WSGIApplication", headers: dict[str, str]) -> None:
        self._inner = inner
        self._headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(_BODY))),
            ("Cache-Control", "no-store"),
            *headers.items(),
        ]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST")  # HTTP/1.0 may name none; an empty one is not one
        if host is None or _is_host(host):
            return self._inner(environ, start_response)
        start_response("400 Bad Request", self._headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [_BODY]


def init_hosts(app: Flask, headers: dict[str, str]) -> None:
    """`headers` are those that every answer carries. Before ProxyFix, which tells the real Host."""
    app.wsgi_app = HostGate(app.wsgi_app, headers)  # type: ignore[method-assign]
