"""Run migrations as the database's owner: the app's own engine is another, lesser role."""

import os

import sqlalchemy as sa
from alembic import context

import app.models  # noqa: F401  # completes the metadata
from app.config import database_url
from app.database import Base

# Two starting at once: the second waits, then finds nothing to do.
_MIGRATION_LOCK = 0x454E5452


def run() -> None:
    engine = sa.create_engine(database_url(os.environ), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("SET lock_timeout = '10s'"))
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
