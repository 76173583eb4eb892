"""A small world for the purchase protocol: one row, two workers, a provider that keeps its word.

The provider's checkout is idempotent per cart, as documented; its answers get lost, its requests
arrive late, it refuses, its carts expire. Workers stop anywhere and may wake up long after.
"""

import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal

from app.domain import purchase_commands as c
from app.domain.assets import AssetKind
from app.domain.purchase import PurchaseState, check_move
from app.domain.purchase_protocol import purchase_step

START = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
CART_LIFE = dt.timedelta(days=7)

WANTED = c.Wanted(
    kind=AssetKind.RESERVATION,
    own_ref="AST-000001-SIMULATE",
    customer_id="customer",
    product_id="PRODUCT",
    sku_id="0001",
    quantity=5,
    term_duration="P1Y",
    cost=Decimal("100.0000"),
    cost_currency="EUR",
    plan_id="plan",
    scope="shared",
    arm_region="westeurope",
)


class World:
    def __init__(self, seed):
        self.random = random.Random(seed)  # noqa: S311  # a schedule, not a secret
        self.now = START
        self.fence = 0
        self.row = self._fresh_row(WANTED)
        self.carts = {}
        self.orders = []
        self.in_flight = []
        self.workers = []
        self.is_calm = False
        self.generations = 1

    @staticmethod
    def _fresh_row(wanted):
        return c.ClaimedPurchase(
            wanted=wanted,
            state=PurchaseState.QUEUED,
            cart_id=None,
            cart_is_stale=False,
            cart_gone_at=None,
            checkout_first_sent_at=None,
            checkout_last_sent_at=None,
            checkout_is_open=False,
            order_id=None,
            attempts=0,
            now=START,
            jitter=0.5,
        )

    # ------------------------------------------------------------------ workers

    def claim(self):
        self.fence += 1
        was_refused = self.row.state is PurchaseState.CART_READY
        row = replace(self.row, now=self.now, may_start_new_cart=was_refused)
        core = purchase_step(row)
        self.workers.append([core, self.fence, row, core.send(None)])

    def advance(self, index):
        """Let one worker make the call or the record it is at."""
        worker = self.workers[index]
        core, fence, row, command = worker
        answer = (
            self.apply(command, fence, row)
            if isinstance(command, c.Record)
            else self.answer(command, row)
        )
        try:
            worker[3] = core.send(answer)
        except StopIteration:
            self.workers.pop(index)

    def crash(self, index):
        self.workers.pop(index)

    # ------------------------------------------------------------------- the row

    def apply(self, command, fence, claimed):
        if fence != self.fence:
            return False
        if isinstance(command, c.StartNewGeneration):
            self._start_new_generation()
            return True
        changes = self._changes(command, claimed)
        check_move(self.row.state, changes.get("state", self.row.state))
        self.row = replace(self.row, **changes)
        return True

    def _start_new_generation(self):
        assert self.row.order_id is None
        self.generations += 1
        own_ref = f"AST-000001-GENERATION{self.generations}"
        self.row = self._fresh_row(replace(self.row.wanted, own_ref=own_ref))

    def _changes(self, command, claimed):  # noqa: PLR0911  # one for each record
        """What the services write for each record."""
        row = self.row
        match command:
            case c.RecordCart(cart_id):
                assert row.cart_id is None, "a cart is write-once"
                return {"cart_id": cart_id, "state": PurchaseState.CART_READY}
            case c.RecordCartUpdated():
                return {"cart_is_stale": False}
            case c.RecordCartGone():
                return {"cart_gone_at": row.cart_gone_at or self.now}
            case c.RecordSent():
                assert row.cart_id is not None, "only a committed cart is checked out"
                is_ready = row.state is PurchaseState.CART_READY
                return {
                    "state": PurchaseState.CHECKOUT_SENT if is_ready else row.state,
                    "checkout_first_sent_at": row.checkout_first_sent_at or self.now,
                    "checkout_last_sent_at": self.now,
                    "checkout_is_open": True,
                    "cart_gone_at": None,
                }
            case c.RecordOrder(order):
                assert row.order_id in {None, order.order_id}, "an order is write-once"
                return {"order_id": order.order_id, "state": PurchaseState.ORDERED}
            case c.RecordSynchronized():
                return {"state": PurchaseState.SYNCHRONIZED}
        return self._setback(command, claimed)

    def _setback(self, command, claimed):
        if isinstance(command, c.RecordStillOpen | c.RecordAbsence):
            return {"attempts": self.row.attempts + 1}
        is_failed = isinstance(command, c.RecordFailed)
        changes = {"state": PurchaseState.FAILED if is_failed else command.state}
        if not is_failed:
            changes["attempts"] = self.row.attempts + 1
        if command.answered_checkout:
            changes["checkout_is_open"] = claimed.checkout_is_open
        return changes

    def save(self, *, quantity=None):
        """A person edits and saves what has failed: the same cart, perhaps fewer of it."""
        if self.row.state is not PurchaseState.FAILED:
            return
        self.fence += 1
        has_cart = self.row.cart_id is not None
        wanted = self.row.wanted
        is_changed = quantity is not None and quantity != wanted.quantity
        self.row = replace(
            self.row,
            state=PurchaseState.CART_READY if has_cart else PurchaseState.QUEUED,
            wanted=replace(wanted, quantity=quantity) if is_changed else wanted,
            cart_is_stale=self.row.cart_is_stale or (has_cart and is_changed),
        )

    # ------------------------------------------------------------- the provider

    def chance(self, percent):
        return not self.is_calm and self.random.random() * 100 < percent

    def answer(self, command, row):
        match command:
            case c.ResolveItem():
                answer = c.Item("PRODUCT:0001:AVAILABLE", Decimal("100.0000"), "EUR")
            case c.EnsureRegistered():
                answer = c.Registration(is_registered=True)
            case c.CheckInventory():
                answer = c.Inventory(is_restricted=False, reason="")
            case c.CreateCart():
                answer = self._create_cart(row)
            case c.UpdateCart(cart_id):
                answer = self._update_cart(cart_id, row)
            case c.ReadCart(cart_id):
                answer = self._seen(cart_id)
            case c.CheckOut(cart_id):
                return self._check_out(cart_id)
            case c.FindOrder():
                answer = self._find(row)
            case c.FindTraces():
                found = self._find(row)
                answer = c.Traces((found.order_id,) if isinstance(found, c.OrderSeen) else ())
            case c.ReadOrder(order_id):
                answer = next(o for _, o in self.orders if o.order_id == order_id)
            case c.ReadDetails():
                answer = c.Details(is_fulfilled=True, reservation_id="reservation")
        if self.chance(10):
            return self.random.choice([c.Silence("504", ""), c.Later("429", "", 5.0)])
        return answer

    def _create_cart(self, row):
        cart_id = f"cart-{len(self.carts)}"
        self.carts[cart_id] = {
            "quantity": row.wanted.quantity,
            "ref": row.wanted.own_ref,
            "order": None,
            "made": self.now,
        }
        return self._seen(cart_id)

    def _update_cart(self, cart_id, row):
        cart = self.carts[cart_id]
        if cart["order"]:
            return c.Refused("800065", "submitted")
        cart["quantity"] = row.wanted.quantity
        return self._seen(cart_id)

    def _is_gone(self, cart_id):
        return self.now - self.carts[cart_id]["made"] > CART_LIFE

    def _seen(self, cart_id):
        if self._is_gone(cart_id):
            return c.CartGone()
        cart = self.carts[cart_id]
        return c.CartSeen(
            cart_id=cart_id,
            is_ordered=cart["order"] is not None,
            catalog_item_id="PRODUCT:0001:AVAILABLE",
            quantity=cart["quantity"],
            term_duration="P1Y",
            currency="EUR",
            friendly_name=cart["ref"],
        )

    def _check_out(self, cart_id):
        if self.chance(15):  # under way for longer than we wait
            self.in_flight.append((self.now, cart_id))
            return c.Silence("timeout", "")
        answer = self._execute(cart_id)
        if self.chance(15):
            return c.Silence("reset", "the answer got lost")
        return answer

    def deliver_late(self):
        """A request that was under way arrives; none travels longer than the quiet time."""
        if self.in_flight:
            sent, cart_id = self.in_flight.pop(self.random.randrange(len(self.in_flight)))
            if self.now - sent < dt.timedelta(minutes=15):
                self._execute(cart_id)

    def _execute(self, cart_id):
        if self._is_gone(cart_id):
            return c.Refused("20003", "no such cart")
        cart = self.carts[cart_id]
        if cart["order"] is None:
            if self.chance(20):
                return c.Refused("800010", "no inventory")
            cart["order"] = c.OrderSeen(
                order_id=f"order-{len(self.orders)}",
                alternate_id="alias",
                status="completed",
                ordered_at=self.now,
                product_id="PRODUCT",
                sku_id="0001",
                quantity=cart["quantity"],
                friendly_name=cart["ref"],
                customer_id="customer",
            )
            self.orders.append((self.now, cart["order"]))
        return cart["order"]

    def _find(self, row):
        """The list lags: an order shows up to 15 minutes late."""
        for made, order in self.orders:
            if order.friendly_name == row.wanted.own_ref and (
                self.now - made >= dt.timedelta(minutes=15)
            ):
                return order
        return c.NoOrder()
