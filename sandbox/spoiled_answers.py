"""Answers that are wrong on purpose."""

import json
from codecs import BOM_UTF8
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response

from sandbox.answers import fault
from sandbox.fault_plan import Fault
from sandbox.state import current_state

_UNHEARD_OF = "Rebalancing"
_STATES = frozenset({"status", "provisioningState", "fulfillmentState"})
_USUAL_CODES = {400: "800002", 401: "400", 403: "2030", 404: "1000", 409: "800060", 500: "800003"}
_GATEWAY = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})


def error_answer(route: str, parameters: list[str]) -> Response:
    """The error of the surface that was called: `NNN` and perhaps a code."""
    status = int(parameters[0])
    code = parameters[1] if len(parameters) > 1 else None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _throttled()
    if status in _GATEWAY and code is None:
        return Response(f"<html><h2>{status}</h2></html>", status, content_type="text/html")
    if route == "token":
        return _plain_json(_identity_error(code), status)
    if route == "arm":
        return _plain_json(
            {"error": {"code": code or "InternalServerError", "message": "Ordered by a test."}},
            status,
        )
    return fault(status, code or _USUAL_CODES.get(status, "0"), "Ordered by a test.")


def spoil(planned: Fault, response: Response) -> Response:
    """The real answer of a call that happened, made unreadable or strange."""
    change = _CHANGES.get(planned.name)
    return change(response) if change else response


def _throttled() -> Response:
    seconds = current_state().settings.current().retry_after_seconds
    response = _plain_json(
        {
            "statusCode": 429,
            "message": f"Rate limit is exceeded. Try again in {seconds} seconds.",
        },
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    response.headers["Retry-After"] = str(seconds)
    return response


def _identity_error(code: str | None) -> dict[str, Any]:
    return {
        "error": code or "temporarily_unavailable",
        "error_description": "AADSTS90033: Ordered by a test.",
        "error_codes": [90033],
    }


def _plain_json(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def _truncated(response: Response) -> Response:
    body = response.get_data()
    return Response(body[: len(body) // 2], response.status_code, headers=_type_of(response))


def _garbage(response: Response) -> Response:
    return Response(b"\x00<<< not what you asked for >>>", response.status_code)


def _type_of(response: Response) -> dict[str, str]:
    return {"Content-Type": response.content_type or "application/json"}


def _rewritten(change: Callable[[Any], Any]) -> Callable[[Response], Response]:
    def rewrite(response: Response) -> Response:
        if response.status_code >= HTTPStatus.BAD_REQUEST or not response.is_json:
            return response
        body = response.get_data()
        mark = body[: len(BOM_UTF8)] if body.startswith(BOM_UTF8) else b""
        changed = change(json.loads(body.decode("utf-8-sig")))
        response.set_data(mark + json.dumps(changed, ensure_ascii=False).encode())
        return response

    return rewrite


def _with_unknown_states(body: Any) -> Any:
    if isinstance(body, dict):
        return {
            name: _UNHEARD_OF if name in _STATES else _with_unknown_states(part)
            for name, part in body.items()
        }
    if isinstance(body, list):
        return [_with_unknown_states(part) for part in body]
    return body


def _without_subscription_ids(body: Any) -> Any:
    """No subscription of an order in a list, no subscription id in an order's line."""
    if isinstance(body, list):
        return [
            _without_subscription_ids(part)
            for part in body
            if not (isinstance(part, dict) and "orderId" in part)
        ]
    if not isinstance(body, dict):
        return body
    hidden = {"subscriptionId"} if "lineItemNumber" in body else set()
    shown = {k: _without_subscription_ids(v) for k, v in body.items() if k not in hidden}
    if "items" in shown and "totalCount" in shown:
        shown["totalCount"] = len(shown["items"])
    return shown


_CHANGES: dict[str, Callable[[Response], Response]] = {
    "truncated": _truncated,
    "garbage": _garbage,
    "unknown_state": _rewritten(_with_unknown_states),
    "missing_subscription_id": _rewritten(_without_subscription_ids),
}
