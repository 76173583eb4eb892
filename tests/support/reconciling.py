"""A customer at Microsoft, and what somebody bought, cancelled or forgot behind our back."""

from contextlib import contextmanager
from uuid import uuid4

import factory
import sqlalchemy as sa

from app.domain.reconciliation import CaseKind, CaseState
from app.models import ReconciliationCase
from sandbox.catalogue.model import get_catalogue
from tests import factories
from tests.factories import NOW, AccountFactory, ModelFactory
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


class ReconciliationCaseFactory(ModelFactory):
    """Something bought outside, for an account of ours."""

    class Meta:
        model = ReconciliationCase
        exclude = ("account",)

    id = factory.LazyFunction(uuid4)
    account = factory.SubFactory(AccountFactory)
    account_id = factory.LazyAttribute(lambda case: case.account and case.account.id)
    customer_id = factory.LazyAttribute(
        lambda case: case.account.microsoft_tenant_id if case.account else str(uuid4())
    )
    customer_name = factory.LazyAttribute(
        lambda case: case.account.name if case.account else "A stranger"
    )
    fingerprint = factory.LazyFunction(lambda: str(uuid4()))
    kind = CaseKind.THEIRS_ONLY
    state = CaseState.OPEN
    order_id = factory.Sequence(lambda n: f"their-order-{n}")
    title = "Order 9c41d07be2a5: for the web shop"
    facts = factory.LazyAttribute(
        lambda case: {
            "customer_id": case.customer_id,
            "order_id": case.order_id,
            "alternate_id": "9c41d07be2a5",
            "status": "completed",
            "ordered_at": NOW.isoformat(),
            "reference": "for the web shop",
            "product_id": "DZH318Z0RR01",
            "sku_id": "000B",
            "quantity": 2,
            "term_duration": "P1Y",
            "unit_price": None,
            "currency": "EUR",
            "is_cancelled": False,
            "is_whole": True,
        }
    )
