"""Where a command finds its settings, and the application it works in."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from flask import Flask

from app import create_app
from app.config import Settings, SettingsError
from app.database import db

REPOSITORY = Path(__file__).resolve().parents[2]
_STATED = ("DATABASE_URL", "DATABASE_URL_FILE")
_KEPT_BY_RUN = "environment.json"


def complete_environment() -> None:
    """Without a database of its own the environment is the one of a running `make run`.

    All of it or nothing: half of one and half of another would be nobody's installation.
    """
    if any(os.environ.get(name) for name in _STATED):
        return
    path = Path(os.environ.get("ENTREPOT_STATE") or REPOSITORY / "var") / _KEPT_BY_RUN
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return  # whoever needs a setting says that it is missing
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingsError(f"{path} is damaged: start `make run` again.") from error
    os.environ.update(kept)


def read_settings() -> Settings:
    return Settings.from_env(os.environ)


def log_from(level: int) -> None:
    """Log from this level on, to stderr: what a command answers is alone on stdout."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


@contextmanager
def application(*, says_what_it_does: bool = False) -> Iterator[Flask]:
    """The application and its context, as the web process has it; connections are given back.

    Its log is kept to warnings unless the command lives on and its log is all that it says.
    """
    app = create_app(read_settings())
    log_from(logging.INFO if says_what_it_does else logging.WARNING)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
