"""A program of its own that invoices orders until none is left.

Run as `python -m tests.support.issue_invoices 3`; the number says how far ahead it begins.
"""

import os
import sys

import sqlalchemy as sa

from app import create_app
from app.config import Settings
from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.models import Invoice, Order
from app.services.invoices import invoice_order


def invoice_next(shift: int) -> bool:
    """One order without an invoice, one transaction; False: there is none."""
    with transaction(SYSTEM_SCOPE) as session:
        waiting = sa.select(Order).where(~sa.exists().where(Invoice.order_id == Order.id))
        free = waiting.order_by(Order.number).limit(1).with_for_update(skip_locked=True)
        order = session.scalar(free.offset(shift)) or session.scalar(free)
        if order is None:
            return False
        session.refresh(order)
        if session.scalar(sa.select(sa.exists().where(Invoice.order_id == order.id))):
            return True
        invoice_order(session, order, actor="a test")
    return True


def main() -> None:
    shift = int(sys.argv[1])
    with create_app(Settings.from_env(dict(os.environ))).app_context():
        while invoice_next(shift):
            pass


if __name__ == "__main__":
    main()
