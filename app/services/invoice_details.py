"""One invoice or credit note: for its page, and as the document that is printed and sent."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from app.database import reading
from app.documents.invoice import DocumentLine, DocumentTax, InvoiceDocument, Party
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.assets import AssetKind
from app.domain.errors import NotFoundError
from app.domain.invoices import InvoiceKind, InvoiceState
from app.domain.money import ZERO
from app.models import Asset, Invoice, InvoiceEvent, InvoiceLine, InvoiceTax
from app.services.credit_notes import credited_quantities
from app.services.invoice_states import open_amount, state_of
from app.services.today import today
from app.services.visibility import visible_to

_LINE_COLUMNS = tuple(DocumentLine.__dataclass_fields__)
_COPIED = (
    "kind",
    "number",
    "issued_on",
    "due_on",
    "order_number",
    "buyer_reference",
    "reason",
    "language",
    "currency",
    "net",
    "vat",
    "gross",
)


@dataclass(frozen=True, kw_only=True)
class ShownLine:
    """A line with what the page links to. `asset_kind` is None where the asset is out of sight."""

    id: UUID
    line: DocumentLine
    asset_id: UUID
    asset_kind: AssetKind | None
    quantity_left: int  # not credited yet


@dataclass(frozen=True, kw_only=True)
class RelatedDocument:
    id: UUID
    number: str
    issued_on: dt.date
    gross: Decimal


@dataclass(frozen=True, kw_only=True)
class ShownEvent:
    event: str  # paid, reopened, credited
    at: dt.datetime
    actor: str
    day: dt.date | None
    amount: Decimal
    reference: str


@dataclass(frozen=True, kw_only=True)
class InvoiceView:
    """`events` are newest first; their actors are for staff alone."""

    id: UUID
    document: InvoiceDocument
    account_id: UUID
    order_id: UUID | None
    issued_at: dt.datetime
    issued_by: str
    state: InvoiceState | None
    open_amount: Decimal
    credited_gross: Decimal
    paid_on: dt.date | None
    paid_amount: Decimal
    payment_reference: str
    lines: list[ShownLine]
    corrects: RelatedDocument | None
    credit_notes: list[RelatedDocument]
    events: list[ShownEvent]
    today: dt.date
    may_manage: bool

    @property
    def is_credit_note(self) -> bool:
        return self.document.is_credit_note

    @property
    def may_be_paid(self) -> bool:
        return self.may_manage and self.state in {InvoiceState.OPEN, InvoiceState.OVERDUE}

    @property
    def may_be_credited(self) -> bool:
        return (
            self.may_manage
            and not self.is_credit_note
            and any(line.quantity_left for line in self.lines)
        )


def get_document(viewer: Viewer, invoice_id: UUID) -> InvoiceDocument:
    """What is printed and sent. Raises NotFoundError. No transaction waits for the printing."""
    session = reading(viewer.scope)
    invoice = _find(session, viewer, invoice_id)
    document = _document(session, invoice, _related(session, Invoice.id == invoice.corrects_id))
    session.rollback()  # PostgreSQL would end a session that idles while the first PDF is drawn
    return document


def get_document_to_mail(invoice_id: UUID) -> InvoiceDocument:
    """The same for the postman, who mails it to whom it was issued to and to nobody else."""
    session = reading(SYSTEM_SCOPE)
    invoice = session.get_one(Invoice, invoice_id)
    return _document(session, invoice, _related(session, Invoice.id == invoice.corrects_id))


def get_invoice(viewer: Viewer, invoice_id: UUID) -> InvoiceView:
    session = reading(viewer.scope)
    invoice = _find(session, viewer, invoice_id)
    corrects = _related(session, Invoice.id == invoice.corrects_id)
    document = _document(session, invoice, corrects)
    day = today(session)
    return InvoiceView(
        id=invoice.id,
        document=document,
        account_id=invoice.account_id,
        order_id=invoice.order_id,
        issued_at=invoice.issued_at,
        issued_by=invoice.issued_by,
        state=state_of(invoice, day),
        open_amount=open_amount(invoice),
        credited_gross=invoice.credited_gross,
        paid_on=invoice.paid_on,
        paid_amount=invoice.paid_amount,
        payment_reference=invoice.payment_reference,
        lines=_shown_lines(session, viewer, invoice, document),
        corrects=corrects[0] if corrects else None,
        credit_notes=_related(session, Invoice.corrects_id == invoice.id),
        events=_events(session, invoice.id),
        today=day,
        may_manage=viewer.may(Permission.MANAGE_INVOICES),
    )


def _find(session: Session, viewer: Viewer, invoice_id: UUID) -> Invoice:
    invoice = session.scalar(
        sa.select(Invoice).where(Invoice.id == invoice_id, visible_to(viewer, Invoice))
    )
    if invoice is None:
        raise NotFoundError
    return invoice


def _related(session: Session, which: sa.ColumnElement[bool]) -> list[RelatedDocument]:
    query = sa.select(Invoice.id, Invoice.number, Invoice.issued_on, Invoice.gross)
    rows = session.execute(query.where(which).order_by(Invoice.sequence))
    return [RelatedDocument(**row._mapping) for row in rows]  # noqa: SLF001  # SQLAlchemy's way


def _document(
    session: Session, invoice: Invoice, corrects: Sequence[RelatedDocument]
) -> InvoiceDocument:
    facts: dict[str, Any] = {name: getattr(invoice, name) for name in _COPIED}
    taxes = session.scalars(
        sa.select(InvoiceTax).where(InvoiceTax.invoice_id == invoice.id).order_by(InvoiceTax.rate)
    )
    return InvoiceDocument(
        **facts,
        corrects_number=corrects[0].number if corrects else "",
        corrects_issued_on=corrects[0].issued_on if corrects else None,
        seller=Party(**invoice.seller),
        buyer=Party(**invoice.buyer),
        lines=tuple(_line(line) for line in _lines(session, invoice.id)),
        taxes=tuple(
            DocumentTax(rate=tax.rate, category=tax.category, net=tax.net, vat=tax.vat)
            for tax in taxes
        ),
    )


def _lines(session: Session, invoice_id: UUID) -> Sequence[InvoiceLine]:
    query = sa.select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id)
    return session.scalars(query.order_by(InvoiceLine.position)).all()


def _line(line: InvoiceLine) -> DocumentLine:
    return DocumentLine(**{name: getattr(line, name) for name in _LINE_COLUMNS})


def _shown_lines(
    session: Session, viewer: Viewer, invoice: Invoice, document: InvoiceDocument
) -> list[ShownLine]:
    asset = orm.aliased(Asset, name="its_asset", flat=True)
    rows = session.execute(
        sa.select(InvoiceLine.id, InvoiceLine.asset_id, asset.kind)
        .outerjoin(asset, sa.and_(asset.id == InvoiceLine.asset_id, visible_to(viewer, asset)))
        .where(InvoiceLine.invoice_id == invoice.id)
        .order_by(InvoiceLine.position)
    ).all()
    is_invoice = invoice.kind is InvoiceKind.INVOICE
    credited = credited_quantities(session, invoice.id) if is_invoice else {}
    return [
        ShownLine(
            id=row.id,
            line=line,
            asset_id=row.asset_id,
            asset_kind=row.kind,
            quantity_left=line.quantity - credited.get(row.id, 0) if is_invoice else 0,
        )
        for row, line in zip(rows, document.lines, strict=True)
    ]


def _events(session: Session, invoice_id: UUID) -> list[ShownEvent]:
    query = sa.select(InvoiceEvent).where(InvoiceEvent.invoice_id == invoice_id)
    return [
        ShownEvent(
            event=event.event,
            at=event.at,
            actor=event.actor,
            day=event.day,
            amount=event.amount or ZERO,
            reference=event.reference,
        )
        for event in session.scalars(query.order_by(InvoiceEvent.id.desc()))
    ]
