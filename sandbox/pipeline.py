"""How a call goes through the sandbox: its fault, its remembered answer, its view."""

import functools
import hashlib
import io
import time
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, make_response, request

from sandbox import spoiled_answers
from sandbox.answers import RefusedError, fault
from sandbox.clock import read_stored, stored
from sandbox.customer_book import customer_in_path
from sandbox.fault_plan import Fault
from sandbox.state import current_state

View = TypeVar("View", bound=Callable[..., Any])

# A response with this header is never sent: the server closes the connection instead.
DROPPED = "X-Sandbox-Dropped"
_REMEMBERED_FOR = timedelta(hours=24)
_CHANGES = frozenset({"POST", "PUT", "PATCH"})
# What is remembered for a repeated MS-RequestId: done, or definitely refused.
_FINAL_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN})


def route_name(name: str) -> Callable[[View], View]:
    """Names a view for the fault plan and the request log; changes are made once per id."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(*args: Any, **kwargs: Any) -> Response:
            g.route = name
            if _is_throttled():
                return spoiled_answers.error_answer(name, [str(HTTPStatus.TOO_MANY_REQUESTS)])
            planned = current_state().faults.take(name, customer_in_path())
            return _with_fault(planned, lambda: _effect(lambda: view(*args, **kwargs)))

        return cast("View", run)

    return decorate


def _is_throttled() -> bool:
    state = current_state()
    limits = state.settings.current()
    return request.path.startswith("/v1/") and state.throttle.refuses(
        calls=limits.throttle_calls, seconds=limits.throttle_seconds
    )


def spoils(kind: str) -> bool:
    """Whether a fault of this kind is on for the call being answered; the view plays it."""
    planned: Fault | None = g.get("fault")
    return planned is not None and planned.kind == kind


def _with_fault(planned: Fault | None, effect: Callable[[], Response]) -> Response:
    if planned is None:
        return effect()
    g.fault = planned
    if planned.name in _WITHOUT_EFFECT:
        return _WITHOUT_EFFECT[planned.name](planned, effect)
    response = effect()
    if planned.name == "slow":
        time.sleep(float(planned.parameters[0]))
        return response
    if planned.name == "drop_after":
        return _dropped()
    if planned.name == "status_after":
        return spoiled_answers.error_answer(g.route, planned.parameters)
    return spoiled_answers.spoil(planned, response)


def _dropped() -> Response:
    return Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={DROPPED: "1"})


def _late(planned: Fault, effect: Callable[[], Response]) -> Response:
    """Nothing is answered; the effect comes when the caller has long given up."""
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    environ = {
        name: value for name, value in request.environ.items() if not name.startswith("werkzeug.")
    }
    environ["wsgi.input"] = io.BytesIO(request.get_data())

    def run() -> None:
        with app.request_context(environ):
            effect()

    current_state().late_effects.schedule(float(planned.parameters[0]), run)
    return _dropped()


_WITHOUT_EFFECT: dict[str, Callable[[Fault, Callable[[], Response]], Response]] = {
    "status": lambda planned, _: spoiled_answers.error_answer(g.route, planned.parameters),
    "drop_before": lambda _planned, _effect: _dropped(),
    "late": _late,
}


def _effect(view: Callable[[], Any]) -> Response:
    """The view's answer; a change and the memory of its answer are one transaction."""
    if request.method not in _CHANGES or not request.path.startswith("/v1/"):
        return _answered(view)
    with current_state().storage.transaction():
        return _remembered() or _remember(_answered(view))


def _answered(view: Callable[[], Any]) -> Response:
    try:
        return make_response(view())
    except RefusedError as refusal:
        return fault(refusal.status, refusal.code, refusal.description)


def _request_key() -> str | None:
    """Who asks what under which MS-RequestId; None where ids are not remembered."""
    request_id = request.headers.get("MS-RequestId")
    if not request_id or current_state().settings.current().mode != "A":
        return None
    tenant_id = current_state().storage.remembered("tenant_id")
    return f"{tenant_id} {request.method} {request.path} {request_id.lower()}"


def _body_hash() -> str:
    return hashlib.sha256(request.get_data()).hexdigest()


def _remembered() -> Response | None:
    key = _request_key()
    row = key and current_state().storage.row("SELECT * FROM answers WHERE request_key = ?", key)
    if not row:
        return None
    if read_stored(row["given_at"]) + _REMEMBERED_FOR <= current_state().clock.now():
        return None
    if row["body_hash"] != _body_hash():
        return fault(
            HTTPStatus.BAD_REQUEST, "800002", "This MS-RequestId was used with another body."
        )
    response = Response(row["body"], row["status"], content_type=row["content_type"])
    if row["location"]:
        response.headers["Location"] = row["location"]
    return response


def _remember(response: Response) -> Response:
    key = _request_key()
    is_final = response.status_code < HTTPStatus.BAD_REQUEST
    if key and g.get("is_signed_in") and (is_final or response.status_code in _FINAL_REFUSALS):
        current_state().storage.run(
            "REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            key,
            _body_hash(),
            stored(current_state().clock.now()),
            response.status_code,
            response.headers.get("Location"),
            response.content_type,
            response.get_data(),
        )
    return response
