"""What tests of services need beyond the app."""

import pytest
import sqlalchemy as sa

from app.database import db
from tests import factories

_TABLES = ("accounts", "subscriptions", "orders", "order_lines", "assets", "reservations")


@pytest.fixture
def no_walls(app_context, owner_engine):
    """PostgreSQL without row-level security: the queries' own filters stand alone."""
    _each_table(owner_engine, "DISABLE")
    yield
    db.session.rollback()
    factories.session.rollback()
    _each_table(owner_engine, "ENABLE")


def _each_table(engine, what):
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
        for table in _TABLES:
            connection.execute(sa.text(f"ALTER TABLE {table} {what} ROW LEVEL SECURITY"))
