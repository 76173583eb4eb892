"""htmx: the only reader and writer of HX-* headers."""

import json
from typing import Any

from flask import Response, make_response, render_template, request


def is_htmx() -> bool:
    """Whether htmx asks, for a part of a page or for all of it."""
    return request.headers.get("HX-Request") == "true"


def wants_partial() -> bool:
    """Whether a partial is the answer. Back, forward and `hx-select` ask for the full page."""
    return is_htmx() and request.headers.get("HX-Request-Type") == "partial"


def render_page(template: str, /, *, partial: str, status: int = 200, **context: Any) -> Response:
    """The page, or its partial alone where htmx asks for it; the same context serves both."""
    chosen = partial if wants_partial() else template
    return vary_by_htmx(make_response(render_template(chosen, **context), status))


def vary_by_htmx(response: Response) -> Response:
    response.vary.update(("HX-Request", "HX-Request-Type"))
    return response


def redirect_by_htmx(url: str, *, status: int) -> Response:
    """Make htmx leave the page: a plain redirect would put the other page into a part of this."""
    response = Response(status=status)
    response.headers["HX-Redirect"] = url
    return vary_by_htmx(response)


def as_toast(response: Response) -> Response:
    """Let htmx show `response` as a toast and leave the page, its URL and its forms alone."""
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "beforeend"
    response.headers["HX-Reselect"] = ".toast"
    response.headers["HX-Push-Url"] = "false"
    return vary_by_htmx(response)


def trigger(response: Response, event: str, **detail: Any) -> Response:
    """Raise an event in the browser once the answer is there, such as `assets-changed`."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    response.headers["HX-Trigger"] = json.dumps({**events, event: detail})
    return response
