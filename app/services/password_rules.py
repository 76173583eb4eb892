"""Which passwords may be chosen: long enough, and none that is guessed first."""

import re
from functools import cache
from pathlib import Path

from app.domain.errors import InvalidError
from app.services.passwords import LONGEST, SHORTEST

# Common passwords, most of them out of breaches, lower case, sorted. Those with fewer than twelve
# characters are here for what is made from them by padding.
_LIST = Path(__file__).with_name("common_passwords.txt")
_PADDING = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_REPEATED = re.compile(r"(.{1,8}?)\1+")
_SHORTEST_NAME = 4


def check_password(password: str, *, field: str, names: tuple[str, ...] = ()) -> None:
    """Raises InvalidError with what to do better. `names` are the person's own: e-mail, name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidError(
            "Use %(shortest)s to %(longest)s characters.",
            shortest=SHORTEST,
            longest=LONGEST,
            field=field,
        )
    if _is_common(password.lower()):
        raise InvalidError(
            "This password is among those that are guessed first. Use several words.", field=field
        )
    if _is_own_name(password.lower(), names):
        raise InvalidError("Use a password without your name or e-mail address.", field=field)


def _is_common(password: str) -> bool:
    """One of the list, one of it with padding such as `!2026`, or a few characters repeated."""
    known = _common_passwords()
    core = _PADDING.sub("", password)
    return (
        password in known or core in known or (not core and len(set(password)) < SHORTEST // 2)
    ) or _REPEATED.fullmatch(password) is not None


def _is_own_name(password: str, names: tuple[str, ...]) -> bool:
    core = _PADDING.sub("", password)
    own = {name.lower() for each in names for name in (each, each.partition("@")[0])}
    return any(len(name) >= _SHORTEST_NAME and name in {core, password} for name in own)


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="ascii").split())
