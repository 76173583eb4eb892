"""Microsoft's Partner Center: one method for each operation."""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

from app.config import MicrosoftSettings
from app.integrations.microsoft import read_catalogue, read_commerce
from app.integrations.microsoft.auth import Audience, TokenSource
from app.integrations.microsoft.calls import Call, CallIds, address
from app.integrations.microsoft.errors import RefusedError
from app.integrations.microsoft.gate import Gate
from app.integrations.microsoft.price_sheet import read_price_rows
from app.integrations.microsoft.results import (
    ArtifactLink,
    Availability,
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
from app.integrations.microsoft.transport import Transport

_MOST_CUSTOMERS = "500"  # a page
_RESERVATION_VIEWS = "azurereservations"


class PartnerCenterClient:
    """Every method makes one call (lists: one for each page) and either returns a typed result or
    raises a MicrosoftError that says what to do next.

    Reads mint their own MS-RequestId. Changes take theirs from the caller, who has stored it
    before, so that a repeated change is the same change. One client serves all threads of a
    process; it is not to be carried over a fork once it has been used.
    """

    def __init__(
        self, settings: MicrosoftSettings, tokens: TokenSource, gate: Gate | None = None
    ) -> None:
        self._settings = settings
        self._transport = Transport(settings, tokens, gate)

    def close(self) -> None:
        self._transport.close()

    def list_customers(self, *, correlation_id: UUID | None = None) -> list[MicrosoftCustomer]:
        call = self._call("list_customers", "customers", correlation_id=correlation_id)
        return self._transport.read_all(
            replace(call, query={"size": _MOST_CUSTOMERS}), read_catalogue.read_customer
        )

    def find_first_customer_id(self, *, correlation_id: UUID | None = None) -> str | None:
        """Whether customers may be listed at all: one page of one. None where there is none."""
        call = self._call("probe_customers", "customers", correlation_id=correlation_id)
        return self._transport.read_object(
            replace(call, query={"size": "1"}),
            lambda fields: next((each.id("id") for each in fields.objects("items")), None),
        )

    def get_customer(
        self, customer_id: str, *, correlation_id: UUID | None = None
    ) -> MicrosoftCustomer:
        call = self._call("get_customer", "customers", customer_id, correlation_id=correlation_id)
        return self._transport.read_object(
            call, lambda fields: read_catalogue.read_customer(fields.only_of(customer_id))
        )

    def list_agreements(
        self, customer_id: str, *, correlation_id: UUID | None = None
    ) -> list[MicrosoftAgreement]:
        """Which Microsoft Customer Agreements the customer accepted."""
        call = self._call(
            "list_agreements", "customers", customer_id, "agreements", correlation_id=correlation_id
        )
        query = {"agreementType": "MicrosoftCustomerAgreement"}
        return self._transport.read_all(
            replace(call, query=query, audience=Audience.PARTNER_CENTER),
            read_catalogue.read_agreement,
        )

    def list_products(
        self, target_view: str, *, segment: str | None = None, correlation_id: UUID | None = None
    ) -> list[CatalogueProduct]:
        call = self._call("list_products", "products", correlation_id=correlation_id)
        query = {"targetView": target_view, **self._catalogue_query(target_view, segment)}
        return self._transport.read_all(
            replace(call, query=query),
            lambda fields: read_catalogue.read_product(fields, target_view),
        )

    def list_skus(
        self,
        product_id: str,
        *,
        target_view: str | None = None,
        segment: str | None = None,
        correlation_id: UUID | None = None,
    ) -> list[CatalogueSku]:
        call = self._call(
            "list_skus", "products", product_id, "skus", correlation_id=correlation_id
        )
        query = self._catalogue_query(target_view, segment)
        return self._transport.read_all(replace(call, query=query), read_catalogue.read_sku)

    def get_sku(
        self,
        product_id: str,
        sku_id: str,
        *,
        target_view: str | None = None,
        correlation_id: UUID | None = None,
    ) -> CatalogueSku:
        path = ("products", product_id, "skus", sku_id)
        call = self._call("get_sku", *path, correlation_id=correlation_id)
        query = self._catalogue_query(target_view, None)
        return self._transport.read_object(
            replace(call, query=query),
            lambda fields: read_catalogue.read_sku(fields.only_of(sku_id)),
        )

    def list_availabilities(
        self,
        product_id: str,
        sku_id: str,
        *,
        customer_id: str | None = None,
        target_view: str | None = None,
        correlation_id: UUID | None = None,
    ) -> list[Availability]:
        """What may be bought now; with a customer, what this customer may buy."""
        of_customer = ("customers", customer_id) if customer_id else ()
        path = (*of_customer, "products", product_id, "skus", sku_id, "availabilities")
        call = self._call("list_availabilities", *path, correlation_id=correlation_id)
        query = self._catalogue_query(target_view, None)
        if customer_id:
            del query["country"]
        return self._transport.read_all(
            replace(call, query=query), read_catalogue.read_availability
        )

    def read_price_sheet(
        self, view: str, *, correlation_id: UUID | None = None
    ) -> Iterator[PriceRow]:
        """The current prices of a view, such as azure_reservations, while they arrive.

        An error may come after some rows: keep none of them then.
        """
        sheet = f"pricesheets(Market='{self._settings.country}',PricesheetView='{view}')"
        call = Call(
            operation="read_price_sheet",
            url=f"{self._settings.partner_api_url}/v1.0/sales/{sheet}/$value",
            ids=CallIds.new(correlation_id),
            query={"timeline": "current"},
            audience=Audience.PARTNER_API,
        )
        return self._transport.read_lines(call, read_price_rows)

    def check_inventory(
        self,
        customer_id: str,
        product_id: str,
        sku_id: str,
        subscription_id: str | None = None,
        arm_region: str | None = None,
        *,
        correlation_id: UUID | None = None,
    ) -> InventoryAnswer | None:
        """Whether a SKU is to be had; None where Microsoft's catalogue lacks it."""
        context = {
            "customerId": customer_id,
            "azureSubscriptionId": subscription_id,
            "armRegionName": arm_region,
        }
        body = {
            "targetItems": [{"productId": product_id, "skuId": sku_id}],
            "inventoryContext": {name: value for name, value in context.items() if value},
        }
        path = ("extensions", "product", "checkinventory")
        call = self._call("check_inventory", *path, correlation_id=correlation_id)
        query = {"country": self._settings.country}
        return self._transport.read(
            replace(call, method="POST", query=query, body=body),
            lambda value: read_catalogue.read_inventory(value, product_id, sku_id),
        )

    def get_registration_status(
        self, customer_id: str, subscription_id: str, *, correlation_id: UUID | None = None
    ) -> RegistrationState:
        path = ("customers", customer_id, "subscriptions", subscription_id, "registrationstatus")
        call = self._call("get_registration_status", *path, correlation_id=correlation_id)
        return self._transport.read_object(call, read_catalogue.read_registration)

    def register_subscription(
        self, customer_id: str, subscription_id: str, *, call: CallIds
    ) -> None:
        """Ask that an Azure plan may hold reservations; the registration status tells when."""
        path = ("customers", customer_id, "subscriptions", subscription_id, "registrations")
        self._transport.send(self._change("register_subscription", *path, ids=call))

    def create_cart(self, customer_id: str, line: CartLine, *, call: CallIds) -> Cart:
        """A cart of one line. It costs nothing; look at the line's error before checking out."""
        change = self._change("create_cart", "customers", customer_id, "carts", ids=call)
        body = {"lineItems": [_line_body(line)]}
        return self._transport.read_object(replace(change, body=body), read_commerce.read_cart)

    def get_cart(
        self, customer_id: str, cart_id: str, *, correlation_id: UUID | None = None
    ) -> Cart | None:
        """The cart, or None when Microsoft has none of this id (any more)."""
        path = ("customers", customer_id, "carts", cart_id)
        call = self._call("get_cart", *path, correlation_id=correlation_id)
        try:
            return self._transport.read_object(
                call, lambda fields: read_commerce.read_cart(fields.only_of(cart_id))
            )
        except RefusedError as error:
            if error.http_status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def update_cart(self, customer_id: str, cart_id: str, line: CartLine, *, call: CallIds) -> Cart:
        path = ("customers", customer_id, "carts", cart_id)
        change = self._change("update_cart", *path, ids=call, method="PUT")
        body = {"id": cart_id, "lineItems": [_line_body(line)]}
        return self._transport.read_object(
            replace(change, body=body),
            lambda fields: read_commerce.read_cart(fields.only_of(cart_id)),
        )

    def checkout(self, customer_id: str, cart_id: str, *, call: CallIds) -> CheckoutAnswer:
        """Buy what is in the cart. Repeating it brings the first answer again.

        An answer may hold errors and no order: that is a definite no.
        """
        path = ("customers", customer_id, "carts", cart_id, "checkout")
        change = self._change("checkout", *path, ids=call)
        return self._transport.read_object(change, read_commerce.read_checkout)

    def get_order(
        self, customer_id: str, order_id: str, *, correlation_id: UUID | None = None
    ) -> MicrosoftOrder:
        path = ("customers", customer_id, "orders", order_id)
        call = self._call("get_order", *path, correlation_id=correlation_id)
        return self._transport.read_object(
            call, lambda fields: read_commerce.read_order(fields.only_of(order_id))
        )

    def list_orders(
        self,
        customer_id: str,
        *,
        billing_type: str | None = "onetime",
        with_prices: bool = False,
        correlation_id: UUID | None = None,
    ) -> list[MicrosoftOrder]:
        """A customer's orders. A new one may be missing for up to 15 minutes."""
        call = self._call(
            "list_orders", "customers", customer_id, "orders", correlation_id=correlation_id
        )
        query = {"billingType": billing_type} if billing_type else {}
        if with_prices:
            query["include_price"] = "true"
        return self._transport.read_all(replace(call, query=query), read_commerce.read_order)

    def get_order_provisioning_status(
        self, customer_id: str, order_id: str, *, correlation_id: UUID | None = None
    ) -> list[OrderLineProvisioning]:
        path = ("customers", customer_id, "orders", order_id, "provisioningstatus")
        call = self._call("get_order_provisioning_status", *path, correlation_id=correlation_id)
        return self._transport.read_all(
            replace(call, audience=Audience.PARTNER_CENTER), read_commerce.read_line_provisioning
        )

    def list_subscriptions(
        self,
        customer_id: str,
        order_id: str | None = None,
        *,
        correlation_id: UUID | None = None,
    ) -> list[MicrosoftSubscription]:
        """A customer's subscriptions, or those of one order: none while it is being provisioned."""
        call = self._call(
            "list_subscriptions",
            "customers",
            customer_id,
            "subscriptions",
            correlation_id=correlation_id,
        )
        query = {"order_id": order_id} if order_id else {}
        return self._transport.read_all(replace(call, query=query), read_commerce.read_subscription)

    def get_subscription(
        self, customer_id: str, subscription_id: str, *, correlation_id: UUID | None = None
    ) -> MicrosoftSubscription:
        path = ("customers", customer_id, "subscriptions", subscription_id)
        call = self._call("get_subscription", *path, correlation_id=correlation_id)
        return self._transport.read_object(
            call, lambda fields: read_commerce.read_subscription(fields.only_of(subscription_id))
        )

    def list_entitlements(
        self, customer_id: str, entitlement_type: str, *, correlation_id: UUID | None = None
    ) -> list[Entitlement]:
        """What a customer owns, of type software or reservedinstance."""
        call = self._call(
            "list_entitlements",
            "customers",
            customer_id,
            "entitlements",
            correlation_id=correlation_id,
        )
        query = {"entitlementType": entitlement_type, "showExpiry": "true"}
        return self._transport.read_all(
            replace(call, query=query, audience=Audience.PARTNER_CENTER),
            read_commerce.read_entitlement,
        )

    def get_reservations(
        self, artifact: ArtifactLink, *, correlation_id: UUID | None = None
    ) -> list[ReservationDetails]:
        """The reservations behind an entitlement; none while they are being made."""
        call = Call(
            operation="get_reservations",
            url=artifact.uri,
            ids=CallIds.new(correlation_id),
            audience=Audience.PARTNER_CENTER,
        )
        return self._transport.read_link(call, read_commerce.read_reservations)

    def _call(self, operation: str, *path: str, correlation_id: UUID | None) -> Call:
        return Call(
            operation=operation,
            url=address(self._settings.partner_center_url, *path),
            ids=CallIds.new(correlation_id),
        )

    def _change(self, operation: str, *path: str, ids: CallIds, method: str = "POST") -> Call:
        url = address(self._settings.partner_center_url, *path)
        return Call(operation=operation, url=url, ids=ids, method=method)

    def _catalogue_query(self, target_view: str | None, segment: str | None) -> dict[str, str]:
        query = {"country": self._settings.country}
        if segment:
            query["targetSegment"] = segment
        # Without this the catalogue shows reservations for an older kind of Azure subscription.
        # Where the view is not known it does no harm: other products have no such scope.
        if target_view is None or target_view.lower().startswith(_RESERVATION_VIEWS):
            query["reservationScope"] = "AzurePlan"
        return query


def _line_body(line: CartLine) -> dict[str, object]:
    context = {"subscriptionId": line.subscription_id, "scope": line.scope}
    body = {
        "id": 0,
        "catalogItemId": line.catalog_item_id,
        "friendlyName": line.friendly_name,
        "quantity": line.quantity,
        "billingCycle": line.billing_cycle,
        "termDuration": line.term_duration,
        "provisioningContext": {name: value for name, value in context.items() if value} or None,
    }
    return {name: value for name, value in body.items() if value is not None}
