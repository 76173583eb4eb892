"""What the purchase protocol asks of the world, and what the world can answer.

Asking Microsoft never changes our rows; recording never calls Microsoft. A recording that is
answered False was refused because another worker holds the purchase now: stop at once.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from app.domain.assets import AssetKind
from app.domain.purchase import PurchaseState

# ------------------------------------------------------------------------------- the row


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is bought: frozen while the purchase lives."""

    kind: AssetKind
    own_ref: str  # the cart line's friendlyName
    customer_id: str  # at Partner Center
    product_id: str
    sku_id: str
    quantity: int
    term_duration: str | None
    cost: Decimal  # per instance, as it stood when the price was frozen
    cost_currency: str
    plan_id: str | None  # the Azure plan's Partner Center subscription, for reservations
    scope: str | None
    arm_region: str | None


@dataclass(frozen=True, kw_only=True)
class ClaimedPurchase:
    """The row as claimed. `now` is PostgreSQL's; `jitter` in [0, 1) spreads the retries."""

    wanted: Wanted
    state: PurchaseState
    cart_id: str | None
    cart_is_stale: bool
    cart_gone_at: dt.datetime | None  # first seen to be gone; nothing is bought from it since
    checkout_first_sent_at: dt.datetime | None
    checkout_last_sent_at: dt.datetime | None
    checkout_is_open: bool
    order_id: str | None
    attempts: int
    now: dt.datetime
    jitter: float
    resends_checkout: bool = True  # False: what was never answered is never sent again
    may_start_new_cart: bool = False  # two people agreed to it, or it is too small to ask them


# ------------------------------------------------------------------- asked of Microsoft


@dataclass(frozen=True)
class ResolveItem:
    """The catalogue item as it is sold now, and its cost: answered by `Item`."""


@dataclass(frozen=True)
class EnsureRegistered:
    """Is the Azure plan registered for reservations? Registers it if not: `Registration`."""


@dataclass(frozen=True)
class CheckInventory:
    """May this customer have it now: `Inventory`."""


@dataclass(frozen=True)
class CreateCart:
    catalog_item_id: str


@dataclass(frozen=True)
class UpdateCart:
    cart_id: str
    catalog_item_id: str


@dataclass(frozen=True)
class ReadCart:
    """`CartSeen`, or `CartGone`."""

    cart_id: str


@dataclass(frozen=True)
class CheckOut:
    """The money call, always of a cart id that was read from a committed row: `OrderSeen`."""

    cart_id: str


@dataclass(frozen=True)
class FindOrder:
    """Search the customer's orders for our reference: `OrderSeen` or `NoOrder`.

    An order may take 15 minutes to be listed, so `NoOrder` proves nothing by itself.
    """


@dataclass(frozen=True)
class FindTraces:
    """Is anything of this item newly there for the customer that we cannot explain: `Traces`."""

    since: dt.datetime


@dataclass(frozen=True)
class ReadOrder:
    order_id: str


@dataclass(frozen=True)
class ReadDetails:
    """What Microsoft made of the order: `Details`."""

    order_id: str


Call = (
    ResolveItem
    | EnsureRegistered
    | CheckInventory
    | CreateCart
    | UpdateCart
    | ReadCart
    | CheckOut
    | FindOrder
    | FindTraces
    | ReadOrder
    | ReadDetails
)

# --------------------------------------------------------------------- Microsoft's answers


@dataclass(frozen=True)
class Item:
    catalog_item_id: str
    cost: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Registration:
    is_registered: bool


@dataclass(frozen=True)
class Inventory:
    is_restricted: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class CartSeen:
    """`is_active`: surely not ordered. Neither of the two: in a state that we do not know."""

    cart_id: str
    is_ordered: bool
    catalog_item_id: str
    quantity: int
    term_duration: str | None
    currency: str | None
    friendly_name: str
    is_active: bool = True
    error_code: str = ""
    error_message: str = ""


@dataclass(frozen=True)
class CartGone:
    """Expired after seven days, or never there."""


@dataclass(frozen=True, kw_only=True)
class OrderSeen:
    order_id: str
    alternate_id: str
    status: str  # pending, completed, cancelled, or a word we do not know
    ordered_at: dt.datetime | None
    product_id: str
    sku_id: str
    quantity: int
    friendly_name: str
    customer_id: str


@dataclass(frozen=True)
class NoOrder:
    pass


@dataclass(frozen=True)
class Traces:
    """Orders at Microsoft that may be ours and that nothing of ours explains."""

    order_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Details:
    """What the asset's Microsoft section shows; None where Microsoft has not said yet."""

    is_fulfilled: bool  # for a reservation: its artifact is there
    expires_on: dt.date | None = None
    reservation_id: str | None = None
    reservation_order_id: str | None = None
    reservation_status: str | None = None
    scope: str | None = None
    software_id: str | None = None
    microsoft_status: str | None = None
    awaits_software_id: bool = False
    is_settling: bool = False  # Microsoft's own status is still on its way to its last word
    order: OrderSeen | None = None  # read beside it where the asset is only refreshed


@dataclass(frozen=True)
class Refused:
    """A definite no: nothing was bought by this request. Microsoft's code and words."""

    code: str
    message: str


@dataclass(frozen=True)
class Later:
    """Not now; `seconds` is Microsoft's Retry-After where it gave one."""

    code: str
    message: str
    seconds: float | None = None


@dataclass(frozen=True)
class Silence:
    """No answer one can rely on: what was asked for may or may not have happened."""

    code: str
    message: str


@dataclass(frozen=True)
class NoAccess:
    """Token or configuration: nothing was executed, people must mend it."""

    code: str
    message: str


Trouble = Refused | Later | Silence | NoAccess
Answer = (
    Item
    | Registration
    | Inventory
    | CartSeen
    | CartGone
    | OrderSeen
    | NoOrder
    | Traces
    | Details
    | Refused
    | Later
    | Silence
    | NoAccess
)

# ------------------------------------------------------------------------ written to the row


@dataclass(frozen=True)
class RecordCart:
    """Write-once, and before anything can be checked out."""

    cart_id: str


@dataclass(frozen=True)
class RecordCartUpdated:
    """The cart holds the changed parameters."""


@dataclass(frozen=True)
class RecordCartGone:
    """Nothing is bought from it any more; whether anything was is known `again_in` seconds on."""

    again_in: float


@dataclass(frozen=True)
class RecordSent:
    """Written before the money call leaves. False also where a guard holds it back."""

    is_bought: bool = False  # the cart is ordered already: asking again spends nothing


@dataclass(frozen=True)
class RecordOrder:
    order: OrderSeen


@dataclass(frozen=True)
class RecordSynchronized:
    """Also the refresh of what is synchronized already."""

    details: Details
    again_in: float | None  # seconds; None when every id is there


@dataclass(frozen=True)
class RecordFailed:
    """A definite refusal, for people to mend. `again_in`: re-check for a late order."""

    code: str
    message: str
    answered_checkout: bool  # this very send was answered: it is not under way any more
    again_in: float | None = None


@dataclass(frozen=True, kw_only=True)
class RecordTrouble:
    """Nothing decided: wait. `state` changes only to UNKNOWN."""

    state: PurchaseState
    code: str
    message: str
    again_in: float | None
    answered_checkout: bool = False


@dataclass(frozen=True)
class RecordStillOpen:
    """Looked, nothing new."""

    again_in: float | None
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordAbsence:
    """Looked everywhere and nothing was bought: whether to use a new cart is for two people."""

    again_in: float


@dataclass(frozen=True)
class StartNewGeneration:
    """The cart is gone and absence is proved: this purchase is abandoned, a new one queued."""


Record = (
    RecordCart
    | RecordCartUpdated
    | RecordCartGone
    | RecordSent
    | RecordOrder
    | RecordSynchronized
    | RecordFailed
    | RecordTrouble
    | RecordStillOpen
    | RecordAbsence
    | StartNewGeneration
)
Command = Call | Record
