"""Credit notes: the one way to correct what was issued."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import seeing_all, transaction
from app.domain.access import Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.invoices import (
    InvoiceKind,
    LineAmounts,
    RateTotal,
    TaxCategory,
    closing_totals,
    credited_amounts,
    totals_by_rate,
)
from app.domain.mail import MailKind
from app.models import Asset, Invoice, InvoiceEvent, InvoiceLine, InvoiceTax
from app.services.audit import NOTHING, audit
from app.services.audit_subjects import of_invoice
from app.services.invoice_taxes import Taxation
from app.services.invoices import NewDocument, NewLine, invoice_held_order, store
from app.services.notices import tell
from app.services.today import today
from app.services.visibility import visible_to

_KEPT = ("account_id", "tenant_id", "order_id", "order_number", "buyer_reference")
_KEPT_TOO = ("language", "currency", "seller", "buyer")
_LINE_KEPT = ("asset_id", "asset_number", "customer_name", "code", "title", "billing_period")


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What is taken back, why and by whom. `quantities`: line of the invoice → how many of it."""

    quantities: dict[UUID, int]
    reason: str
    actor: str


def credit_note_for(
    session: Session, asset: Asset, *, reason: str, actor: str, quantity: int | None = None
) -> UUID | None:
    """Take back what was invoiced for the asset, or `quantity` of it; the credit note's id.

    Call it last in the transaction that locked and changed the asset: the series stays locked
    until it ends. None where nothing is invoiced or nothing is left. Cancel the asset first: an
    invoice that waits for its order's other assets is then issued without it.
    """
    with seeing_all(session):
        line = session.scalar(
            sa.select(InvoiceLine).where(
                InvoiceLine.asset_id == asset.id, InvoiceLine.corrects_line_id.is_(None)
            )
        )
        if line is None:
            invoice_held_order(session, asset.order_id, actor=actor)
            return None
        invoice = _lock(session, Invoice.id == line.invoice_id)
        left = line.quantity - credited_quantities(session, invoice.id).get(line.id, 0)
        wanted = left if quantity is None else min(quantity, left)
        if wanted == 0:
            return None
        correction = Correction(quantities={line.id: wanted}, reason=reason, actor=actor)
        return _correct(session, invoice, correction)


def issue_credit_note(
    viewer: Viewer, invoice_id: UUID, *, quantities: dict[UUID, int], reason: str
) -> UUID:
    """Staff take back lines of an invoice. Raises InvalidError(field=…), ConflictError."""
    if not viewer.may(Permission.MANAGE_INVOICES):
        raise NotAllowedError("Your role reads invoices; it does not change them.")
    if not reason.strip():
        raise InvalidError("Say why, for the customer to read.", field="reason")
    if not any(quantities.values()):
        raise InvalidError("Choose at least one line.", field="lines")
    wanted = {line_id: count for line_id, count in quantities.items() if count}
    with transaction(viewer.scope) as session:
        _lock_assets(session, invoice_id)
        invoice = _lock(session, sa.and_(Invoice.id == invoice_id, visible_to(viewer, Invoice)))
        if invoice.kind is not InvoiceKind.INVOICE:
            raise ConflictError("A credit note is not credited.")
        correction = Correction(quantities=wanted, reason=reason.strip(), actor=viewer.name)
        note_id = _correct(session, invoice, correction)
        event = AuditEvent.CREDIT_NOTE_ISSUED
        change = (NOTHING, {"lines": len(wanted), "credited": invoice.credited_gross})
        audit(session, viewer, event, of_invoice(invoice), change=change, reason=reason.strip())
        return note_id


def _lock_assets(session: Session, invoice_id: UUID) -> None:
    """Assets come first, as everywhere: a line that names one shares its lock."""
    of_invoice = sa.select(InvoiceLine.asset_id).where(InvoiceLine.invoice_id == invoice_id)
    wanted = sa.select(Asset.id).where(Asset.id.in_(of_invoice)).order_by(Asset.id)
    session.execute(wanted.with_for_update(read=True, key_share=True))


def _lock(session: Session, which: sa.ColumnElement[bool]) -> Invoice:
    """Whoever credits the same invoice at the same time waits, then sees what is left."""
    invoice = session.scalar(
        sa.select(Invoice).where(which).with_for_update().execution_options(populate_existing=True)
    )
    if invoice is None:
        raise NotFoundError
    return invoice


def credited_quantities(session: Session, invoice_id: UUID) -> dict[UUID, int]:
    """How many of each line were taken back already."""
    of_invoice = sa.select(InvoiceLine.id).where(InvoiceLine.invoice_id == invoice_id)
    query = (
        sa.select(InvoiceLine.corrects_line_id, sa.func.sum(InvoiceLine.quantity))
        .where(InvoiceLine.corrects_line_id.in_(of_invoice))
        .group_by(InvoiceLine.corrects_line_id)
    )
    return {line_id: int(count) for line_id, count in session.execute(query) if line_id}


def _correct(session: Session, invoice: Invoice, correction: Correction) -> UUID:
    lines = _corrected_lines(session, invoice, correction)
    amounts = [line.amounts for line in lines]
    charged, credited, untaxed = _taxes(session, invoice)
    day = today(session)
    values: dict[str, Any] = {name: getattr(invoice, name) for name in (*_KEPT, *_KEPT_TOO)}
    note = store(
        session,
        NewDocument(
            kind=InvoiceKind.CREDIT_NOTE,
            issued_on=day,
            taxation=Taxation(rates={}, untaxed=untaxed),
            lines=lines,
            totals=closing_totals(totals_by_rate(amounts), charged, credited),
            values={
                **values,
                "due_on": day,
                "corrects_id": invoice.id,
                "reason": correction.reason,
                "issued_by": correction.actor,
            },
        ),
    )
    invoice.credited_gross += note.gross
    session.add(_event(invoice, note, correction.actor))
    session.flush()
    tell(session, MailKind.CREDIT_NOTE, note, note.id)
    return note.id


def _event(invoice: Invoice, note: Invoice, actor: str) -> InvoiceEvent:
    return InvoiceEvent(
        invoice_id=invoice.id,
        account_id=invoice.account_id,
        tenant_id=invoice.tenant_id,
        event="credited",
        actor=actor,
        day=note.issued_on,
        amount=note.gross,
        reference=note.number,
    )


def _corrected_lines(session: Session, invoice: Invoice, correction: Correction) -> list[NewLine]:
    lines = session.scalars(
        sa.select(InvoiceLine)
        .where(InvoiceLine.invoice_id == invoice.id)
        .order_by(InvoiceLine.position)
    ).all()
    if set(correction.quantities) - {line.id for line in lines}:
        raise NotFoundError
    already = credited_quantities(session, invoice.id)
    return [
        NewLine(
            amounts=credited_amounts(
                amounts_of(line, invoice.currency),
                already=already.get(line.id, 0),
                quantity=correction.quantities[line.id],
            ),
            values={
                **{name: getattr(line, name) for name in _LINE_KEPT},
                "unit": line.unit,
                "corrects_line_id": line.id,
            },
        )
        for line in lines
        if line.id in correction.quantities
    ]


def amounts_of(line: InvoiceLine, currency: str) -> LineAmounts:
    return LineAmounts(
        unit_price=line.unit_price,
        quantity=line.quantity,
        discount_percent=line.discount_percent,
        vat_rate=line.vat_rate,
        currency=currency,
        original_total=line.original_total,
        discount_amount=line.discount_amount,
        net=line.net,
    )


def _taxes(
    session: Session, invoice: Invoice
) -> tuple[list[RateTotal], list[RateTotal], TaxCategory]:
    """What was charged and taken back at each rate, and what nought per cent means here."""
    notes = sa.select(Invoice.id).where(Invoice.corrects_id == invoice.id)
    query = sa.select(
        InvoiceTax.rate, sa.func.sum(InvoiceTax.net), sa.func.sum(InvoiceTax.vat)
    ).group_by(InvoiceTax.rate)

    def totals(which: sa.ColumnElement[bool]) -> list[RateTotal]:
        rows = session.execute(query.where(which))
        return [RateTotal(rate=rate, net=Decimal(net), vat=Decimal(vat)) for rate, net, vat in rows]

    untaxed = session.scalar(
        sa.select(InvoiceTax.category).where(
            InvoiceTax.invoice_id == invoice.id, InvoiceTax.rate == 0
        )
    )
    return (
        totals(InvoiceTax.invoice_id == invoice.id),
        totals(InvoiceTax.invoice_id.in_(notes)),
        untaxed or TaxCategory.ZERO_RATED,
    )
