"""Invoices of orders that stand in the database already, for pages to show."""

import datetime as dt

from app.models import Invoice, Order
from app.services.invoices import invoice_order
from tests import factories
from tests.factories import OrderFactory


def invoice_of(account, assets, *, days_ago=0, **values):
    """The invoice to whoever pays for what the account bought."""
    order = OrderFactory(account=account, **values)
    for asset in assets:
        asset.order_id = order.id
    factories.session.commit()
    day = factories.NOW.date() - dt.timedelta(days=days_ago)
    stored = factories.session.get_one(Order, order.id)
    invoice_id = invoice_order(factories.session, stored, actor="Maria", day=day)
    factories.session.commit()
    return factories.session.get_one(Invoice, invoice_id)
