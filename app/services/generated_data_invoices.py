"""Invoices of generated orders: one statement for each table, numbers in the order of the orders.

It writes what app/services/invoices.py would, some thousand times as fast; a test compares them.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.invoices import InvoiceKind
from app.services.invoices import next_sequences

_PAYMENT_DAYS, _PAID_AFTER, _ONE_IN = 30, 21, 5

_NUMBERED = """
CREATE TEMPORARY TABLE order_to_invoice ON COMMIT DROP AS
SELECT o.id AS order_id, md5('invoice ' || o.id)::uuid AS invoice_id,
  (o.executed_at AT TIME ZONE 'UTC')::date AS issued_on,
  row_number() OVER (PARTITION BY extract(year FROM o.executed_at AT TIME ZONE 'UTC')
                     ORDER BY o.executed_at, o.number) AS sequence
FROM orders o WHERE o.id = ANY(:orders)
"""

_INVOICES = """
WITH rates AS (
  SELECT n.invoice_id, a.vat_rate, sum(a.buying_net) AS net,
    round(sum(a.buying_net) * a.vat_rate / 100, 2) AS vat
  FROM order_to_invoice n JOIN assets a ON a.order_id = n.order_id GROUP BY 1, 2
), sums AS (
  SELECT invoice_id, sum(net) AS net, sum(vat) AS vat FROM rates GROUP BY 1
), bought AS (
  SELECT n.invoice_id, string_agg(
    a.product_title || ' AST-' || lpad(a.number::text, 6, '0')
    || CASE WHEN c.id = c.tenant_id THEN '' ELSE ' ' || c.name END, ' ' ORDER BY a.number) AS words
  FROM order_to_invoice n JOIN assets a ON a.order_id = n.order_id
  JOIN accounts c ON c.id = a.account_id GROUP BY 1
), seller AS (
  SELECT s.* FROM accounts s WHERE s.kind = 'distributor' ORDER BY s.number LIMIT 1
)
INSERT INTO invoices (id, account_id, tenant_id, kind, series, sequence, number, issued_on,
  issued_at, due_on, order_id, order_number, buyer_reference, reason, issued_by, language, currency,
  seller, buyer, net, vat, gross, search_text, credited_gross, paid_on, paid_amount,
  payment_reference)
SELECT n.invoice_id, p.id, p.tenant_id, 'invoice', i.series, n.sequence, i.number, n.issued_on,
  o.executed_at, n.issued_on + :payment_days, o.id, i.order_number, o.buyer_reference, '',
  'generated', p.language, o.currency,
  jsonb_build_object('name', m.name, 'legal_name', coalesce(s.legal_name, m.name),
    'address', coalesce(s.address, ''), 'city', coalesce(s.city, ''),
    'country', coalesce(s.country, m.country), 'vat_number', coalesce(s.vat_number, ''),
    'email', coalesce(s.email, '')),
  jsonb_build_object('name', p.name, 'legal_name', coalesce(p.legal_name, p.name),
    'address', coalesce(p.address, ''), 'city', coalesce(p.city, ''), 'country', p.country,
    'vat_number', coalesce(p.vat_number, ''), 'email', coalesce(p.email, '')),
  t.net, t.vat, t.net + t.vat,
  lower(concat_ws(' ', i.number, i.order_number, o.buyer_reference, p.name, b.words)), 0,
  CASE WHEN i.is_paid THEN n.issued_on + :paid_after END,
  CASE WHEN i.is_paid THEN t.net + t.vat ELSE 0 END,
  CASE WHEN i.is_paid THEN 'Bank transfer' ELSE '' END
FROM order_to_invoice n
JOIN orders o ON o.id = n.order_id
JOIN accounts p ON p.id = o.tenant_id
JOIN sums t ON t.invoice_id = n.invoice_id
JOIN bought b ON b.invoice_id = n.invoice_id
CROSS JOIN marketplace_options m
LEFT JOIN seller s ON true
CROSS JOIN LATERAL (SELECT
  'INV-' || extract(year FROM n.issued_on) AS series,
  'INV-' || extract(year FROM n.issued_on) || '-' || lpad(n.sequence::text, 6, '0') AS number,
  'ORD-' || lpad(o.number::text, 6, '0') AS order_number,
  n.issued_on + :paid_after < CAST(:today AS date) AND n.sequence % :one_in <> 0 AS is_paid) i
"""

_LINES = """
INSERT INTO invoice_lines (id, invoice_id, account_id, tenant_id, position, asset_id, asset_number,
  customer_name, code, title, billing_period, unit, unit_price, quantity, original_total,
  discount_percent, discount_amount, net, vat_rate, vat)
SELECT md5('invoice line ' || a.id)::uuid, i.id, i.account_id, i.tenant_id,
  row_number() OVER (PARTITION BY i.id ORDER BY a.number), a.id,
  'AST-' || lpad(a.number::text, 6, '0'),
  CASE WHEN c.id = c.tenant_id THEN '' ELSE c.name END, p.code, a.product_title, '',
  CASE a.kind WHEN 'reservation' THEN 'Instance' ELSE 'Licence' END,
  a.buying_unit_price, a.quantity, round(a.buying_unit_price * a.quantity, 2), a.discount_percent,
  round(a.buying_unit_price * a.quantity * a.discount_percent / 100, 2), a.buying_net, a.vat_rate,
  a.buying_vat
FROM order_to_invoice n
JOIN invoices i ON i.id = n.invoice_id
JOIN assets a ON a.order_id = n.order_id
JOIN accounts c ON c.id = a.account_id
JOIN products p ON p.id = a.product_id
"""

_TAXES = """
INSERT INTO invoice_taxes (invoice_id, account_id, tenant_id, rate, category, net, vat)
SELECT i.id, i.account_id, i.tenant_id, l.vat_rate, 'S', sum(l.net),
  round(sum(l.net) * l.vat_rate / 100, 2)
FROM order_to_invoice n
JOIN invoices i ON i.id = n.invoice_id
JOIN invoice_lines l ON l.invoice_id = i.id
GROUP BY i.id, l.vat_rate
"""


def invoice_generated_orders(
    session: Session, order_ids: Sequence[UUID], *, today: dt.date
) -> None:
    """Invoice orders that have assets and no invoice yet, in the caller's transaction.

    All are of one currency with two decimals and of one positive VAT rate, as generated data is.
    """
    session.execute(sa.text(_NUMBERED), {"orders": list(order_ids)})
    counts = session.execute(
        sa.text(
            "SELECT extract(year FROM issued_on)::int, count(*) FROM order_to_invoice GROUP BY 1"
        )
    ).all()
    for year, count in sorted(tuple(row) for row in counts):
        series = InvoiceKind.INVOICE.series(dt.date(year, 1, 1))
        before = next_sequences(session, series, count) - count
        session.execute(
            sa.text(
                "UPDATE order_to_invoice SET sequence = sequence + :before"
                " WHERE extract(year FROM issued_on) = :year"
            ),
            {"before": before, "year": year},
        )
    values = {
        "payment_days": _PAYMENT_DAYS,
        "paid_after": _PAID_AFTER,
        "one_in": _ONE_IN,
        "today": today,
    }
    session.execute(sa.text("ANALYZE order_to_invoice"))
    session.execute(sa.text(_INVOICES), values)
    session.execute(sa.text(_LINES))
    session.execute(sa.text(_TAXES))
