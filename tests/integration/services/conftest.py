"""What tests of services need beyond the app."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.database import db
from app.services.reconciliation_cases import Customer
from sandbox.catalogue.model import get_catalogue
from tests import factories
from tests.factories import (
    AccountFactory,
    PriceListFactory,
    SkuFactory,
    SubscriptionFactory,
    TaxRuleFactory,
)
from tests.support.buying import VM, new_reservation, queue_purchase
from tests.support.reconciling import bought

_TABLES = ("accounts", "subscriptions", "orders", "order_lines", "assets", "reservations")


@pytest.fixture
def no_walls(app_context, owner_engine):
    """PostgreSQL without row-level security: the queries' own filters stand alone."""
    _each_table(owner_engine, "DISABLE")
    yield
    db.session.rollback()
    factories.session.rollback()
    _each_table(owner_engine, "ENABLE")


def _each_table(engine, what):
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
        for table in _TABLES:
            connection.execute(sa.text(f"ALTER TABLE {table} {what} ROW LEVEL SECURITY"))


# a customer whose purchases are compared with Microsoft's


@pytest.fixture
def driver(app):
    return app.extensions["purchase_driver"]


@pytest.fixture
def account(app):
    PriceListFactory(is_default=True)
    TaxRuleFactory()
    return AccountFactory(created_at=factories.NOW - dt.timedelta(days=3))


@pytest.fixture
def plan(account, sandbox):
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    return plan


@pytest.fixture
def customer(account, plan):
    return Customer(id=account.microsoft_tenant_id, name=account.name, account_id=account.id)


@pytest.fixture
def sku(app):
    """The catalogue's VM, in our catalogue too."""
    item = get_catalogue().find_titled(VM)
    return SkuFactory(
        reservation=True,
        product=factories.generic_product(),
        microsoft_product_id=item.product_id,
        microsoft_sku_id=item.sku_id,
        cost=item.unit_price,
    )


@pytest.fixture
def queued(account, plan):
    asset = new_reservation(plan, account)
    queue_purchase(asset)
    return asset


@pytest.fixture
def reservation(account, plan, settle):
    return bought(new_reservation(plan, account), settle)
