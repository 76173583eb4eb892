"""Row-level security as it should be, written by hand, and what PostgreSQL has of it."""

import re

import sqlalchemy as sa

_SCOPE = "current_setting('entrepot.scope'::text, true)"
_ACCOUNT = "(NULLIF(current_setting('entrepot.account_id'::text, true), ''::text))::uuid"
_OWN = (
    f"CASE {_SCOPE} WHEN 'all'::text THEN true"
    f" WHEN 'tenant'::text THEN (tenant_id = {_ACCOUNT})"
    f" WHEN 'account'::text THEN ({{owner}} = {_ACCOUNT}) ELSE false END"
)
OWNED = ("visible", "ALL", _OWN.format(owner="account_id"))
OWNED_BY_ITSELF = ("visible", "ALL", _OWN.format(owner="id"))
STAFF = ("kept_by_staff", "ALL", f"({_SCOPE} = 'all'::text)")
SYSTEM = ("visible", "ALL", f"({_SCOPE} = 'all'::text)")
EVERYBODY_READS = ("everybody_reads", "SELECT", "true")
_RESELLERS_OWN = (  # a brand is nobody's secret; the marketplace's is staff's to change
    f"(({_SCOPE} = 'all'::text) OR (({_SCOPE} = 'tenant'::text) AND (account_id = {_ACCOUNT})))"
)
_SIGN_IN = f"({_SCOPE} = 'sign_in'::text)"
EXPECTED = {
    "accounts": {OWNED_BY_ITSELF, ("sign_in", "SELECT", _SIGN_IN)},
    "users": {OWNED, ("sign_in", "SELECT", _SIGN_IN)},
    "user_sessions": {OWNED, ("sign_in", "ALL", _SIGN_IN)},
    "brands": {("visible", "ALL", _RESELLERS_OWN), ("readable", "SELECT", "true")},
    "password_requests": {SYSTEM, ("sign_in", "INSERT", _SIGN_IN)},
    "customer_readings": {SYSTEM},
    "reconciliation_cases": {SYSTEM},
    "reconciliation_runs": {SYSTEM},
    "price_lists": {STAFF},
    "price_list_lines": {STAFF},
    "currency_rates": {STAFF},
    "catalogue_refreshes": {STAFF},
    "audit_chain": {STAFF},
    "audit_words": {STAFF},
    "audit_entries": {STAFF},
    "tax_rules": {STAFF, EVERYBODY_READS},
    "marketplace_options": {STAFF, EVERYBODY_READS},
    "products": {STAFF, EVERYBODY_READS},
    "skus": {STAFF, EVERYBODY_READS},
}
# What a table that is not written above may have: its owner's rows, or staff's.
_ALLOWED = ({OWNED}, {STAFF}, {SYSTEM}, {STAFF, EVERYBODY_READS})
_POLICIES = sa.text(
    "SELECT tablename, policyname, cmd, coalesce(qual, with_check) FROM pg_policies"
    " WHERE schemaname = 'public' ORDER BY 1, 2"
)
_TABLES = sa.text(
    "SELECT relname, relrowsecurity AND relforcerowsecurity, EXISTS (SELECT FROM pg_attribute"
    " WHERE attrelid = pg_class.oid AND attname = 'account_id' AND NOT attisdropped)"
    " FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
)


def policies_of(connection):
    """table → {(name, command, expression)}"""
    found = {}
    for table, name, command, expression in connection.execute(_POLICIES):
        words = re.sub(r"\s+", " ", expression).strip()
        found.setdefault(table, set()).add((name, command, words))
    return found


def wrong_policies(connection):
    """Tables whose rows are guarded otherwise than written here, each with what is wrong."""
    found, wrong = policies_of(connection), []
    for table, is_forced, has_owner in connection.execute(_TABLES).all():
        has, is_guarded = found.get(table, set()), is_forced or has_owner
        allowed = (EXPECTED[table],) if table in EXPECTED else _ALLOWED
        if (is_guarded or has or table in EXPECTED) and has not in allowed:
            wrong.append(f"{table} has {sorted(name for name, *_ in has)} otherwise than written")
        if (has or has_owner or table in EXPECTED) and not is_forced:
            wrong.append(f"{table} has row-level security switched off")
    return wrong
