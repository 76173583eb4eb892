"""Tables of the sandbox; instants are ISO text in UTC, so that they sort as text."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS customers (
    id TEXT PRIMARY KEY, company TEXT NOT NULL, domain TEXT NOT NULL, country TEXT NOT NULL,
    agreed_at TEXT
);
CREATE TABLE IF NOT EXISTS plans (
    id TEXT PRIMARY KEY, customer_id TEXT NOT NULL REFERENCES customers (id), name TEXT NOT NULL,
    status TEXT NOT NULL, created_at TEXT NOT NULL, registered_at TEXT,
    version INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS carts (
    id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, created_at TEXT NOT NULL,
    modified_at TEXT NOT NULL, lines TEXT NOT NULL, result TEXT
);
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, alternate_id TEXT NOT NULL, customer_id TEXT NOT NULL, cart_id TEXT,
    created_at TEXT NOT NULL, visible_at TEXT NOT NULL, completes_at TEXT NOT NULL,
    currency TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_of_customer ON orders (customer_id, created_at);
CREATE TABLE IF NOT EXISTS lines (
    order_id TEXT NOT NULL REFERENCES orders (id), number INTEGER NOT NULL,
    reference TEXT NOT NULL, catalog_item_id TEXT NOT NULL, title TEXT NOT NULL,
    kind TEXT NOT NULL, reservation_type TEXT, term_duration TEXT, quantity INTEGER NOT NULL,
    unit_price TEXT NOT NULL, plan_id TEXT, scope TEXT, cancelled_at TEXT,
    subscription_id TEXT UNIQUE, subscription_from TEXT, nickname TEXT,
    auto_renew INTEGER NOT NULL DEFAULT 0, suspended INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    reservation_order_id TEXT UNIQUE, reservation_id TEXT UNIQUE,
    PRIMARY KEY (order_id, number)
);
CREATE TABLE IF NOT EXISTS answers (
    request_key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, given_at TEXT NOT NULL,
    status INTEGER NOT NULL, location TEXT, content_type TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, route TEXT NOT NULL, kind TEXT NOT NULL,
    customer_id TEXT, times_left INTEGER
);
"""
