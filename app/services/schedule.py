"""What runs now and then: in one dispatcher at a time, however many there are."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from app.database import db


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether this process may run the job `name` now: another one has it where it may not.

    PostgreSQL keeps the lock on a connection of its own, for as long as the block lasts or this
    process lives.
    """
    with db.engine.connect() as connection:
        lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtext(f"entrepot {name}"))
        yield bool(connection.scalar(sa.select(lock)))
