"""Empties the tables between tests: only those that have rows, as most have none."""

import sqlalchemy as sa

from app.database import Base
from app.models import MarketplaceOptions

# Rows that a migration writes: they are set back, not removed.
_KEPT = ("audit_chain", "control", "marketplace_options", "provider")
_EMPTIED = [table.name for table in Base.metadata.sorted_tables if table.name not in _KEPT]

_FULL = sa.text(
    " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})"  # noqa: S608 (our names)
        for name in _EMPTIED
    )
)
_PAST_ALL_RULES = "SET LOCAL session_replication_role = replica"
_SET_BACK = (
    (
        "SELECT setval(c.oid::regclass, 1, false) FROM pg_class c"
        " WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace"
    ),
    "DELETE FROM control",
    "INSERT INTO control (id, provisioning_enabled, reason, min_epoch) VALUES (1, true, '', 1)",
    (
        "UPDATE provider SET failures = 0, openings = 0, pause_until = null, probe_until = null,"
        " reason = ''"
    ),
    (
        "UPDATE audit_chain SET number = 0, hash = repeat('0', 64), checked_at = null,"
        " checked_number = null, broken_number = null, problem = ''"
    ),
)
_FIRST_OPTIONS = {
    "name": "Entrepot",
    "shows_vat": False,
    "viewers_may_switch_vat": True,
    "country": "GR",
    "currency": "EUR",
    "timezone": "Europe/Athens",
    "language": "en",
    "needs_approval": False,
    "quote_hours": 24,
    "terms": "",
    "largest_order": None,
    "payment_days": 30,
    "holds_invoices": False,
}


def empty_tables(superuser: sa.Engine) -> None:
    """Leave what the migrations left. Past row-level security and every trigger.

    TRUNCATE makes new files for each table that refers to an emptied one, and for all their
    indexes: eight times the work. VACUUM gives the places of the deleted rows back, so that rows
    come in the order in which they were stored.
    """
    with superuser.begin() as connection:
        full = connection.scalars(_FULL).all()
        deletions = [f"DELETE FROM {name}" for name in full]  # noqa: S608 (our names)
        connection.exec_driver_sql("; ".join((_PAST_ALL_RULES, *deletions, *_SET_BACK)))
        connection.execute(sa.update(MarketplaceOptions).values(_FIRST_OPTIONS))
    if full:
        with superuser.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM {', '.join(full)}")
