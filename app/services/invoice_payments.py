"""Payment of an invoice, as staff enter it: no card is taken, everything is on account."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.invoices import InvoiceKind
from app.models import Invoice, InvoiceEvent
from app.services.audit import NOTHING, audit
from app.services.audit_subjects import of_invoice
from app.services.today import today
from app.services.visibility import visible_to


def record_payment(viewer: Viewer, invoice_id: UUID, *, paid_on: dt.date, reference: str) -> None:
    """The invoice was paid in full on that day, less what was credited.

    Raises InvalidError(field="paid_on") for a day before the invoice or in the future,
    ConflictError where nothing is open.
    """
    with transaction(viewer.scope) as session:
        invoice = _invoice_to_change(session, viewer, invoice_id)
        if invoice.paid_on is not None:
            raise ConflictError("This invoice is paid already.")
        still_open = invoice.gross - invoice.credited_gross
        if not still_open:
            raise ConflictError("Nothing is open: all of it was credited.")
        if not invoice.issued_on <= paid_on <= today(session):
            raise InvalidError(
                "Enter a day from the day of the invoice up to today.", field="paid_on"
            )
        invoice.paid_on, invoice.paid_amount = paid_on, still_open
        invoice.payment_reference = reference.strip()
        session.add(_event(invoice, "paid", viewer, paid_on))
        change = (NOTHING, {"paid_on": paid_on, "amount": still_open})
        audit(session, viewer, AuditEvent.PAYMENT_RECORDED, of_invoice(invoice), change=change)


def withdraw_payment(viewer: Viewer, invoice_id: UUID) -> None:
    """It was not paid after all: the invoice is open again, the history keeps both."""
    with transaction(viewer.scope) as session:
        invoice = _invoice_to_change(session, viewer, invoice_id)
        if invoice.paid_on is None:
            raise ConflictError("This invoice is open.")
        session.add(_event(invoice, "reopened", viewer, None))
        change = ({"paid_on": invoice.paid_on, "amount": invoice.paid_amount}, NOTHING)
        audit(session, viewer, AuditEvent.PAYMENT_WITHDRAWN, of_invoice(invoice), change=change)
        session.flush()
        invoice.paid_on, invoice.paid_amount = None, Decimal(0)
        invoice.payment_reference = ""


def _invoice_to_change(session: Session, viewer: Viewer, invoice_id: UUID) -> Invoice:
    if not viewer.may(Permission.MANAGE_INVOICES):
        raise NotAllowedError("Your role reads invoices; it does not change them.")
    invoice = session.scalar(
        sa.select(Invoice)
        .where(Invoice.id == invoice_id, visible_to(viewer, Invoice))
        .with_for_update()
    )
    if invoice is None:
        raise NotFoundError
    if invoice.kind is not InvoiceKind.INVOICE:
        raise ConflictError("A credit note is not paid.")
    return invoice


def _event(invoice: Invoice, event: str, viewer: Viewer, day: dt.date | None) -> InvoiceEvent:
    return InvoiceEvent(
        invoice_id=invoice.id,
        account_id=invoice.account_id,
        tenant_id=invoice.tenant_id,
        event=event,
        actor=viewer.name,
        day=day,
        amount=invoice.paid_amount,
        reference=invoice.payment_reference,
    )
