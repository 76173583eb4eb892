"""One HTTPS server that speaks for Entra ID, Partner Center and Azure."""

import datetime as dt
import io
import re
import socket
import ssl
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response as PlainResponse

from sandbox import (
    arm,
    carts,
    consent,
    control,
    customers,
    entitlements,
    identity,
    orders,
    plans,
    subscriptions,
)
from sandbox.answers import fault, stamp
from sandbox.catalogue import routes as catalogue_routes
from sandbox.pipeline import DROPPED
from sandbox.request_log import LoggedRequest
from sandbox.state import SandboxState, attach, current_state

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_IDLE_SECONDS = 60
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BLUEPRINTS = (
    identity,
    consent,
    customers,
    plans,
    carts,
    orders,
    subscriptions,
    entitlements,
    arm,
    control,
)


def create_sandbox(state: SandboxState) -> Flask:
    """The application; `state` must have its demo world loaded."""
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    attach(app, state)
    for module in _BLUEPRINTS:
        app.register_blueprint(module.bp)
    catalogue_routes.register(app)
    app.register_error_handler(HTTPException, _show_http_error)
    app.after_request(_finish)
    app.wsgi_app = _PathsWithoutCase(app.wsgi_app, app.url_map)  # type: ignore[method-assign]
    return app


def _show_http_error(error: HTTPException) -> Response | tuple[Response, int]:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if request.path.startswith("/v1"):
        return fault(
            status, "0" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "1000", str(error)
        )
    return jsonify(error={"code": error.name, "message": str(error)}), status


def _finish(response: Response) -> Response:
    if request.path.startswith("/__sandbox__"):
        return response
    planned = g.get("fault")
    current_state().requests.write(
        LoggedRequest(
            method=request.method,
            path=request.path,
            status=0 if DROPPED in response.headers else response.status_code,
            ms_request_id=request.headers.get("MS-RequestId"),
            ms_correlation_id=request.headers.get("MS-CorrelationId"),
            route=g.get("route"),
            fault=planned and planned.kind,
            at=dt.datetime.now(dt.UTC).isoformat(),
        )
    )
    return stamp(response)


class _PathsWithoutCase:
    """Microsoft reads paths without regard to case and to a last slash: so does this."""

    def __init__(self, app: "WSGIApplication", url_map: Map) -> None:
        self._app = app
        words = {
            word.partition("(")[0]
            for rule in url_map.iter_rules()
            for word in rule.rule.split("/")
            if not word.startswith("<")
        }
        self._spelling = {word.lower(): word for word in words if word}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"].rstrip("/")
        environ["PATH_INFO"] = "/".join(self._spelled(part) for part in path.split("/")) or "/"
        return self._app(environ, start_response)

    def _spelled(self, part: str) -> str:
        if _GUID.fullmatch(part):
            return part.lower()
        word, bracket, rest = part.partition("(")
        return self._spelling.get(word.lower(), word) + bracket + rest


class _KeepAliveHandler(WSGIRequestHandler):
    """Serves call after call on one connection, and can close it without a word."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Head and body leave in one packet: two would wait for each other for 40 ms.
    wbufsize = 65536
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        if environ.get("wsgi.input_terminated"):
            body = environ["wsgi.input"].read()
        else:
            body = self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        response = PlainResponse.from_app(self.server.app, environ, buffered=True)
        if DROPPED in response.headers:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(response)

    def _send(self, response: PlainResponse) -> None:
        body = response.get_data()
        self.send_response(response.status_code)
        response.headers["Content-Length"] = str(len(body))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Silent: the request log knows more."""

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent: a client that goes away is no error here."""


def bind(app: Flask, address: socket.socket, context: ssl.SSLContext) -> BaseWSGIServer:
    """A threaded server on a socket that listens already."""
    host, port = address.getsockname()[:2]
    server = make_server(
        host,
        port,
        app,
        threaded=True,
        request_handler=_KeepAliveHandler,
        ssl_context=context,
        fd=address.fileno(),
    )
    # Otherwise one client that connects and says nothing keeps all others waiting.
    server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]
    return server
