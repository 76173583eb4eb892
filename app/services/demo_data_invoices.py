"""The demo's invoices: of the day of each order, most of them paid, what was returned credited."""

import datetime as dt

from sqlalchemy.orm import Session

from app.domain.assets import AssetStatus
from app.models import Asset, Invoice, InvoiceEvent, Order
from app.services.credit_notes import credit_note_for
from app.services.invoices import invoice_order

_ACTOR = "demo data"
_PAID_AFTER = dt.timedelta(days=21)
_ONE_IN = 5  # is still to pay


def invoice_bought(
    session: Session, asset: Asset, day: dt.date, *, status: AssetStatus, today: dt.date
) -> None:
    """Invoice a new asset as of `day`, then let it have the status of `today`."""
    order = session.get_one(Order, asset.order_id)
    invoice_id = invoice_order(session, order, actor=_ACTOR, day=day)
    asset.status = status
    if invoice_id is None:
        return
    invoice = session.get_one(Invoice, invoice_id)
    if status is AssetStatus.CANCELLED:
        credit_note_for(session, asset, reason="Returned to Microsoft.", actor=_ACTOR)
    elif day + _PAID_AFTER < today and invoice.sequence % _ONE_IN:
        _pay(session, invoice, day + _PAID_AFTER)
    session.flush()


def _pay(session: Session, invoice: Invoice, day: dt.date) -> None:
    invoice.paid_on, invoice.paid_amount = day, invoice.gross
    invoice.payment_reference = f"Bank transfer {day:%Y-%m-%d}"
    session.add(
        InvoiceEvent(
            invoice_id=invoice.id,
            account_id=invoice.account_id,
            tenant_id=invoice.tenant_id,
            event="paid",
            actor=_ACTOR,
            day=day,
            amount=invoice.gross,
            reference=invoice.payment_reference,
        )
    )
