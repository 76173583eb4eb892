"""What happened on a statement, entry by entry, and what is still open."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.domain.access import Viewer
from app.domain.invoices import InvoiceKind, InvoiceState
from app.domain.money import ZERO
from app.models import Invoice
from app.services.invoice_states import open_amount, state_of
from app.services.visibility import visible_to

_IS_INVOICE = Invoice.kind == InvoiceKind.INVOICE
_STILL_OPEN = Invoice.gross - Invoice.credited_gross - Invoice.paid_amount


class EntryKind(StrEnum):
    """In the order in which they stand on one day."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


_ORDER = list(EntryKind)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`amount` is what it adds to the debt: below nought for credit notes and payments."""

    day: dt.date
    kind: EntryKind
    invoice_id: UUID
    number: str
    reference: str
    amount: Decimal
    balance: Decimal  # after it


@dataclass(frozen=True, kw_only=True)
class OpenItem:
    invoice_id: UUID
    number: str
    issued_on: dt.date
    due_on: dt.date
    state: InvoiceState | None
    gross: Decimal
    open_amount: Decimal


@dataclass(frozen=True, kw_only=True)
class OpenItems:
    """`first` are those due first; `count` and `overdue` are of all in the currency."""

    first: list[OpenItem]
    count: int
    overdue: Decimal


def of_account(viewer: Viewer, account_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return (visible_to(viewer, Invoice), Invoice.account_id == account_id)


def moves(
    mine: Sequence[sa.ColumnElement[bool]], first: dt.date, last: dt.date
) -> sa.CompoundSelect[Any]:
    """What moved the balance from one day to another, both included. Documents, and payments."""
    is_credit = Invoice.kind == InvoiceKind.CREDIT_NOTE
    issued = sa.select(
        Invoice.currency,
        Invoice.issued_on.label("day"),
        sa.case((is_credit, _ORDER.index(EntryKind.CREDIT_NOTE)), else_=0).label("what"),
        Invoice.number,
        Invoice.id.label("invoice_id"),
        Invoice.buyer_reference.label("reference"),
        sa.case((is_credit, -Invoice.gross), else_=Invoice.gross).label("amount"),
    ).where(*mine, Invoice.issued_on.between(first, last))
    paid = sa.select(
        Invoice.currency,
        Invoice.paid_on,
        sa.literal(_ORDER.index(EntryKind.PAYMENT)),
        Invoice.number,
        Invoice.id,
        Invoice.payment_reference,
        -Invoice.paid_amount,
    ).where(*mine, _IS_INVOICE, Invoice.paid_on.between(first, last))
    return sa.union_all(issued, paid)


def list_entries(
    session: Session, found: sa.CompoundSelect[Any], before: dict[str, Decimal], most: int | None
) -> dict[str, list[Entry]]:
    """By currency, the first `most` of all. `before` are the balances that they begin with."""
    query = found.order_by("day", "what", "number").limit(most)
    balances = defaultdict(lambda: ZERO, before)
    entries: dict[str, list[Entry]] = defaultdict(list)
    for row in session.execute(query):
        balances[row.currency] += row.amount
        entry = Entry(
            day=row.day,
            kind=_ORDER[row.what],
            invoice_id=row.invoice_id,
            number=row.number,
            reference=row.reference,
            amount=row.amount,
            balance=balances[row.currency],
        )
        entries[row.currency].append(entry)
    return entries


def list_open_items(
    session: Session,
    mine: Sequence[sa.ColumnElement[bool]],
    days: tuple[dt.date, dt.date],
    most: int,
) -> dict[str, OpenItems]:
    """By currency, what was issued up to the first of the two days, as it stands on the other."""
    last, day = days
    is_late = sa.and_(Invoice.paid_on.is_(None), Invoice.due_on < day)
    currency = Invoice.currency
    late = sa.case((is_late, _STILL_OPEN), else_=0)
    due_first = (Invoice.due_on, Invoice.number)
    found = (
        sa.select(
            Invoice,
            sa.func.row_number().over(partition_by=currency, order_by=due_first).label("place"),
            sa.func.count().over(partition_by=currency).label("count"),
            sa.func.sum(late).over(partition_by=currency).label("overdue"),
        )
        .where(*mine, _IS_INVOICE, Invoice.gross != Invoice.credited_gross + Invoice.paid_amount)
        .where(Invoice.issued_on <= last)
        .subquery()
    )
    invoice = aliased(Invoice, found)
    query = sa.select(invoice, found.c.count, found.c.overdue).where(found.c.place <= most)
    items: dict[str, OpenItems] = {}
    for each, count, overdue in session.execute(query.order_by(found.c.due_on, found.c.number)):
        of = items.setdefault(each.currency, OpenItems(first=[], count=count, overdue=overdue))
        of.first.append(_open_item(each, day))
    return items


def _open_item(invoice: Invoice, day: dt.date) -> OpenItem:
    return OpenItem(
        invoice_id=invoice.id,
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        state=state_of(invoice, day),
        gross=invoice.gross,
        open_amount=open_amount(invoice),
    )
