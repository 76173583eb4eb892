"""After a restore: which numbers of invoices were given out, as people know it from outside."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError
from app.domain.invoices import InvoiceKind, document_number, read_document_number
from app.models import InvoiceSeries, Order
from app.services.audit import Subject, audit
from app.services.control import lock_control, numbers_are_sure, trust_numbers
from app.services.invoices import invoice_held_order
from app.services.today import today

_NUMBERS = Subject(kind="invoice", name="Numbers of invoices")
_KNOWN = sa.select(InvoiceSeries.series, InvoiceSeries.last_sequence).order_by(
    InvoiceSeries.series.desc()
)


@dataclass(frozen=True, kw_only=True)
class ConfirmedNumbers:
    """`skipped`: numbers of each series that were given out and whose documents are lost here."""

    skipped: dict[str, int]
    issued: int  # invoices that had waited


@dataclass(frozen=True, kw_only=True)
class LastNumbers:
    """What this database knows: `invoice` and `credit_note` are this year's, 000000 for none."""

    are_sure: bool
    invoice: str
    credit_note: str
    earlier: list[str]
    waiting: int  # orders whose invoice waits


def get_last_numbers(viewer: Viewer) -> LastNumbers:
    """For whoever is about to confirm them."""
    _check_may_confirm(viewer)
    session = reading(viewer.scope)
    known = {row.series: row.last_sequence for row in session.execute(_KNOWN)}
    invoice, credit_note = (
        document_number(series, known.pop(series, 0)) for series in _this_year(session)
    )
    are_sure, waiting = session.execute(
        sa.select(numbers_are_sure(), sa.func.count(Order.id).filter(Order.invoice_is_held))
    ).one()
    return LastNumbers(
        are_sure=are_sure,
        invoice=invoice,
        credit_note=credit_note,
        earlier=[document_number(series, last) for series, last in known.items()],
        waiting=waiting,
    )


def confirm_as_staff(viewer: Viewer, last_numbers: list[str]) -> ConfirmedNumbers:
    """As confirm_numbers, by somebody who manages invoices."""
    _check_may_confirm(viewer)
    return confirm_numbers(last_numbers, actor=viewer.name)


def _check_may_confirm(viewer: Viewer) -> None:
    if not viewer.may(Permission.MANAGE_INVOICES):
        raise NotAllowedError("Your role does not confirm numbers of invoices.")


def confirm_numbers(last_numbers: list[str], *, actor: str) -> ConfirmedNumbers:
    """Let every series go on after the last number that was ever given out, and issue what waits.

    `last_numbers` are those of the mails, files and books outside, `INV-2026-000057`; 000000 where
    a series has none. Both series of this year are named; of one that is named twice the highest
    number counts. Raises ConflictError where nothing is to be confirmed, InvalidError where a
    series is missing or a number is below what we know.
    """
    with transaction(SYSTEM_SCOPE) as session:
        control = lock_control(session)
        if session.scalar(sa.select(numbers_are_sure())):
            raise ConflictError("The numbers are sure: this database was not restored.")
        lasts = dict(sorted(read_document_number(number) for number in last_numbers))
        _check_is_whole(session, lasts)
        known = {series: _lock_series(session, series) for series in sorted(lasts)}
        for series, last in lasts.items():
            _go_on_after(session, series, known[series], last)
        trust_numbers(control)
        session.flush()
        audit(session, actor, AuditEvent.NUMBERS_CONFIRMED, _NUMBERS, change=(known, lasts))
    skipped = {series: last - known[series] for series, last in lasts.items()}
    return ConfirmedNumbers(skipped=skipped, issued=_issue_what_waits(actor))


def _check_is_whole(session: Session, lasts: dict[str, int]) -> None:
    if missing := sorted(set(_this_year(session)) - lasts.keys()):
        raise InvalidError(
            "Say the last number of %(series)s, too: %(number)s if none was given out.",
            series=missing[0],
            number=document_number(missing[0], 0),
            field=_field_of(missing[0]),
        )


def _this_year(session: Session) -> list[str]:
    """The series of its invoices, and of its credit notes."""
    day = today(session)
    return [kind.series(day) for kind in (InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE)]


def _field_of(series: str) -> str:
    """Where a form asks for it."""
    is_invoice = series.startswith(InvoiceKind.INVOICE.prefix)
    return "invoice" if is_invoice else "credit_note"


def _lock_series(session: Session, series: str) -> int:
    """The last number that we know."""
    query = sa.select(InvoiceSeries.last_sequence).where(InvoiceSeries.series == series)
    return session.scalar(query.with_for_update()) or 0


def _go_on_after(session: Session, series: str, known: int, last: int) -> None:
    if last < known:
        raise InvalidError(
            "%(number)s was given out here already.",
            number=document_number(series, known),
            field=_field_of(series),
        )
    if known:
        rows = sa.update(InvoiceSeries).where(
            InvoiceSeries.series == series, InvoiceSeries.last_sequence < last
        )
        session.execute(rows.values(last_sequence=last))
    elif last:
        session.add(InvoiceSeries(series=series, last_sequence=last))


def _issue_what_waits(actor: str) -> int:
    """Those whose assets are all synchronized or cancelled; the others come with their last one."""
    with transaction(SYSTEM_SCOPE) as session:
        waiting = session.scalars(
            sa.select(Order.id).where(Order.invoice_is_held).order_by(Order.number)
        ).all()
    return sum(_issue(order_id, actor) for order_id in waiting)


def _issue(order_id: UUID, actor: str) -> bool:
    with transaction(SYSTEM_SCOPE) as session:
        invoice_held_order(session, order_id, actor=actor)
        session.flush()
        return not session.get_one(Order, order_id).invoice_is_held
