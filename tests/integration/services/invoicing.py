"""What tests of invoices share: a marketplace that sells, and what became of it."""

import datetime as dt

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import AssetStatus
from app.models import Asset, Invoice, Order
from app.services.credit_notes import credit_note_for
from app.services.invoices import invoice_order
from tests import factories
from tests.factories import OrderFactory, ReservationFactory
from tests.integration.services.buyers import rows


def the_invoice(**values):
    [invoice] = rows(Invoice, **values)
    return invoice


def bought(market, viewer, **kwargs):
    """An executed order's one asset."""
    placed = market.order(viewer, **kwargs)
    [asset] = rows(Asset, id=placed.asset_ids[0])
    return asset


def cancel(asset, **kwargs):
    """Staff give up on it: nothing was bought."""
    with transaction(SYSTEM_SCOPE) as session:
        stored = session.get_one(Asset, asset.id)
        stored.status = AssetStatus.CANCELLED
        return credit_note_for(session, stored, reason="Nothing was bought.", actor="S", **kwargs)


def order_old(market, days=60, **values):
    """Another order of the customer, invoiced so many days ago; the invoice's id."""
    order = OrderFactory(account=market.customer)
    ReservationFactory(account=market.customer, order_id=order.id, **values)
    with transaction(SYSTEM_SCOPE) as session:
        day = factories.NOW.date() - dt.timedelta(days=days)
        return invoice_order(session, session.get_one(Order, order.id), day=day)
