"""What there is to compare: the provider's ledger and log, read first, and then our tables."""

from collections import Counter
from dataclasses import dataclass, field

import psycopg
from psycopg.rows import dict_row

_PURCHASES = """
SELECT p.id::text, p.asset_id::text, a.number, p.own_ref, p.state, p.order_id, p.cart_id,
       p.generation, p.params, p.correlation_id::text, p.created_at, p.finished_at, p.error_code,
       a.quantity, a.unit_cost, a.buying_net, a.provisioning_sync_status AS shown,
       o.id::text AS order_of_ours
  FROM purchases p JOIN assets a ON a.id = p.asset_id LEFT JOIN orders o ON o.id = a.order_id
 WHERE p.created_at >= %s
 ORDER BY a.number, p.generation
"""
# By `waitstart`: a statement may wait for several locks, one after the other.
_WAITS = """
SELECT (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)::float
          FROM pg_locks WHERE NOT granted) AS lock,
       (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - state_change)), 0)::float
          FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND state LIKE 'idle in transaction%') AS idle
"""
_INVOICED = """
SELECT l.asset_id::text, l.quantity, l.net
  FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
 WHERE i.kind = 'invoice' AND i.issued_at >= %s
"""
_ALERTS = "SELECT kind, since FROM alerts WHERE cleared_at IS NULL"
_EVENTS = """
SELECT e.purchase_id::text, e.at, e.event, e.state, e.actor, e.fence, e.error_code, e.message
  FROM purchase_events e WHERE e.purchase_id::text = ANY(%s) ORDER BY e.purchase_id, e.id
"""


@dataclass
class Books:
    """`orders` and `requests` are the provider's, all since the run began; the rest is ours."""

    orders: list
    requests: list
    purchases: list
    events: dict = field(default_factory=dict)  # purchase id: its history
    executed: dict = field(default_factory=dict)  # our order's id: when it was stored
    alerts: dict = field(default_factory=dict)  # kind of what is open: since when
    invoiced: list = field(default_factory=list)  # lines of the invoices

    @property
    def by_reference(self):
        return {purchase["own_ref"]: purchase for purchase in self.purchases}


def read_books(sandbox, url, began):
    """`began`: what the ledger and the log held before the run, and when."""
    orders = [each for each in sandbox.ledger() if each["order_id"] not in began.order_ids]
    requests = sandbox.requests(began.request)
    with psycopg.connect(url, row_factory=dict_row) as connection:
        purchases = connection.execute(_PURCHASES, (began.at,)).fetchall()
        ids = [purchase["id"] for purchase in purchases]
        events = {}
        for event in connection.execute(_EVENTS, (ids,)):
            events.setdefault(event["purchase_id"], []).append(event)
        executed = connection.execute(
            "SELECT id::text, executed_at FROM orders WHERE executed_at >= %s", (began.at,)
        )
        stored = {row["id"]: row["executed_at"] for row in executed}
        alerts = {row["kind"]: row["since"] for row in connection.execute(_ALERTS)}
        invoiced = connection.execute(_INVOICED, (began.at,)).fetchall()
    return Books(orders, requests, purchases, events, stored, alerts, invoiced)


@dataclass(frozen=True)
class Began:
    """Where the run began in the provider's books and in time."""

    order_ids: frozenset
    request: int
    at: object


def begin(sandbox, url):
    with psycopg.connect(url) as connection:
        (at,) = connection.execute("SELECT clock_timestamp()").fetchone()
    known = frozenset(order["order_id"] for order in sandbox.ledger())
    return Began(known, sandbox.last_request(), at)


def states(url, began):
    """How many purchases are in which state now."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT state, count(*) FROM purchases WHERE created_at >= %s GROUP BY state",
            (began.at,),
        )
        return Counter(dict(rows.fetchall()))


def has_alert(url, kind):
    """Whether an alert of the kind is open now."""
    with psycopg.connect(url) as connection:
        return any(row[0] == kind for row in connection.execute(_ALERTS))


def failed_assets(url, began):
    """Ids of the assets whose purchase of this run failed."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT asset_id::text FROM purchases WHERE state = 'failed' AND created_at >= %s"
            " ORDER BY created_at LIMIT 20",
            (began.at,),
        )
        return [asset_id for (asset_id,) in rows]


def longest_waits(url):
    """Seconds that a lock is waited for now, and that a transaction idles."""
    with psycopg.connect(url) as connection:
        return connection.execute(_WAITS).fetchone()
