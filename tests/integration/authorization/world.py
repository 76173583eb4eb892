"""Everybody who may knock, and everything they may knock for; each owner's text is a canary."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import uuid4

from app.domain.access import Role
from app.domain.assets import AssetKind
from app.domain.orders import OrderStatus
from app.domain.purchase import PurchaseState
from app.models import Brand, Invoice, Order, OrderLine
from app.services.invoices import invoice_order
from tests import factories
from tests.factories import (
    AccountFactory,
    BulkJobFactory,
    ContactFactory,
    MailFactory,
    OrderFactory,
    PriceListFactory,
    PurchaseFactory,
    ReservationFactory,
    SkuFactory,
    SoftwareSubscriptionFactory,
    SubscriptionFactory,
    TaxRuleFactory,
    UserFactory,
)
from tests.support.importing import CustomerImportFactory
from tests.support.reconciling import ReconciliationCaseFactory

OWNERS = ("aegean", "helios", "northwind", "thistle", "fabrikam", "kalamata")
STOREFRONT_ROLES = (Role.ADMINISTRATOR, Role.BILLING, Role.BUYER, Role.VIEWER)
STAFF_ROLES = (
    Role.STAFF_ADMINISTRATOR,
    Role.STAFF_PROVISIONING,
    Role.STAFF_BILLING,
    Role.STAFF_SUPPORT,
)
# Digits that stand nowhere else: Microsoft's cost, and what a reseller pays.
COST, BUYING = Decimal("7391.5317"), Decimal("8264.91")


def canary(owner):
    return f"cnry-{owner}-cnry"


@dataclass
class World:
    accounts: dict = field(default_factory=dict)
    users: dict = field(default_factory=dict)  # actor → user
    objects: dict = field(default_factory=dict)  # kind of object → owner → id
    generic_sku: object = None

    def id_of(self, kind, whose):
        """An id for the URL: an owner's, or one of the three that nobody owns."""
        if whose == "nonexistent":
            return str(uuid4())
        if whose == "malformed":
            return "not-an-id"
        if whose == "other_kind":
            other = "account" if kind == "subscription" else "subscription"
            return str(self.objects[other]["aegean"])
        return str(self.objects[kind][whose])


def build_world():
    world = World()
    default_list = PriceListFactory(name="Default", is_default=True, percent=Decimal(10))
    world.objects["price_list"] = dict.fromkeys(OWNERS, default_list.id)
    world.objects["tax_rule"] = dict.fromkeys(OWNERS, TaxRuleFactory().id)
    world.generic_sku = SkuFactory(reservation=True)
    plan_sku = SkuFactory()
    _add_accounts(world)
    for number, reseller in enumerate(("fabrikam", "northwind")):
        factories.session.add(Brand(account_id=world.accounts[reseller].id, hue=100 + number))
        factories.session.commit()  # one after the other: whoever reads any finds the first
    _add_users(world)
    for owner in OWNERS:
        _add_objects(world, owner, plan_sku)
    bulk_job = BulkJobFactory(account=world.accounts["staff"])
    world.objects["bulk_job"] = dict.fromkeys(OWNERS, bulk_job.id)
    world.objects["customer"] = {owner: _customer(world, owner) for owner in OWNERS}
    world.objects["customer_import"] = dict.fromkeys(OWNERS, CustomerImportFactory().id)
    world.objects["product"] = dict.fromkeys(OWNERS, plan_sku.product_id)
    return world


def _add_accounts(world):
    northwind = AccountFactory(reseller_account=True, name=canary("northwind"))
    fabrikam = AccountFactory(reseller_account=True, name=canary("fabrikam"))
    world.accounts = {
        "northwind": northwind,
        "fabrikam": fabrikam,
        "aegean": AccountFactory.customer_of(northwind, name=canary("aegean")),
        "helios": AccountFactory.customer_of(northwind, name=canary("helios")),
        "thistle": AccountFactory.customer_of(fabrikam, name=canary("thistle")),
        "kalamata": AccountFactory(name=canary("kalamata")),
        "staff": AccountFactory(distributor=True),
    }
    world.objects["account"] = {name: account.id for name, account in world.accounts.items()}


def _add_users(world):
    for owner in OWNERS:
        for role in STOREFRONT_ROLES if owner in {"aegean", "northwind"} else STOREFRONT_ROLES[:1]:
            user = UserFactory(account=world.accounts[owner], role=role)
            world.users[f"{owner}_{role.value}"] = user
    for role in STAFF_ROLES:
        world.users[role.value] = UserFactory(account=world.accounts["staff"], role=role)
    world.users["suspended"] = UserFactory(account=world.accounts["aegean"], is_active=False)


def _add_objects(world, owner, plan_sku):
    account, mark = world.accounts[owner], canary(owner)
    plan = SubscriptionFactory(account=account, name=mark)
    order = OrderFactory(account=account, buyer_reference=mark, placed_by_name=mark)
    _add_line(order, plan_sku, mark)
    quote = OrderFactory(
        account=account, buyer_reference=mark, status=OrderStatus.QUOTED, placed_at=None
    )
    _add_line(quote, plan_sku, mark)
    money = {
        "unit_cost": COST,
        "buying_unit_price": BUYING,
        "selling_unit_price": Decimal("9100.00") if account.reseller_id else None,
    }
    reservation = _ending_soon(plan, account=account, name=mark, order_id=order.id, **money)
    software = SoftwareSubscriptionFactory(account=account, name=mark, failed=True, **money)
    PurchaseFactory(
        asset=software,
        state=PurchaseState.FAILED,
        order_id=None,
        error_code="800010",
        error_message=mark,
    )
    for kind, row in {
        "reconciliation_case": _case(reservation, account),
        "subscription": plan,
        "order": order,
        "quote": quote,
        "reservation": reservation,
        "software_subscription": software,
        "asset": reservation,
        "invoice": _invoice(order),
        "user": UserFactory(account=account, name=mark, role=Role.VIEWER),
        "contact": ContactFactory(account=account, name=mark),
        "mail": MailFactory(account=account, to_name=mark),
    }.items():
        world.objects.setdefault(kind, {})[owner] = row.id


def _ending_soon(plan, *, name, **values):
    """A synchronized reservation, in every list and in every count."""
    ends = factories.NOW.date() + dt.timedelta(days=10)
    asset = ReservationFactory(subscription=plan, name=name, notes=name, expires_on=ends, **values)
    PurchaseFactory(asset=asset)
    return asset


def _customer(world, owner):
    """The owner as somebody's customer; of a reseller another customer."""
    account = world.accounts[owner]
    if owner in {"northwind", "fabrikam"}:
        account = AccountFactory.customer_of(account, name=canary(owner))
    return account.id


def _case(asset, account):
    return ReconciliationCaseFactory(account=account, title=asset.name, asset_id=asset.id)


def _invoice(order):
    """To whoever pays: the owner itself or its reseller."""
    invoice_order(factories.session, factories.session.get_one(Order, order.id), actor="a test")
    factories.session.commit()
    return factories.session.query(Invoice).filter_by(order_id=order.id).one()


def _add_line(order, sku, mark):
    factories.session.add(
        OrderLine(
            order_id=order.id,
            account_id=order.account_id,
            tenant_id=order.tenant_id,
            position=1,
            kind=AssetKind.SOFTWARE_SUBSCRIPTION,
            product_id=sku.product_id,
            sku_id=sku.id,
            title=mark,
            quantity=1,
            currency="EUR",
            cost_currency="EUR",
            unit_cost=COST,
            buying_unit_price=BUYING,
            selling_unit_price=Decimal("9100.00"),
            vat_rate=Decimal(24),
        )
    )
    factories.session.commit()
