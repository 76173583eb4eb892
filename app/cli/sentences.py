"""What can go wrong with a command, in one sentence each."""

from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.util import CommandError
from redis.exceptions import RedisError

from app.config import SettingsError
from app.domain.errors import DomainError
from app.integrations.microsoft import MicrosoftError

_SENTENCES: dict[type[Exception], Callable[[Any], str]] = {
    SettingsError: str,
    DomainError: str,
    CommandError: lambda error: f"Migrations: {_first_line(error)}",
    MicrosoftError: lambda error: f"Microsoft: {error.message or error.code}",
    RedisError: lambda error: f"Redis does not answer: {_first_line(error)}",
    sa.exc.ProgrammingError: lambda error: (
        f"The tables do not fit, run `entrepot migrate`: {_first_line(error.orig)}"
    ),
    sa.exc.DBAPIError: lambda error: f"PostgreSQL does not answer: {_first_line(error.orig)}",
    sa.exc.TimeoutError: lambda _error: "PostgreSQL has no connection left for this.",
    psycopg.errors.InvalidParameterValue: lambda _error: (
        "The database is not set up yet: run `entrepot migrate`."
    ),
    psycopg.Error: lambda error: f"PostgreSQL does not answer: {_first_line(error)}",
}
EXPECTED = tuple(_SENTENCES)


def sentence_for(error: Exception) -> str:
    """One line that says what to look at; never a secret, never a stack trace."""
    for kind, words in _SENTENCES.items():
        if isinstance(error, kind):
            return words(error).rstrip()
    raise error


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
