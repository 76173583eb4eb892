"""What services need of other systems; jobs, commands and views hand in what fulfils it."""

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from app.integrations.microsoft import (
    ArtifactLink,
    Availability,
    CallIds,
    Cart,
    CartLine,
    CatalogueProduct,
    CatalogueSku,
    CheckoutAnswer,
    Entitlement,
    InventoryAnswer,
    MicrosoftAgreement,
    MicrosoftCustomer,
    MicrosoftOrder,
    MicrosoftSubscription,
    OrderLineProvisioning,
    PriceRow,
    RegistrationState,
    ReservationDetails,
)


class Catalogue(Protocol):
    """What Microsoft sells in our country, and what it costs us."""

    def list_products(
        self, target_view: str, *, segment: str | None = None
    ) -> Sequence[CatalogueProduct]: ...

    def list_skus(
        self, product_id: str, *, target_view: str | None = None, segment: str | None = None
    ) -> Sequence[CatalogueSku]: ...

    def read_price_sheet(self, view: str) -> Iterable[PriceRow]: ...


class PartnerCenter(Catalogue, Protocol):
    """Partner Center, one method for each operation. Every one may raise MicrosoftError."""

    def list_customers(
        self, *, correlation_id: UUID | None = None
    ) -> Sequence[MicrosoftCustomer]: ...

    def get_customer(
        self, customer_id: str, *, correlation_id: UUID | None = None
    ) -> MicrosoftCustomer: ...

    def list_agreements(
        self, customer_id: str, *, correlation_id: UUID | None = None
    ) -> Sequence[MicrosoftAgreement]: ...

    def get_sku(
        self,
        product_id: str,
        sku_id: str,
        *,
        target_view: str | None = None,
        correlation_id: UUID | None = None,
    ) -> CatalogueSku: ...

    def list_availabilities(
        self,
        product_id: str,
        sku_id: str,
        *,
        customer_id: str | None = None,
        target_view: str | None = None,
        correlation_id: UUID | None = None,
    ) -> Sequence[Availability]: ...

    def check_inventory(
        self,
        customer_id: str,
        product_id: str,
        sku_id: str,
        subscription_id: str | None = None,
        arm_region: str | None = None,
        *,
        correlation_id: UUID | None = None,
    ) -> InventoryAnswer | None: ...

    def get_registration_status(
        self, customer_id: str, subscription_id: str, *, correlation_id: UUID | None = None
    ) -> RegistrationState: ...

    def register_subscription(
        self, customer_id: str, subscription_id: str, *, call: CallIds
    ) -> None: ...

    def create_cart(self, customer_id: str, line: CartLine, *, call: CallIds) -> Cart: ...

    def get_cart(
        self, customer_id: str, cart_id: str, *, correlation_id: UUID | None = None
    ) -> Cart | None: ...

    def update_cart(
        self, customer_id: str, cart_id: str, line: CartLine, *, call: CallIds
    ) -> Cart: ...

    def checkout(self, customer_id: str, cart_id: str, *, call: CallIds) -> CheckoutAnswer: ...

    def get_order(
        self, customer_id: str, order_id: str, *, correlation_id: UUID | None = None
    ) -> MicrosoftOrder: ...

    def list_orders(
        self,
        customer_id: str,
        *,
        billing_type: str | None = "onetime",
        with_prices: bool = False,
        correlation_id: UUID | None = None,
    ) -> Sequence[MicrosoftOrder]: ...

    def get_order_provisioning_status(
        self, customer_id: str, order_id: str, *, correlation_id: UUID | None = None
    ) -> Sequence[OrderLineProvisioning]: ...

    def list_subscriptions(
        self,
        customer_id: str,
        order_id: str | None = None,
        *,
        correlation_id: UUID | None = None,
    ) -> Sequence[MicrosoftSubscription]: ...

    def get_subscription(
        self, customer_id: str, subscription_id: str, *, correlation_id: UUID | None = None
    ) -> MicrosoftSubscription: ...

    def list_entitlements(
        self, customer_id: str, entitlement_type: str, *, correlation_id: UUID | None = None
    ) -> Sequence[Entitlement]: ...

    def get_reservations(
        self, artifact: ArtifactLink, *, correlation_id: UUID | None = None
    ) -> Sequence[ReservationDetails]: ...
