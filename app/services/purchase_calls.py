"""The purchase protocol's questions put to Partner Center, its answers in the protocol's words."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from app.domain.assets import AssetKind
from app.domain.purchase import PurchaseState
from app.domain.purchase_commands import (
    Answer,
    Call,
    CartGone,
    CartSeen,
    CheckInventory,
    CheckOut,
    CreateCart,
    Details,
    EnsureRegistered,
    FindOrder,
    FindTraces,
    Inventory,
    Item,
    Later,
    NoAccess,
    NoOrder,
    ReadCart,
    ReadDetails,
    ReadOrder,
    Refused,
    Registration,
    ResolveItem,
    Silence,
    Traces,
    UpdateCart,
)
from app.domain.sentences import said
from app.integrations.microsoft import (
    AccessLostError,
    CallIds,
    Cart,
    CartLine,
    MicrosoftError,
    MicrosoftOrder,
    OutcomeUnknownError,
    RefusedError,
    RegistrationState,
    TryLaterError,
)
from app.services.ports import PartnerCenter
from app.services.purchase_details import line_seen, read_reservation, read_software
from app.services.purchase_rows import Claim
from app.services.purchase_traces import find_traces, list_all_orders


def ask(held: Claim, call: Call, partner_center: PartnerCenter) -> Answer:
    """Make one call. Every way it can go wrong comes back as an answer, never as an exception."""
    try:
        return _Asking(held, partner_center).answer(call)
    except RefusedError as error:
        return Refused(error.code, error.message)
    except TryLaterError as error:
        return Later(error.code, error.message, error.retry_after)
    except AccessLostError as error:
        return NoAccess(error.code, error.message)
    except OutcomeUnknownError as error:
        return Silence(error.code, error.message)
    except MicrosoftError as error:
        return Silence(error.code, error.message)


class _Asking:
    def __init__(self, held: Claim, partner_center: PartnerCenter) -> None:
        self.held = held
        self.wanted = held.wanted
        self.partner_center = partner_center
        self.cart_call = CallIds(
            request_id=held.cart_request_id, correlation_id=held.correlation_id
        )
        self.checkout_call = CallIds(
            request_id=held.checkout_request_id, correlation_id=held.correlation_id
        )

    @property
    def _is_reservation(self) -> bool:
        return self.wanted.kind is AssetKind.RESERVATION

    def answer(self, call: Call) -> Answer:
        ways: dict[type, Callable[..., Answer]] = {
            ResolveItem: self._resolve_item,
            EnsureRegistered: self._ensure_registered,
            CheckInventory: self._check_inventory,
            CreateCart: self._create_cart,
            UpdateCart: self._update_cart,
            ReadCart: self._read_cart,
            CheckOut: self._check_out,
            FindOrder: self._find_order,
            FindTraces: self._find_traces,
            ReadOrder: self._read_order,
            ReadDetails: self._read_details,
        }
        return ways[type(call)](call)

    def _resolve_item(self, _call: ResolveItem) -> Item:
        """Availability ids change and prices move: both are read right before the cart."""
        wanted = self.wanted
        offers = self.partner_center.list_availabilities(
            wanted.product_id,
            wanted.sku_id,
            target_view="AzureReservations" if self._is_reservation else None,
            correlation_id=self.held.correlation_id,
        )
        for offer in offers:
            if offer.is_purchasable:
                cost, currency = self._cost()
                return Item(offer.catalog_item_id, cost, currency)
        return Item("", None, None)

    def _cost(self) -> tuple[Decimal | None, str | None]:
        wanted = self.wanted
        view = "azure_reservations" if self._is_reservation else "software"
        for row in self.partner_center.read_price_sheet(view):
            if (row.product_id, row.sku_id) == (wanted.product_id, wanted.sku_id):
                return row.unit_price, row.currency
        return None, None

    def _ensure_registered(self, _call: EnsureRegistered) -> Registration:
        customer, plan = self.wanted.customer_id, self.wanted.plan_id or ""
        state = self.partner_center.get_registration_status(customer, plan)
        if state is RegistrationState.NOT_REGISTERED:
            self.partner_center.register_subscription(customer, plan, call=self._new_call())
        return Registration(state is RegistrationState.REGISTERED)

    def _new_call(self) -> CallIds:
        return CallIds.new(self.held.correlation_id)

    def _check_inventory(self, _call: CheckInventory) -> Inventory:
        wanted = self.wanted
        found = self.partner_center.check_inventory(
            wanted.customer_id,
            wanted.product_id,
            wanted.sku_id,
            subscription_id=wanted.plan_id,
            arm_region=wanted.arm_region,
        )
        if found is None:
            return Inventory(is_restricted=False, reason="")
        return Inventory(found.is_restricted, found.reason or said("Microsoft has none of it now."))

    def _line(self, catalog_item_id: str) -> CartLine:
        wanted = self.wanted
        return CartLine(
            catalog_item_id=catalog_item_id,
            friendly_name=wanted.own_ref,
            quantity=wanted.quantity,
            term_duration=wanted.term_duration,
            subscription_id=wanted.plan_id,
            scope=wanted.scope,
        )

    def _create_cart(self, call: CreateCart) -> Answer:
        cart = self.partner_center.create_cart(
            self.wanted.customer_id, self._line(call.catalog_item_id), call=self.cart_call
        )
        return self._cart_seen(cart)

    def _update_cart(self, call: UpdateCart) -> Answer:
        cart = self.partner_center.update_cart(
            self.wanted.customer_id,
            call.cart_id,
            self._line(call.catalog_item_id),
            call=self.cart_call,
        )
        return self._cart_seen(cart)

    def _read_cart(self, call: ReadCart) -> Answer:
        cart = self.partner_center.get_cart(self.wanted.customer_id, call.cart_id)
        return CartGone() if cart is None else self._cart_seen(cart)

    @staticmethod
    def _cart_seen(cart: Cart) -> Answer:
        if len(cart.lines) != 1:
            return Silence(
                "cart_lines",
                said("The cart has %(lines)s lines; we put in one.", lines=len(cart.lines)),
            )
        line = cart.lines[0]
        return CartSeen(
            cart_id=cart.id,
            is_ordered=cart.is_ordered,
            is_active=cart.is_active,
            catalog_item_id=line.catalog_item_id,
            quantity=line.quantity,
            term_duration=line.term_duration or None,
            currency=line.currency or None,
            friendly_name=line.friendly_name,
            error_code=line.error_code or "",
            error_message=line.error_description,
        )

    def _check_out(self, call: CheckOut) -> Answer:
        answer = self.partner_center.checkout(
            self.wanted.customer_id, call.cart_id, call=self.checkout_call
        )
        if answer.orders:
            return self._order_seen(answer.orders[0])
        if answer.errors:
            return Refused(answer.errors[0].code, answer.errors[0].description)
        return Silence(
            "empty_answer", said("Microsoft answered with neither an order nor an error.")
        )

    def _find_order(self, _call: FindOrder) -> Answer:
        for order in list_all_orders(self.partner_center, self.wanted.customer_id):
            if any(line.friendly_name == self.wanted.own_ref for line in order.lines):
                return self._order_seen(order)
        return NoOrder()

    def _find_traces(self, call: FindTraces) -> Traces:
        return Traces(find_traces(self.partner_center, self.wanted, call.since))

    def _read_order(self, call: ReadOrder) -> Answer:
        order = self.partner_center.get_order(self.wanted.customer_id, call.order_id)
        return self._order_seen(order)

    def _order_seen(self, order: MicrosoftOrder) -> Answer:
        if len(order.lines) != 1:
            return Silence(
                "order_lines",
                said("The order has %(lines)s lines; we want one.", lines=len(order.lines)),
            )
        return line_seen(order, order.lines[0], self.wanted.customer_id)

    def _read_details(self, call: ReadDetails) -> Details:
        """Where it is only read again, with its order: that may have been cancelled since."""
        read = read_reservation if self._is_reservation else read_software
        details = read(self.partner_center, self.wanted, call.order_id)
        if self.held.row.state is not PurchaseState.SYNCHRONIZED:
            return details
        order = self.partner_center.get_order(self.wanted.customer_id, call.order_id)
        if len(order.lines) != 1:
            return details
        seen = line_seen(order, order.lines[0], self.wanted.customer_id)
        return replace(details, order=seen)
