"""One factory for each model: valid by default, traits for states.

They write through a session of their own, as the database's owner seeing every row.
"""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import factory
from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy.orm import scoped_session, sessionmaker

from app.domain.access import SYSTEM_SCOPE, AccountKind, Role, Viewer
from app.domain.assets import AssetKind, AssetStatus, ProvisioningSyncStatus, SubscriptionStatus
from app.domain.bulk import BulkAction
from app.domain.contacts import ContactRole
from app.domain.languages import Language
from app.domain.mail import MailKind
from app.domain.orders import OrderStatus
from app.domain.pricing import AdjustmentKind, price_line
from app.domain.purchase import PurchaseState, sync_status_of
from app.models import (
    Account,
    BulkJob,
    Contact,
    Mail,
    OneTimeLink,
    Order,
    PriceList,
    Product,
    Purchase,
    Reservation,
    Sku,
    SoftwareSubscription,
    Subscription,
    TaxRule,
    User,
)
from app.services.one_time_links import hash_of

session = scoped_session(sessionmaker(info={"scope": SYSTEM_SCOPE}, expire_on_commit=False))

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


class ModelFactory(SQLAlchemyModelFactory):
    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: session  # noqa: E731
        sqlalchemy_session_persistence = "flush"

    @classmethod
    def _generate(cls, strategy, params):
        made = super()._generate(strategy, params)
        session.commit()  # with what the row needs, which the same call made
        return made


class AccountFactory(ModelFactory):
    class Meta:
        model = Account

    id = factory.LazyFunction(uuid4)
    kind = AccountKind.DIRECT_CUSTOMER
    name = factory.Sequence(lambda n: f"Account {n} S.A.")
    country = "GR"
    currency = "EUR"
    microsoft_tenant_id = factory.LazyFunction(lambda: str(uuid4()))
    tenant_id = None  # computed by PostgreSQL

    class Params:
        distributor = factory.Trait(
            kind=AccountKind.DISTRIBUTOR, name="Entrepot", microsoft_tenant_id=None
        )
        reseller_account = factory.Trait(kind=AccountKind.RESELLER)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs.pop("tenant_id", None)
        return super()._create(model_class, *args, **kwargs)

    @classmethod
    def customer_of(cls, reseller, **kwargs):
        """Its orders are executed at once, unless `needs_approval` is given."""
        values = {"needs_approval": False, **kwargs}
        return cls(kind=AccountKind.END_CUSTOMER, reseller_id=reseller.id, **values)


class OwnedFactory(ModelFactory):
    class Meta:
        abstract = True
        exclude = ("account",)

    id = factory.LazyFunction(uuid4)
    account = factory.SubFactory(AccountFactory)
    account_id = factory.LazyAttribute(lambda row: row.account.id)
    tenant_id = factory.LazyAttribute(lambda row: row.account.tenant_id)


class UserFactory(OwnedFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@customer.example")
    name = factory.Sequence(lambda n: f"Person {n}")
    role = Role.ADMINISTRATOR

    class Params:
        staff = factory.Trait(
            role=Role.STAFF_ADMINISTRATOR,
            account=factory.SubFactory(AccountFactory, distributor=True),
        )


class MailFactory(OwnedFactory):
    class Meta:
        model = Mail

    kind = MailKind.PASSWORD_CHANGED
    to_address = factory.Sequence(lambda n: f"person{n}@customer.example")
    to_name = factory.Sequence(lambda n: f"Person {n}")
    language = Language.EN
    timezone = "Europe/Athens"
    facts = factory.LazyFunction(lambda: {"marketplace": "Entrepot"})


class ContactFactory(OwnedFactory):
    class Meta:
        model = Contact

    name = factory.Sequence(lambda n: f"Contact {n}")
    role = ContactRole.BILLING
    email = factory.Sequence(lambda n: f"contact{n}@customer.example")


class ProductFactory(ModelFactory):
    class Meta:
        model = Product

    id = factory.LazyFunction(uuid4)
    code = factory.Sequence(lambda n: f"plan-{n}")
    kind = AssetKind.SOFTWARE_SUBSCRIPTION
    name = factory.Sequence(lambda n: f"Server Plan {n}")

    class Params:
        generic = factory.Trait(
            code="azure-plan-reserved-instances",
            kind=AssetKind.RESERVATION,
            name="Azure Plan Reserved Instances",
        )


class SkuFactory(ModelFactory):
    class Meta:
        model = Sku
        exclude = ("product",)

    id = factory.LazyFunction(uuid4)
    product = factory.SubFactory(ProductFactory)
    product_id = factory.LazyAttribute(lambda sku: sku.product.id)
    kind = AssetKind.SOFTWARE_SUBSCRIPTION
    microsoft_product_id = factory.Sequence(lambda n: f"DZP{n:09d}")
    microsoft_sku_id = "0001"
    title = factory.Sequence(lambda n: f"Server Plan {n} - 1 year")
    term_duration = "P1Y"
    maximum_quantity = 1000
    cost = Decimal("100.0000")
    currency = "EUR"

    class Params:
        reservation = factory.Trait(
            kind=AssetKind.RESERVATION,
            product=factory.SubFactory(ProductFactory, generic=True),
            title="Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year",
            reservation_type="Virtual Machine",
            category="General purpose",
            region="EU West",
            arm_region="westeurope",
            arm_sku_name="Standard_D2s_v5",
            cores=2,
            ram_gb=Decimal(8),
        )


class PriceListFactory(ModelFactory):
    class Meta:
        model = PriceList

    id = factory.LazyFunction(uuid4)
    name = factory.Sequence(lambda n: f"List {n}")
    is_default = False
    adjustment_kind = AdjustmentKind.MARKUP
    percent = Decimal(0)


class TaxRuleFactory(ModelFactory):
    class Meta:
        model = TaxRule

    id = factory.LazyFunction(uuid4)
    country = "GR"
    product_kind = None
    rate = Decimal(24)


class SubscriptionFactory(OwnedFactory):
    class Meta:
        model = Subscription

    name = "Azure plan"
    status = SubscriptionStatus.ACTIVE
    provisioning_sync_status = ProvisioningSyncStatus.SYNCHRONIZED
    microsoft_subscription_id = factory.LazyFunction(lambda: str(uuid4()))


class OrderFactory(OwnedFactory):
    class Meta:
        model = Order

    form_token = factory.LazyFunction(uuid4)
    status = OrderStatus.EXECUTED
    currency = "EUR"
    placed_by_id = factory.LazyFunction(uuid4)
    placed_by_name = "Person"
    quote_ends_at = NOW + dt.timedelta(days=1)
    placed_at = NOW
    executed_at = NOW


class AssetFactory(OwnedFactory):
    class Meta:
        abstract = True
        exclude = ("account", "product", "purchase_state")

    product = factory.SubFactory(ProductFactory)
    product_id = factory.LazyAttribute(lambda asset: asset.product.id)
    status = AssetStatus.ACTIVE
    purchase_state = PurchaseState.SYNCHRONIZED
    provisioning_sync_status = factory.LazyAttribute(
        lambda asset: sync_status_of(asset.purchase_state)
    )
    purchased_at = NOW - dt.timedelta(days=30)
    expires_on = (NOW + dt.timedelta(days=335)).date()
    term_duration = "P1Y"
    quantity = 1
    currency = "EUR"
    cost_currency = "EUR"
    unit_cost = Decimal("900.0000")
    discount_percent = Decimal(0)
    vat_rate = Decimal(24)
    buying_unit_price = Decimal("1200.00")
    selling_unit_price = None
    microsoft_product_id = "DZH318Z0RR01"
    microsoft_sku_id = "000B"
    microsoft_order_id = factory.Sequence(lambda n: f"q7Wd2mXbTe3kLr9VnZ0aYs5u{n:09d}")
    microsoft_order_alias = factory.Sequence(lambda n: f"{n:012x}")

    class Params:
        failed = factory.Trait(
            purchase_state=PurchaseState.FAILED,
            microsoft_order_id=None,
            microsoft_order_alias=None,
        )
        expired = factory.Trait(
            status=AssetStatus.EXPIRED, expires_on=(NOW - dt.timedelta(days=10)).date()
        )
        cancelled = factory.Trait(status=AssetStatus.CANCELLED)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        for side in ("buying", "selling"):
            if kwargs.get(f"{side}_unit_price") is not None:
                total = price_line(
                    kwargs[f"{side}_unit_price"],
                    kwargs["quantity"],
                    discount_percent=kwargs["discount_percent"],
                    vat_rate=kwargs["vat_rate"],
                    currency=kwargs["currency"],
                ).total
                kwargs |= {f"{side}_net": total.net, f"{side}_vat": total.vat}
        return super()._create(model_class, *args, **kwargs)


def link_of(user, key, **changes):
    """A one-time link of the user, open for an hour."""
    link_id = uuid4()
    link = OneTimeLink(
        id=link_id,
        user_id=user.id,
        account_id=user.account_id,
        tenant_id=user.tenant_id,
        token_hash=hash_of(key.token_of(link_id)),
        created_by="a test",
        **({"ends_at": NOW + dt.timedelta(hours=1)} | changes),
    )
    session.add(link)
    session.commit()
    return link


def generic_product():
    """The one product of all reservations."""
    found = session.query(Product).filter_by(code="azure-plan-reserved-instances").one_or_none()
    return found or ProductFactory(generic=True)


class ReservationFactory(AssetFactory):
    class Meta:
        model = Reservation
        exclude = ("account", "product", "purchase_state", "subscription")

    product = factory.LazyFunction(generic_product)
    subscription = factory.SubFactory(
        SubscriptionFactory, account=factory.SelfAttribute("..account")
    )
    subscription_id = factory.LazyAttribute(lambda asset: asset.subscription.id)
    name = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"
    product_title = factory.SelfAttribute("name")
    product_details = "Standard_D2s_v5, General purpose, EU West, 2 Cores, 8 GB RAM, 1Year"
    reservation_type = "Virtual Machine"
    region = "EU West"
    arm_region = "westeurope"
    reservation_id = factory.LazyFunction(lambda: str(uuid4()))
    reservation_order_id = factory.LazyFunction(lambda: str(uuid4()))
    reservation_status = "Succeeded"


class SoftwareSubscriptionFactory(AssetFactory):
    class Meta:
        model = SoftwareSubscription

    name = factory.Sequence(lambda n: f"Windows Server 2025 Standard, plan {n}, 1 year")
    product_title = factory.SelfAttribute("name")
    software_subscription_sku = factory.SelfAttribute("name")
    software_id = factory.LazyFunction(lambda: str(uuid4()))


class PurchaseFactory(ModelFactory):
    """For an asset: `PurchaseFactory(asset=asset, state=…)`."""

    class Meta:
        model = Purchase
        exclude = ("asset",)

    id = factory.LazyFunction(uuid4)
    asset_id = factory.LazyAttribute(lambda row: row.asset.id)
    account_id = factory.LazyAttribute(lambda row: row.asset.account_id)
    tenant_id = factory.LazyAttribute(lambda row: row.asset.tenant_id)
    own_ref = factory.LazyAttribute(lambda row: f"AST-{row.asset.number:06d}-TESTTEST")
    state = PurchaseState.SYNCHRONIZED
    order_id = factory.LazyAttribute(lambda row: row.asset.microsoft_order_id)
    created_by = "a test"
    params = factory.LazyAttribute(lambda row: params_for(row.asset))


class BulkJobFactory(OwnedFactory):
    """Without items unless a test adds some."""

    class Meta:
        model = BulkJob

    account = factory.SubFactory(AccountFactory, distributor=True)
    action = BulkAction.RETRY
    created_by = "Eleni Papadaki"
    created_by_id = factory.LazyFunction(uuid4)


def params_for(asset):
    account = session.get_one(Account, asset.account_id)
    is_reservation = isinstance(asset, Reservation)
    plan = session.get_one(Subscription, asset.subscription_id) if is_reservation else None
    return {
        "kind": asset.kind.value,
        "customer_id": account.microsoft_tenant_id,
        "product_id": asset.microsoft_product_id,
        "sku_id": asset.microsoft_sku_id,
        "quantity": asset.quantity,
        "term_duration": asset.term_duration,
        "cost": str(asset.unit_cost),
        "cost_currency": asset.cost_currency,
        "plan_id": plan.microsoft_subscription_id if plan else None,
        "scope": asset.scope.casefold() if is_reservation else None,
        "arm_region": asset.arm_region if is_reservation else None,
    }


def viewer_of(user):
    """The domain's view of a user made here."""
    account = session.get_one(Account, user.account_id)
    return Viewer(
        user_id=user.id,
        name=user.name,
        email=user.email,
        account_id=account.id,
        account_name=account.name,
        account_kind=account.kind,
        role=user.role,
        reseller_id=account.reseller_id,
    )
