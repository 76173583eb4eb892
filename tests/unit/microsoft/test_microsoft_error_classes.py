import datetime as dt
from email.utils import format_datetime
from io import BufferedReader, BytesIO, RawIOBase
from uuid import UUID

import pytest
import requests
from urllib3 import HTTPResponse

from app.integrations.microsoft import (
    AccessLostError,
    CallIds,
    MicrosoftError,
    OutcomeUnknownError,
    RefusedError,
    TryLaterError,
)
from app.integrations.microsoft.answers import (
    error_of,
    ms_request_id,
    no_answer,
    read_body,
    unreadable_as_unknown,
)
from app.integrations.microsoft.calls import Call
from app.integrations.microsoft.errors import class_of
from app.integrations.microsoft.fields import UnreadableAnswerError

CALL = Call(
    operation="checkout",
    url="https://partner.example/v1/customers",
    ids=CallIds(request_id=UUID(int=1), correlation_id=UUID(int=2)),
)


def answer(status, body=b"", **headers):
    response = requests.Response()
    response.status_code = status
    response.headers.update({name.replace("_", "-"): text for name, text in headers.items()})
    response.raw = HTTPResponse(BytesIO(body), preload_content=False)
    return response


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "400", AccessLostError),
        (401, "900420", AccessLostError),
        (403, "900329", AccessLostError),
        (403, "13605", RefusedError),
        (400, "800017", RefusedError),
        (400, "800013", RefusedError),
        (404, "1000", RefusedError),
        (404, "800007", TryLaterError),
        (409, "800014", TryLaterError),
        (409, "900278", TryLaterError),
        (409, "800060", OutcomeUnknownError),
        (409, "800064", OutcomeUnknownError),
        (400, "800065", OutcomeUnknownError),
        (400, "2055", TryLaterError),
        (412, "412", TryLaterError),
        (417, "800036", TryLaterError),
        (400, "800003", OutcomeUnknownError),
        (500, "800003", OutcomeUnknownError),
        (500, "800017", OutcomeUnknownError),
        (501, "0", RefusedError),
        (502, "502", OutcomeUnknownError),
        (503, "503", OutcomeUnknownError),
        (504, "504", OutcomeUnknownError),
        (408, "408", OutcomeUnknownError),
        (429, "429", TryLaterError),
        (429, "800017", TryLaterError),
        (400, "777777", RefusedError),
        (403, "777777", RefusedError),
        (409, "777777", OutcomeUnknownError),
        (409, "800017", RefusedError),
        (302, "302", OutcomeUnknownError),
        (199, "199", OutcomeUnknownError),
    ],
)
def test_status_and_code_say_what_to_do_next(status, code, kind):
    assert class_of(status, code) is kind


def test_an_error_carries_microsofts_words_and_all_ids():
    body = b'\xef\xbb\xbf{"code":"800017","description":"Only 3 left.","data":[]}'

    error = error_of(CALL, answer(400, MS_RequestId="abc,abc"), body)

    assert isinstance(error, RefusedError)
    assert isinstance(error, MicrosoftError)
    assert (error.message, error.code, error.http_status) == ("Only 3 left.", "800017", 400)
    assert str(error) == "Only 3 left."
    assert error.request_id == str(UUID(int=1))
    assert error.correlation_id == str(UUID(int=2))
    assert error.ms_request_id == "abc"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b'{"code":800017,"description":"Only 3 left."}', "800017", "Only 3 left."),
        (b'{"statusCode":429,"message":"Slow down."}', "429", "Slow down."),
        (b'{"error":{"code":"Forbidden","message":"No."}}', "Forbidden", "No."),
        (b'{"error":"nonsense"}', "403", "Microsoft answered 403"),
        (b"<html><h2>Our services are not available", "403", "Microsoft answered 403"),
        (b"[]", "403", "Microsoft answered 403"),
        (b"", "403", "Microsoft answered 403"),
        (b"{}", "403", "Microsoft answered 403"),
    ],
)
def test_an_error_is_read_in_each_shape_that_is_met(body, code, message):
    error = error_of(CALL, answer(403), body)

    assert (error.code, error.message) == (code, message)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("57", 57.0), ("0", 0.0), ("", None), ("soon", None), ("-1", None), ("9" * 30, 86400.0)],
)
def test_retry_after_is_given_in_seconds(header, seconds):
    error = error_of(CALL, answer(429, Retry_After=header), b"")

    assert isinstance(error, TryLaterError)
    assert error.retry_after == seconds


def test_retry_after_may_be_a_date():
    in_a_minute = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)

    error = error_of(CALL, answer(429, Retry_After=format_datetime(in_a_minute, usegmt=True)), b"")

    assert isinstance(error, TryLaterError)
    assert error.retry_after == pytest.approx(60, abs=5)


def test_a_date_to_wait_for_is_counted_from_the_answers_own_date():
    date, later = "Mon, 04 Jan 2027 09:00:00 GMT", "Mon, 04 Jan 2027 09:01:30 GMT"

    error = error_of(CALL, answer(429, Date=date, Retry_After=later), b"")

    assert isinstance(error, TryLaterError)
    assert error.retry_after == 90.0


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (requests.ConnectionError("reset"), "no_answer"),
        (requests.ConnectTimeout(), "timeout"),
        (requests.ReadTimeout(), "timeout"),
        (requests.exceptions.ChunkedEncodingError(), "no_answer"),
        (requests.exceptions.SSLError("closed"), "no_answer"),
    ],
)
def test_a_call_without_an_answer_has_an_unknown_outcome(failure, code):
    error = no_answer(CALL, failure)

    assert isinstance(error, OutcomeUnknownError)
    assert (error.code, error.http_status) == (code, None)


def test_a_success_that_cannot_be_read_has_an_unknown_outcome():
    with (
        pytest.raises(OutcomeUnknownError) as raised,
        unreadable_as_unknown(CALL, answer(201, MS_RequestId="abc")),
    ):
        raise UnreadableAnswerError("quantity is missing or odd")

    assert raised.value.http_status == 201
    assert raised.value.ms_request_id == "abc"


def test_an_answer_without_ids_has_none():
    assert ms_request_id(answer(200)) == ""


def test_a_body_that_drips_is_not_waited_for():
    response = answer(200)
    response.elapsed = dt.timedelta(seconds=10)
    response.raw = HTTPResponse(BufferedReader(_Endless()), preload_content=False)

    with pytest.raises(requests.ReadTimeout):
        read_body(response, read_timeout=1)


class _Endless(RawIOBase):
    """A body that comes byte by byte and never ends."""

    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[:1] = b"x"
        return 1
