"""What Partner Center answers, typed. Words that we do not know are kept as they came."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, kw_only=True)
class MicrosoftCustomer:
    id: str
    company_name: str
    domain: str
    country: str  # empty in lists: Partner Center leaves the billing profile out of them
    relationship: str


@dataclass(frozen=True, kw_only=True)
class MicrosoftAgreement:
    type: str
    agreed_on: dt.date | None


@dataclass(frozen=True, kw_only=True)
class CatalogueProduct:
    id: str
    title: str
    description: str
    target_view: str  # the view that was asked for: product types are not to be relied on


@dataclass(frozen=True, kw_only=True)
class CatalogueSku:
    id: str
    product_id: str
    title: str
    description: str
    minimum_quantity: int
    maximum_quantity: int | None
    purchase_prerequisites: tuple[str, ...]
    attributes: Mapping[str, str]  # for display only: documented as unstable


@dataclass(frozen=True, kw_only=True)
class RefundOption:
    type: str
    expires_after: str


@dataclass(frozen=True, kw_only=True)
class Term:
    duration: str | None  # P1M, P1Y, P3Y; None for what is bought for good
    description: str
    billing_cycle: str
    refund_options: tuple[RefundOption, ...]


@dataclass(frozen=True, kw_only=True)
class Availability:
    """What may be bought right now. Its id changes with time: ask right before ordering."""

    id: str
    product_id: str
    sku_id: str
    catalog_item_id: str
    is_purchasable: bool
    currency: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, kw_only=True)
class PriceRow:
    product_id: str
    sku_id: str
    title: str
    term_duration: str | None
    currency: str
    unit_price: Decimal
    effective_on: dt.date | None


@dataclass(frozen=True, kw_only=True)
class InventoryAnswer:
    product_id: str
    sku_id: str
    is_restricted: bool
    reason: str  # Microsoft's words, empty where nothing restricts


class RegistrationState(StrEnum):
    NOT_REGISTERED = "not_registered"
    REGISTERING = "registering"
    REGISTERED = "registered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class CartLine:
    """What is to be bought. `subscription_id` and `scope` are for reservations only."""

    catalog_item_id: str
    friendly_name: str  # our own reference: it is read back on orders and subscriptions
    quantity: int
    term_duration: str | None = None
    billing_cycle: str = "one_time"
    subscription_id: str | None = None
    scope: str | None = None


@dataclass(frozen=True, kw_only=True)
class CartLineAnswer(CartLine):
    """A line as Microsoft holds it. It cannot be bought while `error_code` is not None."""

    error_code: str | None = None
    error_description: str = ""
    currency: str = ""

    @property
    def line(self) -> CartLine:
        """The bare line, to be compared with the one that was sent."""
        return CartLine(**{field.name: getattr(self, field.name) for field in fields(CartLine)})


@dataclass(frozen=True, kw_only=True)
class Cart:
    id: str
    status: str  # Active, Ordered
    lines: tuple[CartLineAnswer, ...]
    expires_at: dt.datetime | None
    created_at: dt.datetime | None

    @property
    def is_active(self) -> bool:
        """It was not bought. In a state that we do not know it may be on its way."""
        return self.status == "Active"

    @property
    def is_ordered(self) -> bool:
        return self.status == "Ordered"


@dataclass(frozen=True, kw_only=True)
class MicrosoftOrderLine:
    line_number: int
    catalog_item_id: str
    friendly_name: str
    quantity: int  # 0 when this line was cancelled
    term_duration: str | None
    subscription_id: str | None
    unit_price: Decimal | None = None  # only where the prices were asked for


@dataclass(frozen=True, kw_only=True)
class MicrosoftOrder:
    id: str
    alternate_id: str
    customer_id: str
    status: str  # unknown, pending, completed, cancelled
    created_at: dt.datetime | None
    currency: str
    lines: tuple[MicrosoftOrderLine, ...]


@dataclass(frozen=True, kw_only=True)
class OrderError:
    code: str
    description: str
    order_group: str


@dataclass(frozen=True, kw_only=True)
class CheckoutAnswer:
    """Never empty: at least one order or one error."""

    orders: tuple[MicrosoftOrder, ...]
    errors: tuple[OrderError, ...]


@dataclass(frozen=True, kw_only=True)
class OrderLineProvisioning:
    line_number: int
    status: str  # Fulfilled, Unfulfilled (cancelled), PrefulfillmentPending
    quantity: int | None


@dataclass(frozen=True, kw_only=True)
class MicrosoftSubscription:
    id: str
    offer_id: str
    offer_name: str
    friendly_name: str
    quantity: int
    status: str  # none, active, suspended, deleted, expired, pending, disabled
    commitment_ends_at: dt.datetime | None  # None where there is no end
    cancellable_until: dt.datetime | None
    order_id: str | None
    created_at: dt.datetime | None
    auto_renew: bool
    term_duration: str | None
    billing_cycle: str


@dataclass(frozen=True, kw_only=True)
class ArtifactLink:
    """Where the details of an entitlement are. `resource_id` is the Azure reservation order id."""

    resource_id: str
    uri: str
    artifact_type: str


@dataclass(frozen=True, kw_only=True)
class Entitlement:
    order_id: str
    alternate_id: str
    line_number: int
    product_id: str
    sku_id: str
    quantity: int
    expires_at: dt.datetime | None  # None where it never expires
    entitlement_type: str
    fulfilment_status: str
    artifacts: tuple[ArtifactLink, ...]


@dataclass(frozen=True, kw_only=True)
class ReservationDetails:
    reservation_id: str
    display_name: str
    scope_type: str
    quantity: int
    effective_at: dt.datetime | None
    expires_at: dt.datetime | None
    provisioning_state: str
