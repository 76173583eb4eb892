"""What an invoice's state is, in SQL for lists and in Python for rows: one rule, said twice."""

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from app.domain.invoices import InvoiceKind, InvoiceState
from app.models import Invoice

_IS_INVOICE = Invoice.kind == InvoiceKind.INVOICE
# below nought where an invoice was paid and then credited
_OPEN_AMOUNT = Invoice.gross - Invoice.credited_gross - Invoice.paid_amount
# what open_amount() answers, to sort by
SHOWN_OPEN = sa.case((_IS_INVOICE, _OPEN_AMOUNT), else_=sa.literal(0, sa.Numeric()))


def state_of(invoice: Invoice, today: dt.date) -> InvoiceState | None:
    """None for a credit note."""
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return None
    if invoice.paid_on is not None:
        return InvoiceState.PAID
    if invoice.gross and invoice.credited_gross == invoice.gross:
        return InvoiceState.CREDITED
    return InvoiceState.OVERDUE if invoice.due_on < today else InvoiceState.OPEN


def has_state(state: InvoiceState, today: dt.date) -> sa.ColumnElement[bool]:
    """The same as a filter."""
    is_paid = Invoice.paid_on.is_not(None)
    is_credited = sa.and_(Invoice.gross > 0, Invoice.credited_gross == Invoice.gross)
    is_late = Invoice.due_on < today
    is_open = sa.and_(_IS_INVOICE, sa.not_(is_paid), sa.not_(is_credited))
    filters = {
        InvoiceState.PAID: sa.and_(_IS_INVOICE, is_paid),
        InvoiceState.CREDITED: sa.and_(_IS_INVOICE, sa.not_(is_paid), is_credited),
        InvoiceState.OVERDUE: sa.and_(is_open, is_late),
        InvoiceState.OPEN: sa.and_(is_open, sa.not_(is_late)),
    }
    return filters[state]


def state_word(today: dt.date) -> sa.ColumnElement[str]:
    """The same to sort by; a credit note's is empty, so that all of them stand together."""
    return sa.case(*((has_state(state, today), state.value) for state in InvoiceState), else_="")


def is_to_pay() -> sa.ColumnElement[bool]:
    """Open or overdue."""
    return sa.and_(_IS_INVOICE, Invoice.paid_on.is_(None), Invoice.credited_gross < Invoice.gross)


def open_amount(invoice: Invoice) -> Decimal:
    """What is still to pay; below nought where more was paid than is owed. A credit note: 0.

    A credit note changes what is open on the invoice that it corrects.
    """
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return Decimal(0)
    return invoice.gross - invoice.credited_gross - invoice.paid_amount


def sum_open() -> sa.ColumnElement[Decimal]:
    return sa.func.coalesce(sa.func.sum(SHOWN_OPEN), 0)


def sum_gross() -> sa.ColumnElement[Decimal]:
    """Credit notes count against invoices."""
    return sa.func.coalesce(
        sa.func.sum(sa.case((_IS_INVOICE, Invoice.gross), else_=-Invoice.gross)), 0
    )
