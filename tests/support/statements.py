"""Counting SQL statements, without what every transaction begins and ends with."""

from contextlib import contextmanager

import sqlalchemy as sa

_NOT_COUNTED = (
    "begin",
    "commit",
    "rollback",
    "select set_config",
    "select cast(pg_current_xact_id",
    "select 1",
    "set role",
)


@contextmanager
def max_queries(engine, most):
    """Fail when the block sends more than `most` statements; yields them."""
    sent = []

    def remember(_connection, _cursor, statement, *_rest):
        if not statement.lower().lstrip().startswith(_NOT_COUNTED):
            sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", remember)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", remember)
    listing = "\n".join(sent)
    assert len(sent) <= most, f"{len(sent)} statements, {most} allowed:\n{listing}"
