"""Partner Center as a value: checkouts idempotent per cart, carts of seven days, a lagging list.

Every call can go several ways; which way is chosen from outside, so that a scheduler may roll
dice and an exploration may try them all.
"""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain import purchase_commands as c

CART_LIFE = dt.timedelta(days=7)
LIST_LAG = dt.timedelta(minutes=15)
LONGEST_WAY = dt.timedelta(minutes=15)  # no request is under way for longer

FINE = "fine"
_FAULTS = {
    "silence": c.Silence("504", "no answer"),
    "later": c.Later("429", "slow down", 5.0),
    "no_access": c.NoAccess("401", "token"),
    "refused": c.Refused("3000", "no"),
}
_ITEM = "PRODUCT:0001:AVAILABLE"
_COST = Decimal("100.0000")
# What else can happen to each call. "lost": done, and its answer never came.
_MORE: dict[type, tuple[str, ...]] = {
    c.ResolveItem: ("price_moved", "not_sold"),
    c.EnsureRegistered: ("not_yet",),
    c.CheckInventory: ("restricted",),
    c.CreateCart: ("lost", "with_error", "differs"),
    c.UpdateCart: ("lost",),
    c.CheckOut: ("lost", "late", "pending", "foreign"),
    c.FindOrder: ("not_listed",),
    c.FindTraces: ("not_listed",),
    c.ReadOrder: ("pending", "cancelled"),
    c.ReadDetails: ("not_yet",),
}


def outcomes(command):
    """The ways a call can go, the good one first."""
    return (FINE, *_FAULTS, *_MORE.get(type(command), ()))


@dataclass(frozen=True, slots=True)
class Cart:
    id: str
    ref: str
    quantity: int
    made_at: dt.datetime
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    id: str
    ref: str
    quantity: int
    made_at: dt.datetime
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Provider:
    carts: tuple[Cart, ...] = ()
    orders: tuple[Order, ...] = ()
    under_way: tuple[tuple[str, dt.datetime], ...] = ()
    customer_id: str = "customer"
    name: str = ""  # before the ids it gives, where several live in one database

    def answer(self, command, wanted, how, now):  # noqa: PLR0911  # one for each call
        """The provider afterwards, and what it says; `how` is one of `outcomes`."""
        if how in _FAULTS:
            return self, _FAULTS[how]
        match command:
            case c.ResolveItem():
                return self, _item(how)
            case c.EnsureRegistered():
                return self, c.Registration(is_registered=how == FINE)
            case c.CheckInventory():
                return self, c.Inventory(how != FINE, "none left")
            case c.CreateCart():
                return self._create_cart(wanted, how, now)
            case c.UpdateCart(cart_id):
                return self._update_cart(cart_id, wanted, how, now)
            case c.ReadCart(cart_id):
                return self, self._seen(cart_id, now)
            case c.CheckOut(cart_id):
                return self._check_out(cart_id, how, now)
            case c.FindOrder():
                return self, self._find(wanted.own_ref, how, now)
            case c.FindTraces():
                found = self._find(wanted.own_ref, how, now)
                return self, c.Traces((found.order_id,) if isinstance(found, c.OrderSeen) else ())
            case c.ReadOrder(order_id):
                return self._read_order(order_id, how)
        return self, c.Details(is_fulfilled=how == FINE, reservation_id="reservation")

    # ------------------------------------------------------------------- carts

    def _create_cart(self, wanted, how, now):
        cart = Cart(f"{self.name}cart-{len(self.carts)}", wanted.own_ref, wanted.quantity, now)
        after = replace(self, carts=(*self.carts, cart))
        seen = after._seen(cart.id, now)  # noqa: SLF001  # a value of the same class
        if how == "with_error":
            seen = replace(seen, error_code="800009", error_message="not for this customer")
        elif how == "differs":
            seen = replace(seen, quantity=wanted.quantity + 45)
        return after, c.Silence("reset", "lost") if how == "lost" else seen

    def _update_cart(self, cart_id, wanted, how, now):
        cart = self._cart(cart_id)
        if cart.order_id or self.is_gone(cart, now):
            return self, c.Silence("800065", "submitted already")
        after = self._with_cart(replace(cart, quantity=wanted.quantity))
        seen = after._seen(cart_id, now)  # noqa: SLF001
        return after, c.Silence("reset", "lost") if how == "lost" else seen

    def _cart(self, cart_id):
        return next(cart for cart in self.carts if cart.id == cart_id)

    def _with_cart(self, changed):
        carts = tuple(changed if cart.id == changed.id else cart for cart in self.carts)
        return replace(self, carts=carts)

    @staticmethod
    def is_gone(cart, now):
        return now - cart.made_at >= CART_LIFE

    def _seen(self, cart_id, now):
        cart = self._cart(cart_id)
        if self.is_gone(cart, now):
            return c.CartGone()
        return c.CartSeen(
            cart_id=cart_id,
            is_ordered=cart.order_id is not None,
            catalog_item_id=_ITEM,
            quantity=cart.quantity,
            term_duration="P1Y",
            currency="EUR",
            friendly_name=cart.ref,
        )

    # ------------------------------------------------------------------ orders

    def _check_out(self, cart_id, how, now):
        if how == "late":
            after = replace(self, under_way=(*self.under_way, (cart_id, now)))
            return after, c.Silence("timeout", "still under way")
        if how == "foreign":
            return self, replace(self._shown(Order("order-x", "", 5, now)), customer_id="other")
        after, order = self.execute(cart_id, now)
        if how == "lost":
            return after, c.Silence("reset", "the answer got lost")
        if order is None:
            return after, c.Refused("20003", "no such cart")
        return after, self._shown(order, "pending" if how == "pending" else "completed")

    def execute(self, cart_id, now):
        """What a checkout does when it arrives, and the order it answers; None: no such cart."""
        cart = self._cart(cart_id)
        if self.is_gone(cart, now):
            return self, None
        if cart.order_id:
            return self, self.order(cart.order_id)
        order = Order(f"{self.name}order-{len(self.orders)}", cart.ref, cart.quantity, now)
        after = self._with_cart(replace(cart, order_id=order.id))
        return replace(after, orders=(*self.orders, order)), order

    def order(self, order_id):
        return next(order for order in self.orders if order.id == order_id)

    def arrive(self, number, now, *, stays):
        """A checkout that was under way arrives; `stays`: and a copy of it will arrive again."""
        cart_id, sent_at = self.under_way[number]
        is_lost = now - sent_at > LONGEST_WAY
        after = self if is_lost else self.execute(cart_id, now)[0]
        return after if stays and not is_lost else after.vanish(number)

    def vanish(self, number):
        rest = self.under_way[:number] + self.under_way[number + 1 :]
        return replace(self, under_way=rest)

    def _find(self, ref, how, now):
        for order in self.orders:
            is_new = now - order.made_at < LIST_LAG
            if order.ref == ref and not (is_new and how == "not_listed"):
                return self._shown(order)
        return c.NoOrder()

    def _read_order(self, order_id, how):
        order = self.order(order_id)
        if how == "cancelled" and not order.is_cancelled:
            order = replace(order, is_cancelled=True)
            orders = tuple(order if one.id == order_id else one for one in self.orders)
            return replace(self, orders=orders), self._shown(order)
        return self, self._shown(order, "pending" if how == "pending" else "completed")

    def _shown(self, order, status="completed"):
        return c.OrderSeen(
            order_id=order.id,
            alternate_id="alias",
            status="cancelled" if order.is_cancelled else status,
            ordered_at=order.made_at,
            product_id="PRODUCT",
            sku_id="0001",
            quantity=order.quantity,
            friendly_name=order.ref,
            customer_id=self.customer_id,
        )


def _item(how):
    if how == "not_sold":
        return c.Item("", None, None)
    return c.Item(_ITEM, _COST + 1 if how == "price_moved" else _COST, "EUR")
