"""What a production start refuses: demo sign-ins, keys out of an example."""

import sqlalchemy as sa
import sqlalchemy.exc

from app.config import Settings, SettingsError
from app.database import db, reading
from app.domain.access import SIGN_IN_SCOPE
from app.models.users import User

_EXAMPLE_WORDS = ("change", "example", "development", "password")
_FEWEST_CHARACTERS = 10


def check_production(settings: Settings) -> None:
    """Raise SettingsError where this must not serve as production. Needs PostgreSQL."""
    for name, key, command in (
        ("SECRET_KEY", settings.secret_key, "openssl rand -hex 32"),
        ("ENCRYPTION_KEY", settings.encryption_key, "openssl rand -base64 32 | tr +/ -_"),
    ):
        if _is_guessable(key):
            raise SettingsError(f"{name} looks like an example: make one with `{command}`.")
    if settings.secret_key == settings.encryption_key:
        raise SettingsError("SECRET_KEY and ENCRYPTION_KEY are the same: make two.")
    if _has_demo_users():
        raise SettingsError(
            "This database holds demo sign-ins with a published password. Production needs another."
        )


def _is_guessable(key: str) -> bool:
    lowered = key.lower()
    return len(set(key)) < _FEWEST_CHARACTERS or any(word in lowered for word in _EXAMPLE_WORDS)


def _has_demo_users() -> bool:
    try:
        found = reading(SIGN_IN_SCOPE).scalar(sa.select(sa.exists().where(User.is_demo)))
    except sqlalchemy.exc.ProgrammingError:
        return False  # no tables yet: /readyz says that migrations are missing
    except sqlalchemy.exc.OperationalError as error:
        raise SettingsError(
            "PostgreSQL does not answer: whether there are demo sign-ins is not known."
        ) from error
    finally:
        db.session.remove()
        db.engine.dispose()  # no connection may be shared by processes that fork after this
    return bool(found)
