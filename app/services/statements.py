"""The statement of an account: what was invoiced, credited and paid, with a running balance."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import AccountKind, Viewer
from app.domain.errors import NotFoundError
from app.domain.invoices import InvoiceKind, InvoiceState
from app.domain.money import ZERO
from app.models import Account, Invoice
from app.services.buying import accounts_visible_to
from app.services.invoice_states import open_amount, state_of
from app.services.today import today
from app.services.visibility import visible_to


class EntryKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


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
class CurrencyStatement:
    """All in one currency; an account has one as a rule."""

    currency: str
    opening: Decimal  # before the first day of the period
    entries: list[Entry]
    closing: Decimal  # at the end of the period
    open_items: list[OpenItem]  # invoiced up to the period's end, as they stand today
    overdue: Decimal


@dataclass(frozen=True, kw_only=True)
class Statement:
    account_id: UUID
    account_name: str
    from_day: dt.date
    to_day: dt.date
    today: dt.date
    currencies: list[CurrencyStatement]


def get_statement(
    viewer: Viewer,
    account_id: UUID,
    *,
    from_day: dt.date | None = None,
    to_day: dt.date | None = None,
) -> Statement:
    """Of this year up to today, unless days are given. Raises NotFoundError.

    Payments count on the day on which staff say that they arrived.
    """
    session = reading(viewer.scope)
    account = _account(session, viewer, account_id)
    day = today(session)
    first, last = from_day or dt.date(day.year, 1, 1), to_day or day
    query = sa.select(Invoice).where(
        visible_to(viewer, Invoice), Invoice.account_id == account.id, Invoice.issued_on <= last
    )
    invoices = session.scalars(query.order_by(Invoice.issued_on, Invoice.sequence)).all()
    currencies = sorted({invoice.currency for invoice in invoices} | {account.currency})
    return Statement(
        account_id=account.id,
        account_name=account.name,
        from_day=first,
        to_day=last,
        today=day,
        currencies=[
            _in_currency(
                currency,
                [each for each in invoices if each.currency == currency],
                (first, last),
                day,
            )
            for currency in currencies
        ],
    )


def _account(session: Session, viewer: Viewer, account_id: UUID) -> Account:
    """Whoever is invoiced: an end customer gets its invoices from its reseller."""
    account = session.scalar(
        sa.select(Account).where(Account.id == account_id, accounts_visible_to(viewer))
    )
    if account is None:
        raise NotFoundError
    return account


def is_invoiced_by_us(viewer: Viewer) -> bool:
    return viewer.account_kind in {AccountKind.RESELLER, AccountKind.DIRECT_CUSTOMER}


def _in_currency(
    currency: str,
    invoices: list[Invoice],
    period: tuple[dt.date, dt.date],
    day: dt.date,
) -> CurrencyStatement:
    first, last = period
    moves = sorted(
        (move for invoice in invoices for move in _moves(invoice) if move[0] <= last),
        key=lambda move: (move[0], move[4]),
    )
    opening = sum((move[3] for move in moves if move[0] < first), ZERO)
    entries = _entries(opening, [move for move in moves if move[0] >= first])
    items = list(_open_items(invoices, day))
    late = [item.open_amount for item in items if item.state is InvoiceState.OVERDUE]
    return CurrencyStatement(
        currency=currency,
        opening=opening,
        entries=entries,
        closing=entries[-1].balance if entries else opening,
        open_items=items,
        overdue=sum(late, ZERO),
    )


# day, invoice, what, amount, order of that day: invoices, then credit notes, then payments
_Move = tuple[dt.date, Invoice, EntryKind, Decimal, tuple[int, str]]


def _moves(invoice: Invoice) -> Iterable[_Move]:
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        at = (1, invoice.number)
        yield invoice.issued_on, invoice, EntryKind.CREDIT_NOTE, -invoice.gross, at
        return
    yield invoice.issued_on, invoice, EntryKind.INVOICE, invoice.gross, (0, invoice.number)
    if invoice.paid_on is not None:
        at = (2, invoice.number)
        yield invoice.paid_on, invoice, EntryKind.PAYMENT, -invoice.paid_amount, at


def _entries(opening: Decimal, moves: list[_Move]) -> list[Entry]:
    entries, balance = [], opening
    for day, invoice, kind, amount, _order in moves:
        balance += amount
        is_payment = kind is EntryKind.PAYMENT
        entries.append(
            Entry(
                day=day,
                kind=kind,
                invoice_id=invoice.id,
                number=invoice.number,
                reference=invoice.payment_reference if is_payment else invoice.buyer_reference,
                amount=amount,
                balance=balance,
            )
        )
    return entries


def _open_items(invoices: list[Invoice], day: dt.date) -> Iterable[OpenItem]:
    for invoice in invoices:
        still_open = open_amount(invoice)
        if still_open:
            yield OpenItem(
                invoice_id=invoice.id,
                number=invoice.number,
                issued_on=invoice.issued_on,
                due_on=invoice.due_on,
                state=state_of(invoice, day),
                gross=invoice.gross,
                open_amount=still_open,
            )
