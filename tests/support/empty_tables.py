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
_NUMBERED_AGAIN = sa.text(
    "SELECT setval(c.oid::regclass, 1, false) FROM pg_class c"
    " WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace"
)
_SET_BACK = (
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
    """Leave what the migrations left. Past row-level security and every trigger."""
    with superuser.begin() as connection:
        full = connection.scalars(_FULL).all()
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        if full:  # not by DELETE: rows would come in the order of the places that it left
            connection.execute(sa.text(f"TRUNCATE {', '.join(full)} CASCADE"))
        for statement in _SET_BACK:
            connection.execute(sa.text(statement))
        connection.execute(_NUMBERED_AGAIN)
        connection.execute(sa.update(MarketplaceOptions).values(_FIRST_OPTIONS))
