"""Passwords: argon2id at OWASP's floor, never more than a few at once."""

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_turns = BoundedSemaphore(4)  # each takes 19 MiB and a core
_nobodys_hash = _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    with _turns:
        return _hasher.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`. As much work for None as for a hash."""
    if len(password) > LONGEST:
        password = ""
    with _turns:
        try:
            _hasher.verify(stored or _nobodys_hash, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)
