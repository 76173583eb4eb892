"""After a restore: which numbers of invoices were given out, as people know it from outside."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError
from app.domain.invoices import InvoiceKind, document_number, read_document_number
from app.models import InvoiceSeries, Order
from app.services.audit import Subject, audit
from app.services.control import lock_control, numbers_are_sure, trust_numbers
from app.services.invoices import invoice_held_order
from app.services.today import today

_NUMBERS = Subject(kind="invoice", name="Numbers of invoices")


@dataclass(frozen=True, kw_only=True)
class ConfirmedNumbers:
    """`skipped`: numbers of each series that were given out and whose documents are lost here."""

    skipped: dict[str, int]
    issued: int  # invoices that had waited


def confirm_numbers(last_numbers: list[str], *, actor: str) -> ConfirmedNumbers:
    """Let every series go on after the last number that was ever given out, and issue what waits.

    `last_numbers` are those of the mails, files and books outside, `INV-2026-000057`; 000000 where
    a series has none. Both series of this year are named. Raises ConflictError where nothing is to
    be confirmed, InvalidError where a series is missing or a number is below what we know.
    """
    with transaction(SYSTEM_SCOPE) as session:
        control = lock_control(session)
        if session.scalar(sa.select(numbers_are_sure())):
            raise ConflictError("The numbers are sure: this database was not restored.")
        lasts = dict(read_document_number(number) for number in last_numbers)
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
    this_year = {kind.series(today(session)) for kind in InvoiceKind}
    if missing := sorted(this_year - lasts.keys()):
        raise InvalidError(
            "Say the last number of %(series)s, too: %(number)s if none was given out.",
            series=missing[0],
            number=document_number(missing[0], 0),
            field="numbers",
        )


def _lock_series(session: Session, series: str) -> int:
    """The last number that we know."""
    query = sa.select(InvoiceSeries.last_sequence).where(InvoiceSeries.series == series)
    return session.scalar(query.with_for_update()) or 0


def _go_on_after(session: Session, series: str, known: int, last: int) -> None:
    if last < known:
        raise InvalidError(
            "%(number)s was given out here already.",
            number=document_number(series, known),
            field="numbers",
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
