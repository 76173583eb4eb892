"""Migrations and models say the same."""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config


def test_models_and_migrations_agree(owner_engine, monkeypatch):
    url = owner_engine.url.render_as_string(hide_password=False)
    monkeypatch.setitem(os.environ, "DATABASE_URL", url)
    pyproject = Path(__file__).parents[2] / "pyproject.toml"

    command.check(Config(toml_file=pyproject))
