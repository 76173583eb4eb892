"""Where a command finds its settings, and the application it works in."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def application() -> Iterator[Flask]:
    """The application and its context, as the web process has it; connections are given back."""
    app = create_app(read_settings())
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
