"""What Partner Center's answers look like on the wire."""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from flask import Response, request

from sandbox.state import current_state

_BOM = "\ufeff"
_SERVER_ID = "entrepot-sandbox"


class RefusedError(Exception):
    """A definite no, with the code that Partner Center gives for it."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description


def answer(body: dict[str, Any] | Sequence[Any], status: int = HTTPStatus.OK) -> Response:
    """JSON as Partner Center sends it: with a byte order mark unless the settings say no."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain)
    if current_state().settings.current().bom:
        text = _BOM + text
    return Response(text.encode(), status, content_type="application/json; charset=utf-8")


def fault(status: int, code: str, description: str) -> Response:
    """A refusal in Partner Center's shape."""
    response = answer(
        {"code": code, "description": description, "data": [], "source": "PartnerFD"}, status
    )
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def collection(items: list[dict[str, Any]], uri: str, **links: dict[str, Any]) -> dict[str, Any]:
    return {
        "totalCount": len(items),
        "items": items,
        "links": {"self": link(uri)} | links,
        "attributes": {"objectType": "Collection"},
    }


def link(uri: str, method: str = "GET", headers: list[dict[str, str]] | None = None) -> Any:
    return {"uri": uri, "method": method, "headers": headers or []}


def instant(value: dt.datetime) -> str:
    """With seven digits of a second, as .NET writes them."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "7Z"


def second(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(value: dt.date) -> str:
    return value.strftime("%Y-%m-%dT00:00:00Z")


def naive_midnight(value: dt.date) -> str:
    """Without a zone, as the expiry of a reservation comes; it means UTC."""
    return value.strftime("%Y-%m-%dT00:00:00")


def stamp(response: Response) -> Response:
    """Adds the headers that every answer of Partner Center carries."""
    request_id = request.headers.get("MS-RequestId", str(uuid.uuid4()))
    if request.path.lower().endswith("/skus"):
        request_id = f"{request_id},{request_id}"  # some catalogue answers say it twice
    response.headers["MS-RequestId"] = request_id
    response.headers["MS-CorrelationId"] = request.headers.get(
        "MS-CorrelationId", str(uuid.uuid4())
    )
    response.headers["MS-CV"] = uuid.uuid4().hex[:16] + ".0"
    response.headers["MS-ServerId"] = _SERVER_ID
    response.headers["X-Locale"] = request.headers.get("X-Locale", "en-US")
    if request.headers.get("ValidateMfa", "").lower() == "true":
        response.headers["isMfaCompliant"] = "true"
    return response


def read_json() -> Any:
    """The request's JSON with every property name in lower case: case carries no meaning."""
    text = request.get_data().decode("utf-8-sig", errors="replace")
    if not text.strip():
        return {}
    try:
        return _lower_names(json.loads(text))
    except json.JSONDecodeError as error:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "800002", "The body is not readable JSON."
        ) from error


def _lower_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lower_names(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_lower_names(part) for part in value]
    return value


def _plain(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")
