"""Logs: one JSON line per event, each with the id of the request it belongs to."""

import sys
import time
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, got_request_exception, request

from app.config import Environment, Settings

log = structlog.get_logger()


def init_request_log(app: Flask, settings: Settings) -> None:
    _configure(settings)
    app.logger.disabled = True  # request.failed says it, as JSON
    app.before_request(_begin)
    app.after_request(_end)
    got_request_exception.connect(_log_exception, app)
    app.jinja_env.globals["request_id"] = request_id


def request_id() -> str:
    """The id that a person may quote to us; new for each request."""
    if "request_id" not in g:
        g.request_id = uuid4().hex
    return str(g.request_id)


def _configure(settings: Settings) -> None:
    is_console = settings.environment is Environment.DEVELOPMENT and sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(
                [structlog.dev.ConsoleRenderer()]
                if is_console
                else [
                    structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(),
                ]
            ),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _begin() -> None:
    g.began_at = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    if request.endpoint not in {"static", "health.healthz"}:
        log.info(
            "request",
            method=request.method,
            route=str(request.url_rule) if request.url_rule else None,
            status=response.status_code,
            milliseconds=_milliseconds(),
        )
    return response


def _milliseconds() -> float | None:
    began_at = g.get("began_at")
    return None if began_at is None else round((time.perf_counter() - began_at) * 1000, 1)


def _log_exception(_app: Flask, exception: BaseException, **_extra: Any) -> None:
    log.error("request.failed", endpoint=request.endpoint, exc_info=exception)
