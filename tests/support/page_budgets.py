"""What pages may cost, whatever is stored: SQL statements, blocks that PostgreSQL touches, weight.

Statements and weights are the architecture's. Home pages and desks gather from many places and
say how many statements that is.
"""

import gzip
import json
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

MOST_STATEMENTS, MOST_OF_ABSTRACT = 6, 3
MOST_BYTES, MOST_OF_FRAGMENT = 20_000, 15_000  # gzip; the first view has 80,000 more for files
_NOT_COUNTED = ("begin", "commit", "rollback", "select set_config", "select 1", "set role")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """`blocks` are pages of 8 kB that the statements touched, in memory or on disk."""

    statements: int
    blocks: int
    gzipped: int


def addresses_without_ids(app, blueprint):
    """Every page of a face whose address names no object."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods
        and not rule.arguments
        and rule.endpoint.startswith(f"{blueprint}.")
    )


@contextmanager
def blocks_counted(engine):
    """Sums up in the yielded list what each SELECT touched, by EXPLAIN of the same statement."""
    touched = []

    def explain(_connection, cursor, statement, parameters, *_):
        if statement.lstrip()[:6].upper() in {"SELECT", "WITH ("}:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
            plan = cursor.fetchone()[0]
            plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
            touched.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])

    sa.event.listen(engine, "before_cursor_execute", explain)
    try:
        yield touched
    finally:
        sa.event.remove(engine, "before_cursor_execute", explain)


@contextmanager
def statements_counted(engine):
    sent = []

    def remember(_connection, _cursor, statement, *_):
        if not statement.lower().lstrip().startswith(_NOT_COUNTED):
            sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", remember)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", remember)


def cost_of(client, engine, address, headers=None):
    """What the page costs; None where there is none (it leads elsewhere, or is not for us)."""
    with statements_counted(engine) as sent:
        answer = client.get(address, headers=headers)
    if answer.status_code != 200 or not answer.content_type.startswith("text/html"):
        return None
    with blocks_counted(engine) as touched:
        client.get(address, headers=headers)
    return Cost(
        statements=len(sent), blocks=sum(touched), gzipped=len(gzip.compress(answer.data, 9))
    )
