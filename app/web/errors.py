"""Errors: the page, the fragment or the toast for each, in the face that the visitor is in."""

from dataclasses import dataclass

import psycopg
import sqlalchemy.exc
import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from app.domain.errors import ConflictError, DomainError, NotAllowedError, NotFoundError
from app.web.htmx import as_toast, is_htmx, vary_by_htmx, wants_partial
from app.web.viewer import known_signed_in

log = structlog.get_logger()


@dataclass(frozen=True)
class Problem:
    status: int
    title: str
    advice: str


_PROBLEMS = {
    problem.status: problem
    for problem in (
        Problem(400, "That request was not understood", "Go back, reload the page and try again."),
        Problem(401, "You are not signed in", "Sign in to go on."),
        Problem(403, "You may not do that", "Your role does not include this."),
        Problem(404, "There is nothing here", "The page does not exist, or it is not yours."),
        Problem(405, "That is not possible here", "Open the page by its link and use its buttons."),
        Problem(409, "It changed meanwhile", "Reload the page to see how things are now."),
        Problem(413, "That is too large", "Send less than 1 MB at once."),
        Problem(422, "There is a problem", "Something in what was sent cannot be accepted."),
        Problem(429, "Too many attempts", "Wait a few minutes and try again."),
        Problem(500, "Something went wrong", "It is our mistake, and it is recorded. Try again."),
        Problem(
            503,
            "Not available right now",
            "Try again in a minute. What you typed is still in your browser.",
        ),
    )
}
_IN_PLACE = frozenset({403, 404, 409, 422})
_DATABASE_IS_GONE = (
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
    psycopg.OperationalError,
    psycopg.errors.IdleInTransactionSessionTimeout,
)
_STATUS_OF = {NotFoundError: 404, NotAllowedError: 403, ConflictError: 409}


def init_errors(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False  # in tests too: a page, as for everybody
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(CSRFError, _show_csrf_error)
    app.register_error_handler(DomainError, _show_domain_error)
    for error in _DATABASE_IS_GONE:
        app.register_error_handler(error, _show_database_is_gone)
    app.register_error_handler(sqlalchemy.exc.InternalError, _show_internal_error)


def show_problem(status: int, advice: str | None = None) -> Response:
    """The answer for a status. It asks PostgreSQL nothing: PostgreSQL may be the problem."""
    g.is_error_page = True
    known = _PROBLEMS.get(status)
    problem = Problem(
        status,
        known.title if known else "That did not work",
        advice or (known.advice if known else "Go back and try again."),
    )
    if is_htmx() and status not in _IN_PLACE:
        return as_toast(
            make_response(render_template("errors/_toast.html", problem=problem), status)
        )
    template = "errors/_problem.html" if wants_partial() else "errors/page.html"
    html = render_template(template, problem=problem, layout=_layout())
    return vary_by_htmx(make_response(html, status))


def _layout() -> str:
    signed_in = known_signed_in()
    if signed_in is None:
        return "layouts/bare.html"
    return "layouts/bss.html" if signed_in.viewer.is_staff else "layouts/storefront.html"


def _show_http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:  # noqa: PLR2004  # a redirect is no error
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error, InternalServerError):
        return show_problem(500)
    signed_in = known_signed_in()
    if error.code == 403 and signed_in and _is_wrong_face(is_staff=signed_in.viewer.is_staff):  # noqa: PLR2004
        return show_problem(403, "The storefront is for customers. Your place is the back office.")
    response = show_problem(error.code)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _is_wrong_face(*, is_staff: bool) -> bool:
    return is_staff and request.blueprint == "storefront"


def _show_csrf_error(error: CSRFError) -> Response:
    log.info("csrf.refused", reason=error.description)
    return show_problem(400, "This page was open for too long. Reload it and send the form again.")


def _show_domain_error(error: DomainError) -> Response:
    status = next((code for kind, code in _STATUS_OF.items() if isinstance(error, kind)), 422)
    return show_problem(status, None if status == 404 else error.message)  # noqa: PLR2004


def _show_internal_error(error: sqlalchemy.exc.InternalError) -> Response:
    """PostgreSQL's end of a session that idled is none of its other errors: those are ours."""
    if isinstance(error.orig, psycopg.errors.IdleInTransactionSessionTimeout):
        return _show_database_is_gone(error)
    raise error


def _show_database_is_gone(error: Exception) -> Response:
    log.error("postgresql.unavailable", error=type(error).__name__)
    response = show_problem(503)
    response.headers["Retry-After"] = "5"
    return response
