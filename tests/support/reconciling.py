"""A customer at Microsoft, and what somebody bought, cancelled or forgot behind our back."""

from contextlib import contextmanager

import sqlalchemy as sa

from app.models import ReconciliationCase
from sandbox.catalogue.model import get_catalogue
from tests import factories
from tests.support.buying import VM, queue_purchase, stored


def bought(asset, settle):
    queue_purchase(asset)
    settle()
    return stored(asset)


def cases(*states):
    factories.session.expire_all()
    query = sa.select(ReconciliationCase).order_by(ReconciliationCase.number)
    if states:
        query = query.where(ReconciliationCase.state.in_(states))
    return list(factories.session.scalars(query))


def buy_by_hand(sandbox, customer, reference, **changes):
    item = get_catalogue().find_titled(VM)
    order = {
        "customer_id": customer.id,
        "reference": reference,
        "catalog_item_id": item.catalog_item_id,
        "quantity": 2,
    }
    return sandbox.seed(orders=[order | changes])["orders"][0]


@contextmanager
def unguarded(*tables):
    """The database's owner changes what PostgreSQL's triggers forbid."""
    for table in tables:
        factories.session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    yield factories.session
    for table in tables:
        factories.session.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    factories.session.commit()


def forget(asset):
    """As if a backup from before the order had been restored."""
    purchases = "purchase_id IN (SELECT id FROM purchases WHERE asset_id = :id)"
    with unguarded("purchase_events", "asset_events") as session:
        for delete in (
            f"DELETE FROM purchase_events WHERE {purchases}",  # noqa: S608  # our own words
            "DELETE FROM purchases WHERE asset_id = :id",
            "DELETE FROM asset_events WHERE asset_id = :id",
            "DELETE FROM reservations WHERE id = :id",
            "DELETE FROM assets WHERE id = :id",
        ):
            session.execute(sa.text(delete), {"id": asset.id})
    factories.session.expire_all()
