"""Reads carts, orders, subscriptions and entitlements out of Microsoft's JSON."""

from app.integrations.microsoft.fields import (
    Fields,
    UnreadableAnswerError,
    array,
    spelled,
    spellings,
)
from app.integrations.microsoft.results import (
    ArtifactLink,
    Cart,
    CartLineAnswer,
    CheckoutAnswer,
    Entitlement,
    MicrosoftOrder,
    MicrosoftOrderLine,
    MicrosoftSubscription,
    OrderError,
    OrderLineProvisioning,
    ReservationDetails,
)

_CART_STATUSES = spellings("Active", "Ordered")
_ORDER_STATUSES = spellings("unknown", "pending", "completed", "cancelled")
_SUBSCRIPTION_STATUSES = spellings(
    "none", "active", "suspended", "deleted", "expired", "pending", "disabled"
)
_FULFILMENT_STATUSES = spellings("Fulfilled", "Unfulfilled", "PrefulfillmentPending")
_SCOPE_TYPES = spellings("Shared", "Single")
_PROVISIONING_STATES = spellings(
    "Creating",
    "PendingResourceHold",
    "PendingCapacity",
    "ConfirmedResourceHold",
    "PendingBilling",
    "ConfirmedBilling",
    "Pending",
    "Created",
    "Succeeded",
    "Cancelled",
    "Expired",
    "BillingFailed",
    "Failed",
    "Split",
    "Merged",
)


def read_cart(fields: Fields) -> Cart:
    lines = tuple(_read_cart_line(line) for line in fields.objects("lineItems"))
    if not lines:
        raise UnreadableAnswerError("lineItems is empty")
    return Cart(
        id=fields.id("id"),
        status=spelled(fields.required_text("status"), _CART_STATUSES),
        lines=lines,
        expires_at=fields.instant_if_readable("expirationTimestamp"),
        created_at=fields.instant_if_readable("creationTimestamp"),
    )


def _read_cart_line(fields: Fields) -> CartLineAnswer:
    context = fields.object("provisioningContext")
    error_code, error_description = _read_cart_error(fields)
    scope = context.optional_text("scope")
    return CartLineAnswer(
        catalog_item_id=fields.text("catalogItemId") or fields.required_text("catalogId"),
        friendly_name=fields.text("friendlyName"),
        quantity=fields.integer("quantity"),
        term_duration=fields.optional_text("termDuration"),
        billing_cycle=fields.text("billingCycle", "one_time").lower(),
        subscription_id=context.optional_id("subscriptionId"),
        scope=scope.lower() if scope else None,
        error_code=error_code,
        error_description=error_description,
        currency=fields.text("currencyCode"),
    )


def _read_cart_error(fields: Fields) -> tuple[str | None, str]:
    """An error in a shape that we do not know is still an error."""
    if not fields.has("error"):
        return None, ""
    if description := fields.text("error"):
        return "unknown", description
    error = fields.object("error")
    return error.text("errorCode", "unknown"), error.text("errorDescription")


def read_checkout(fields: Fields) -> CheckoutAnswer:
    orders = tuple(read_order(order) for order in fields.objects("orders"))
    errors = tuple(_read_order_error(error) for error in fields.objects("orderErrors"))
    if not orders and not errors:
        raise UnreadableAnswerError("neither an order nor an error is named")
    return CheckoutAnswer(orders=orders, errors=errors)


def _read_order_error(fields: Fields) -> OrderError:
    return OrderError(
        code=fields.required_text("code"),
        description=fields.text("description"),
        order_group=fields.text("orderGroupId"),
    )


def read_order(fields: Fields) -> MicrosoftOrder:
    return MicrosoftOrder(
        id=fields.id("id"),
        alternate_id=fields.text("alternateId"),
        customer_id=fields.optional_id("referenceCustomerId") or "",
        status=spelled(fields.text("status", "unknown"), _ORDER_STATUSES),
        created_at=fields.instant_if_readable("creationDate"),
        currency=fields.text("currencyCode"),
        lines=tuple(_read_order_line(line) for line in fields.objects("lineItems")),
    )


def _read_order_line(fields: Fields) -> MicrosoftOrderLine:
    return MicrosoftOrderLine(
        line_number=fields.integer("lineItemNumber"),
        catalog_item_id=fields.required_text("offerId"),
        friendly_name=fields.text("friendlyName"),
        quantity=fields.integer("quantity"),
        term_duration=fields.optional_text("termDuration"),
        subscription_id=fields.optional_id("subscriptionId"),
        unit_price=fields.object("pricing").amount_if_readable("price"),
    )


def read_line_provisioning(fields: Fields) -> OrderLineProvisioning:
    details = fields.objects("quantityProvisioningInformation")
    return OrderLineProvisioning(
        line_number=fields.integer("lineItemNumber"),
        status=spelled(fields.required_text("status"), _FULFILMENT_STATUSES),
        quantity=details[0].optional_integer("quantity") if details else None,
    )


def read_subscription(fields: Fields) -> MicrosoftSubscription:
    ends_at = (
        "commitmentEndDateTime" if fields.has("commitmentEndDateTime") else "commitmentEndDate"
    )
    return MicrosoftSubscription(
        id=fields.id("id"),
        offer_id=fields.text("offerId"),
        offer_name=fields.text("offerName"),
        friendly_name=fields.text("friendlyName"),
        quantity=fields.integer("quantity"),
        status=spelled(fields.required_text("status"), _SUBSCRIPTION_STATUSES),
        commitment_ends_at=fields.instant(ends_at),
        cancellable_until=fields.instant_if_readable("cancellationAllowedUntilDate"),
        order_id=fields.optional_id("orderId"),
        created_at=fields.instant_if_readable("creationDate"),
        auto_renew=fields.flag("autoRenewEnabled"),
        term_duration=fields.optional_text("termDuration"),
        billing_cycle=fields.text("billingCycle"),
    )


def read_entitlement(fields: Fields) -> Entitlement:
    order = fields.object("referenceOrder")
    details = fields.objects("quantityDetails")
    return Entitlement(
        order_id=order.optional_id("id") or "",
        alternate_id=order.text("alternateId"),
        line_number=order.optional_integer("lineItemId") or 0,
        product_id=fields.text("productId"),
        sku_id=fields.text("skuId"),
        quantity=fields.integer("quantity"),
        expires_at=fields.instant("expiryDate"),
        entitlement_type=fields.text("entitlementType").lower(),
        fulfilment_status=spelled(
            details[0].text("status") if details else "", _FULFILMENT_STATUSES
        ),
        artifacts=tuple(_read_artifact(item) for item in fields.objects("entitledArtifacts")),
    )


def _read_artifact(fields: Fields) -> ArtifactLink:
    return ArtifactLink(
        resource_id=fields.optional_id("resourceId") or "",
        uri=fields.object("link").text("uri"),
        artifact_type=fields.text("artifactType").lower(),
    )


def read_reservations(fields: Fields) -> list[ReservationDetails]:
    """The documentation's table names the list `reservations`, its sample differs."""
    for name in ("reservations", "virtualMachineReservations"):
        if fields.has(name):
            return [_read_reservation(item) for item in array(fields.value(name))]
    fields.required_text("type")  # an artifact whose reservations are still to come
    return []


def _read_reservation(fields: Fields) -> ReservationDetails:
    return ReservationDetails(
        reservation_id=fields.id("reservationId"),
        display_name=fields.text("displayName"),
        scope_type=spelled(fields.text("scopeType"), _SCOPE_TYPES),
        quantity=fields.integer("quantity"),
        effective_at=fields.instant_if_readable("effectiveDateTime"),
        expires_at=fields.instant("expiryDateTime"),
        provisioning_state=spelled(fields.text("provisioningState"), _PROVISIONING_STATES),
    )
