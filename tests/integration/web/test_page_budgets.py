"""Every page of both faces within its budget, with ten assets and with a hundred thousand."""

import gzip

import pytest
import sqlalchemy as sa

from app.database import db
from app.domain.access import AccountKind, Role
from app.models import Account, Asset, Invoice, Order, Product, Reservation, Subscription
from app.models import SoftwareSubscription as Software
from app.services.generated_data import GeneratedData, generate_data
from tests import factories
from tests.factories import UserFactory
from tests.support.page_budgets import (
    MOST_OF_ABSTRACT,
    MOST_OF_FRAGMENT,
    addresses_without_ids,
    beyond_budget,
    cost_of,
)

LISTS = {
    "bss": "/bss/billing/assets/",
    "storefront": "/billing/assets/reservations/",
}
VIEWS = (
    "sort=name",
    "sort=-total",
    "sort=customer",
    "sort=expires",
    "status=expired",
    "status=all&sync=failed",
    "status=all&q=reserved",
    "status=all&q=zzzzzz",
    "status=all&page=3",
    "status=all&page=1000000",
)
STAFF_VIEWS = tuple(
    f"sort={name}" for name in ("reseller", "product", "status", "sync", "quantity", "frequency")
)
ABSTRACTS = ("assets", "orders", "invoices", "subscriptions", "users", "contacts")


@pytest.fixture
def engine(the_app):
    with the_app.app_context():
        return db.engine


def generate(app, assets):
    with app.app_context():
        generate_data(GeneratedData(accounts=39, assets=assets, seed=1))
    factories.session.rollback()
    factories.session.execute(sa.text("ANALYZE"))
    factories.session.commit()


def people(sign_in, app):
    """A signed-in client for each face: staff who may everything, and the one reseller."""
    reseller = account_of(AccountKind.RESELLER)
    return {
        "bss": sign_in(UserFactory(staff=True), into=app.test_client()),
        "storefront": sign_in(
            UserFactory(account=reseller, role=Role.ADMINISTRATOR), into=app.test_client()
        ),
    }


def account_of(kind):
    query = sa.select(Account).where(Account.kind == kind).order_by(Account.number)
    return factories.session.scalars(query).first()


def newest(model, **of):
    query = sa.select(model.id).filter_by(**of).order_by(model.number.desc())
    return factories.session.scalars(query).first()


def objects():
    """Addresses of one of each kind, those of the reseller in the storefront."""
    reseller = account_of(AccountKind.RESELLER).id
    own = {"tenant_id": reseller}
    asset, order, invoice = newest(Asset), newest(Order), newest(Invoice)
    return {
        "bss": [
            f"/bss/billing/assets/{asset}/",
            f"/bss/billing/subscriptions/{newest(Subscription)}/",
            f"/bss/billing/invoices/{invoice}/",
            f"/bss/sales/orders/{order}/",
            f"/bss/accounts/{reseller}/",
            f"/bss/billing/products/{factories.session.scalars(sa.select(Product.id)).first()}/",
        ],
        "storefront": [
            f"/billing/assets/reservations/{newest(Reservation, **own)}/",
            f"/billing/assets/software-subscriptions/{newest(Software, **own)}/",
            f"/subscriptions/{newest(Subscription, **own)}/",
            f"/orders/{newest(Order, **own)}/",
            f"/billing/invoices/{newest(Invoice, **own)}/",
            f"/customers/{account_of(AccountKind.END_CUSTOMER).id}/",
        ],
    }


def costs_of(app, engine, face, client):
    views = VIEWS + (STAFF_VIEWS if face == "bss" else ())
    must_be_pages = [*(f"{LISTS[face]}?{view}" for view in views), *objects()[face]]
    addresses = [*addresses_without_ids(app, face), *must_be_pages]
    found = {address: cost_of(client, engine, address) for address in addresses}
    assert [address for address in must_be_pages if found[address] is None] == []
    return {address: cost for address, cost in found.items() if cost is not None}


def check_abstracts(client, engine, at_most):
    account = account_of(AccountKind.RESELLER).id
    for name in ABSTRACTS:
        with at_most(MOST_OF_ABSTRACT + 1):  # who asks is the one more
            answer = client.partial(f"/bss/accounts/{account}/{name}/abstract")
        assert answer.status_code == 200, name
        assert len(gzip.compress(answer.data, 9)) <= MOST_OF_FRAGMENT, name


def check_all(app, engine, sign_in, at_most):
    clients = people(sign_in, app)
    costs = {}
    for face, client in clients.items():
        costs |= costs_of(app, engine, face, client)
    check_abstracts(clients["bss"], engine, at_most)
    too_much = beyond_budget(costs)
    assert not too_much, "\n".join(too_much)
    return costs


def test_every_page_keeps_its_budget_with_ten_assets(app, engine, sign_in, at_most):
    generate(app, 10)

    costs = check_all(app, engine, sign_in, at_most)

    assert len(costs) > 70


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_and_with_a_hundred_thousand(app, engine, sign_in, at_most):
    generate(app, 100_000)

    costs = check_all(app, engine, sign_in, at_most)

    assert len(costs) > 70
