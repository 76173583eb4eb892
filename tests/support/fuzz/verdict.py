"""What must hold for every answer, and what a failure says."""

import traceback
from collections import Counter
from dataclasses import dataclass, field

from flask import got_request_exception

from app.web.security import HEADERS

_TOLD_TOO_MUCH = (
    b"Traceback (most recent call last)",
    b"sqlalchemy.exc",
    b"psycopg.errors",
    b"jinja2.exceptions",
    b"%(csrf_token)",
)


def faults_of(attempt, response):
    """Sentences on what is wrong with the answer; none is the rule."""
    body, faults = response.get_data(), []
    if response.status_code >= 500:
        faults.append(f"answers {response.status}")
    missing = [name for name, value in HEADERS.items() if response.headers.get(name) != value]
    if missing or "Cache-Control" not in response.headers:
        faults.append(f"lacks {missing or 'Cache-Control'}")
    faults += [f"shows {text.decode()}" for text in _TOLD_TOO_MUCH if text in body]
    if response.mimetype == "text/html" and b"<script>fuzz" in body:
        faults.append("runs a script of whoever asks")
    is_read = attempt.method not in {"HEAD", "OPTIONS"}
    if is_read and response.status_code == 200 and response.mimetype == "text/html" and not body:
        faults.append("is an empty page")
    if is_away(response.headers.get("Location", "/"), dict(attempt.headers).get("Host")):
        faults.append(f"leads away to {response.headers['Location'][:80]}")
    if "fuzz" in response.headers.get("Set-Cookie", ""):
        faults.append("lets a value become a header")
    return faults


def is_away(address, host):
    """Not to ourselves. A slash too many is answered with the whole address that was asked."""
    ours = f"://{host or 'localhost'}/"
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    return not is_path and not address.removeprefix("http").removeprefix("s").startswith(ours)


@dataclass
class Findings:
    """Each kind of failure once, with the request that showed it first."""

    told: dict = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)
    answers: Counter = field(default_factory=Counter)  # (endpoint, status) → how many

    def note(self, number, attempt, status, faults, exceptions):
        self.answers[attempt.endpoint, status] += 1
        for fault in faults:
            kind = (attempt.endpoint, fault, *(repr(each)[:60] for each in exceptions))
            self.counts[kind] += 1
            words = [line for each in exceptions for line in traceback.format_exception(each)]
            self.told.setdefault(
                kind, f"{fault}: number {number}: {attempt}\n{''.join(words[-4:])}"
            )

    def __str__(self):
        return "\n".join(f"{self.counts[kind]} times: {told}" for kind, told in self.told.items())


class listening:  # noqa: N801  # reads like a function
    """Exceptions that became an error page, so that a failure can name its cause."""

    def __init__(self, app):
        self._app, self.exceptions = app, []

    def __enter__(self):
        got_request_exception.connect(self._keep, self._app)
        return self

    def __exit__(self, *_error):
        got_request_exception.disconnect(self._keep, self._app)

    def taken(self):
        taken, self.exceptions[:] = list(self.exceptions), []
        return taken

    def _keep(self, _app, exception, **_extra):
        self.exceptions.append(exception)
