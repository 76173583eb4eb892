"""One HTTP call to Partner Center: token, ids, time-outs, and errors by what the caller must do."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TypeVar

import requests
import structlog
import urllib3
from requests.auth import AuthBase

from app.config import MicrosoftSettings
from app.failpoints import Point, reach
from app.integrations.microsoft.answers import (
    error_of,
    is_success,
    ms_request_id,
    no_answer,
    read_body,
    unreadable_as_unknown,
)
from app.integrations.microsoft.auth import TokenSource
from app.integrations.microsoft.calls import Call, linked_address
from app.integrations.microsoft.errors import OutcomeUnknownError
from app.integrations.microsoft.fields import Fields, UnreadableAnswerError, decode
from app.integrations.microsoft.gate import Gate, OpenGate
from app.integrations.microsoft.pages import read_page
from app.integrations.microsoft.sessions import MicrosoftSession

log = structlog.get_logger()

T = TypeVar("T")

_CHUNK = 64 * 1024


class _Bearer(AuthBase):
    """Sets the token last, so that a .netrc of the machine cannot replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Transport:
    """Never retries and never follows a redirect: the row that wants the call decides when."""

    def __init__(
        self, settings: MicrosoftSettings, tokens: TokenSource, gate: Gate | None = None
    ) -> None:
        self._gate = gate or OpenGate()
        self._base_url = settings.partner_center_url
        self._read_timeout = settings.read_timeout
        self._tokens = tokens
        self._session = MicrosoftSession(settings)

    def close(self) -> None:
        self._session.close()

    def send(self, call: Call) -> None:
        """For calls whose answer has no body that matters."""
        with self._request(call):
            pass

    def read(self, call: Call, reader: Callable[[object], T]) -> T:
        """The answer as the reader makes it; OutcomeUnknownError where it cannot be read."""
        with self._request(call) as response, unreadable_as_unknown(call, response):
            return reader(decode(read_body(response, read_timeout=self._read_timeout)))

    def read_object(self, call: Call, reader: Callable[[Fields], T]) -> T:
        return self.read(call, lambda value: reader(Fields(value)))

    def read_all(self, call: Call, reader: Callable[[Fields], T]) -> list[T]:
        """All items of a collection, over all of its pages."""
        items: list[T] = []
        asked: list[Call] = []
        page_call: Call | None = call
        while page_call is not None:
            asked.append(page_call)
            page = self.read_object(
                page_call,
                lambda fields: read_page(fields, reader, base_url=self._base_url, asked=asked),
            )
            items += page.items
            page_call = page.following
        return items

    def read_link(self, call: Call, reader: Callable[[Fields], T]) -> T:
        """As read_object, for a link that an earlier answer gave. A foreign one is never called."""
        try:
            url = linked_address(self._base_url, call.url)
        except UnreadableAnswerError as error:
            raise OutcomeUnknownError(
                f"{call.operation} cannot be asked for: {error}.",
                code="unreadable",
                **call.sent_ids(),
            ) from error
        return self.read_object(replace(call, url=url), reader)

    def read_lines(
        self, call: Call, reader: Callable[[Iterator[bytes]], Iterator[T]]
    ) -> Iterator[T]:
        """A large answer, line by line while it arrives. It may break off after some items."""
        with self._request(call) as response, unreadable_as_unknown(call, response):
            yield from reader(response.iter_lines(_CHUNK))

    @contextmanager
    def _request(self, call: Call) -> Iterator[requests.Response]:
        with self._gate.passing(call), self._answer(call) as response:
            yield response

    @contextmanager
    def _answer(self, call: Call) -> Iterator[requests.Response]:
        token = (
            self._tokens.user_token(call.audience) if call.audience else self._tokens.app_token()
        )
        started = time.monotonic()
        response: requests.Response | None = None
        try:
            response = self._send(call, token)
            with closing(response):
                reach(Point.DURING_CHECKOUT if call.operation == "checkout" else None)
                if response.status_code == requests.codes.unauthorized:
                    self._tokens.forget(token)
                if not is_success(response):
                    raise error_of(
                        call, response, read_body(response, read_timeout=self._read_timeout)
                    )
                yield response
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise no_answer(call, error) from error
        finally:
            log.info(
                "microsoft.called",
                operation=call.operation,
                status=None if response is None else response.status_code,
                ms_request_id="" if response is None else ms_request_id(response),
                correlation_id=str(call.ids.correlation_id),
                seconds=round(time.monotonic() - started, 3),
            )

    def _send(self, call: Call, token: str) -> requests.Response:
        body = b"" if call.body is None else json.dumps(call.body).encode()
        return self._session.request(
            call.method,
            call.url,
            params=call.query,
            data=None if call.method == "GET" else body,
            headers=call.headers(),
            auth=_Bearer(token),
            stream=True,
        )
