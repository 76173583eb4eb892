"""What an answer, or the lack of one, means for the caller."""

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests
import urllib3

from app.integrations.microsoft.calls import Call
from app.integrations.microsoft.errors import (
    AccessLostError,
    MicrosoftError,
    OutcomeUnknownError,
    TryLaterError,
    class_of,
)
from app.integrations.microsoft.fields import Fields, UnreadableAnswerError, decode
from app.integrations.microsoft.sessions import is_untrusted

_SHORTEST_READ = 1.0
_LARGEST_BODY = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_LONGEST_MESSAGE = 500
_LONGEST_WAIT = 24 * 3600.0


def read_body(response: requests.Response, *, read_timeout: float) -> bytes:
    """The whole body. The session limits each single read; a body that drips needs a limit too."""
    left = read_timeout - response.elapsed.total_seconds()
    deadline = time.monotonic() + max(left, _SHORTEST_READ)
    body = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("the body took too long")
        if len(body) > _LARGEST_BODY:
            raise requests.exceptions.ContentDecodingError("the body is too large")
    return bytes(body)


def is_success(response: requests.Response) -> bool:
    return HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES


def ms_request_id(response: requests.Response) -> str:
    """What the answer calls the request. Some answers say it twice, with a comma between."""
    return response.headers.get("MS-RequestId", "").partition(",")[0].strip()


def error_of(call: Call, response: requests.Response, body: bytes) -> MicrosoftError:
    """The error that an answer outside 2xx stands for."""
    code, message = _read_fault(response, body)
    kind = class_of(response.status_code, code)
    error = kind(
        message,
        code=code,
        http_status=response.status_code,
        ms_request_id=ms_request_id(response),
        **call.sent_ids(),
    )
    if isinstance(error, TryLaterError):
        error.retry_after = _retry_after(response.headers)
    return error


def _read_fault(response: requests.Response, body: bytes) -> tuple[str, str]:
    """Code and text. Partner Center, its throttle and the gateways before it each use a shape."""
    status = str(response.status_code)
    try:
        fields = Fields(decode(body))
        fault = fields.object("error") if fields.has("error") else fields
    except UnreadableAnswerError:
        return status, f"Microsoft answered {status} {response.reason or ''}".strip()
    code = fault.text("code") or fault.text("statusCode") or status
    message = fault.text("description") or fault.text("message") or f"Microsoft answered {status}"
    return code, message[:_LONGEST_MESSAGE]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from seconds or from a date; None where the header says neither.

    A date is counted from the answer's own: our clock need not agree with Microsoft's.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return min(float(text), _LONGEST_WAIT)
    try:
        said_at = headers.get("Date")
        now = parsedate_to_datetime(said_at) if said_at else dt.datetime.now(dt.UTC)
        wait = parsedate_to_datetime(text) - now
    except (ValueError, TypeError):
        return None
    return min(max(wait.total_seconds(), 0.0), _LONGEST_WAIT)


def no_answer(call: Call, error: Exception) -> MicrosoftError:
    """The error for a call that broke off. Whatever was sent may have been done all the same."""
    if is_untrusted(error):
        message = "Partner Center's certificate is not trusted; nothing was sent."
        return AccessLostError(message, code="untrusted", **call.sent_ids())
    code = (
        "timeout"
        if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError)
        else "no_answer"
    )
    return OutcomeUnknownError("Microsoft's answer did not arrive.", code=code, **call.sent_ids())


@contextmanager
def unreadable_as_unknown(call: Call, response: requests.Response) -> Iterator[None]:
    """A success that we cannot read is a success of something: its outcome is unknown."""
    try:
        yield
    except UnreadableAnswerError as error:
        raise OutcomeUnknownError(
            f"Microsoft's answer to {call.operation} cannot be read: {error}.",
            code="unreadable",
            http_status=response.status_code,
            ms_request_id=ms_request_id(response),
            **call.sent_ids(),
        ) from error
