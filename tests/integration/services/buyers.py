"""A small marketplace: a reseller with a customer, a direct customer, staff, something to buy."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Barrier
from uuid import UUID, uuid4

from app.domain.access import AccountKind, Role
from app.models import PriceListLine
from app.services.orders import place_order
from app.services.quotes import quote_reservation, quote_software
from tests.factories import (
    AccountFactory,
    PriceListFactory,
    SkuFactory,
    SubscriptionFactory,
    TaxRuleFactory,
    UserFactory,
    generic_product,
    session,
    viewer_of,
)


@dataclass
class Marketplace:
    """Cost 112.2273, markup 10 %: a reservation is bought for 123.45."""

    reseller: object = field(default_factory=lambda: AccountFactory(reseller_account=True))
    customer: object = None
    direct: object = field(default_factory=AccountFactory)

    def __post_init__(self):
        self.customer = self.customer or AccountFactory.customer_of(self.reseller)
        self.prices = PriceListFactory(is_default=True, percent=Decimal(10))
        TaxRuleFactory()
        self.plan = SubscriptionFactory(account=self.customer)
        self.sku = SkuFactory(
            reservation=True,
            product=generic_product(),
            cost=Decimal("112.2273"),
            maximum_quantity=999_999_999,
        )
        self.software = SkuFactory(cost=Decimal("100.00"))

    def quote(self, viewer, *, quantity=7, form_token=None, plan=None):
        return quote_reservation(
            viewer,
            subscription_id=(plan or self.plan).id,
            sku_id=self.sku.id,
            quantity=quantity,
            form_token=form_token or uuid4(),
        )

    def quote_plan(self, viewer, account, *, quantity=1, form_token=None):
        return quote_software(
            viewer,
            account_id=account.id,
            sku_id=self.software.id,
            quantity=quantity,
            form_token=form_token or uuid4(),
        )

    def order(self, viewer, **kwargs):
        return place_order(viewer, self.quote(viewer, **kwargs))


def person(account, role=Role.ADMINISTRATOR, **kwargs):
    return viewer_of(UserFactory(account=account, role=role, **kwargs))


def staff(role=Role.STAFF_ADMINISTRATOR):
    return viewer_of(UserFactory(staff=True, role=role))


def stranger():
    """An administrator of a reseller that has nothing to do with the others."""
    return person(AccountFactory(kind=AccountKind.RESELLER))


def change(row, **values):
    """Store something that happened meanwhile."""
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    session.commit()


def price_line_for(price_list, product_id: UUID, **values):
    line = PriceListLine(price_list_id=price_list.id, product_id=product_id, **values)
    session.add(line)
    session.commit()
    return line


def all_at_once(app, times, act):
    """Call `act` that many times in as many threads, each as a request of its own."""
    together = Barrier(times)

    def one(_number):
        with app.app_context():
            together.wait()
            return act()

    with ThreadPoolExecutor(max_workers=times) as pool:
        return list(pool.map(one, range(times)))


def rows(model, **values):
    """What is stored, seen by the owner of the database."""
    session.rollback()
    session.expire_all()
    return session.query(model).filter_by(**values).all()
