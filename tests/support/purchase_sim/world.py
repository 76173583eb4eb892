"""One purchase, its workers and its provider as a value; a move makes another such value."""

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal

from app.domain import purchase_commands as c
from app.domain.assets import AssetKind
from app.domain.purchase import PurchaseState, check_move
from app.domain.purchase_protocol import purchase_step
from tests.support.purchase_sim.provider import Provider

HELD_BACK = "held_back"  # by a spend limit: *sent* is not written
_HELD_FOR = dt.timedelta(hours=1)
START = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)

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


class ViolationError(AssertionError):
    """A promise was broken."""


def promise(*, holds, what):
    if not holds:
        raise ViolationError(what)


def fresh_row(wanted=WANTED):
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


@dataclass(frozen=True, slots=True)
class Worker:
    """Where a worker is: the row it claimed and every answer it got lead to its next command."""

    claimed: c.ClaimedPurchase
    fence: int
    answers: tuple
    command: object = field(compare=False)


def _check_cost_was_read(worker, row, command):
    """Where money may be asked for the first time since people said so; see also `CheckOut`."""
    was_read = any(
        isinstance(answer, c.Item) and answer.cost == WANTED.cost for answer in worker.answers
    )
    is_new = row.state is PurchaseState.CART_READY and not command.is_bought
    promise(holds=was_read or not is_new, what="sent at a cost that nobody read again")


def next_command(claimed, answers):
    """What the real protocol says after these answers; None: it has said everything."""
    core = purchase_step(claimed)
    try:
        command = core.send(None)
        for answer in answers:
            command = core.send(answer)
    except StopIteration:
        return None
    return command


@dataclass(frozen=True, slots=True)
class World:
    """`due_at` is the row's next_run_at, `quantity` what the asset shows."""

    now: dt.datetime = START
    row: c.ClaimedPurchase = field(default_factory=fresh_row)
    due_at: dt.datetime | None = START
    quantity: int = WANTED.quantity
    fence: int = 0
    generation: int = 1
    is_enabled: bool = True
    is_new_cart_asked: bool = False  # absence is proved, and two people must agree
    is_new_cart_agreed: bool = False
    workers: tuple[Worker, ...] = ()
    provider: Provider = field(default_factory=Provider)

    # ----------------------------------------------------------------- workers

    @property
    def can_claim(self):
        """A lease may end at any time and a bell may ring at any time; only this is needed."""
        return self.is_enabled and self.due_at is not None

    def claim(self):
        may_start_new_cart = self.is_new_cart_agreed or self.row.state is PurchaseState.CART_READY
        claimed = replace(self.row, now=self.now, may_start_new_cart=may_start_new_cart)
        worker = Worker(claimed, self.fence + 1, (), next_command(claimed, ()))
        return replace(self, fence=self.fence + 1, workers=(*self.workers, worker))

    def go(self, number, how=""):
        """Let a worker make the call (which goes `how`) or the record it is at."""
        worker = self.workers[number]
        if isinstance(worker.command, c.Record):
            after, answer = self._record(worker, how)
        else:
            after, answer = self._call(worker, how)
        answers = (*worker.answers, answer)
        command = next_command(worker.claimed, answers)
        moved = () if command is None else (replace(worker, answers=answers, command=command),)
        workers = self.workers[:number] + moved + self.workers[number + 1 :]
        return replace(after, workers=workers)

    def crash(self, number):
        return replace(self, workers=self.workers[:number] + self.workers[number + 1 :])

    def _call(self, worker, how):
        if isinstance(worker.command, c.CheckOut):
            promise(
                holds=worker.command.cart_id == worker.claimed.cart_id or True in worker.answers,
                what="a cart was checked out before its id was committed",
            )
        provider, answer = self.provider.answer(
            worker.command, worker.claimed.wanted, how, self.now
        )
        return replace(self, provider=provider), answer

    # ----------------------------------------------------------------- the row

    def _record(self, worker, how):
        if worker.fence != self.fence:
            return self, False
        command = worker.command
        if how == HELD_BACK:
            return replace(self, due_at=self.now + _HELD_FOR), False
        if isinstance(command, c.StartNewGeneration):
            return self._start_new_generation(), True
        changes = self._changes(command, worker.claimed)
        if isinstance(command, c.RecordSent):
            _check_cost_was_read(worker, self.row, command)
        check_move(self.row.state, changes.get("state", self.row.state))
        due_at = self._due(command)
        quantity = self.quantity
        if isinstance(command, c.RecordOrder):
            quantity = command.order.quantity
        is_asked = self.is_new_cart_asked or isinstance(command, c.RecordAbsence)
        row = replace(self.row, **changes)
        after = replace(self, row=row, due_at=due_at, quantity=quantity)
        return replace(after, is_new_cart_asked=is_asked), True

    def _due(self, command):
        if not hasattr(command, "again_in"):
            return self.due_at
        return None if command.again_in is None else self.now + dt.timedelta(0, command.again_in)

    def _start_new_generation(self):
        promise(holds=self.row.order_id is None, what="a purchase with an order was given up")
        generation = self.generation + 1
        own_ref = f"{WANTED.own_ref}-{generation}"
        row = fresh_row(replace(self.row.wanted, own_ref=own_ref))
        return replace(
            self,
            row=row,
            due_at=self.now,
            generation=generation,
            is_new_cart_asked=False,
            is_new_cart_agreed=False,
        )

    def _changes(self, command, claimed):  # noqa: PLR0911  # one for each record
        """What the services write for each record."""
        row = self.row
        match command:
            case c.RecordCart(cart_id):
                promise(holds=row.cart_id is None, what="a cart was written twice")
                return {"cart_id": cart_id, "state": PurchaseState.CART_READY}
            case c.RecordCartUpdated():
                return {"cart_is_stale": False}
            case c.RecordCartGone():
                return {"cart_gone_at": row.cart_gone_at or self.now}
            case c.RecordSent():
                return self._sent(row)
            case c.RecordOrder(order):
                known = row.order_id in {None, order.order_id}
                promise(holds=known, what="an order was written over another")
                return {
                    "order_id": order.order_id,
                    "state": PurchaseState.ORDERED,
                    "checkout_is_open": False,
                }
            case c.RecordSynchronized():
                return {"state": PurchaseState.SYNCHRONIZED, "attempts": row.attempts + 1}
            case c.RecordStillOpen() | c.RecordAbsence():
                return {"attempts": row.attempts + 1}
        return self._setback(command, claimed)

    def _sent(self, row):
        promise(holds=row.cart_id is not None, what="sent without a committed cart")
        is_ready = row.state is PurchaseState.CART_READY
        return {
            "state": PurchaseState.CHECKOUT_SENT if is_ready else row.state,
            "checkout_first_sent_at": row.checkout_first_sent_at or self.now,
            "checkout_last_sent_at": self.now,
            "checkout_is_open": True,
            "cart_gone_at": None,
        }

    def _setback(self, command, claimed):
        is_failed = isinstance(command, c.RecordFailed)
        changes = {"state": PurchaseState.FAILED if is_failed else command.state}
        if not is_failed:
            changes["attempts"] = self.row.attempts + 1
        if command.answered_checkout:
            changes["checkout_is_open"] = claimed.checkout_is_open
        return changes

    # ------------------------------------------------------------------ people

    def save(self, quantity=None):
        """Edit and save: what failed is tried again, what is under way is woken."""
        row = self.row
        if row.state is not PurchaseState.FAILED:
            return replace(self, due_at=self.now)
        has_cart = row.cart_id is not None
        is_changed = quantity is not None and quantity < self.quantity
        wanted = replace(row.wanted, quantity=quantity if is_changed else self.quantity)
        row = replace(
            row,
            state=PurchaseState.CART_READY if has_cart else PurchaseState.QUEUED,
            wanted=wanted,
            cart_is_stale=row.cart_is_stale or (has_cart and wanted != row.wanted),
        )
        return replace(
            self, row=row, fence=self.fence + 1, due_at=self.now, quantity=wanted.quantity
        )

    def agree(self):
        """Two people allow a new cart, if they were asked."""
        if not self.is_new_cart_asked:
            return self
        return replace(self, is_new_cart_agreed=True, due_at=self.now)

    def wait(self, minutes):
        return replace(self, now=self.now + dt.timedelta(minutes=minutes))

    def at(self, now):
        return replace(self, now=now)

    # ------------------------------------------------------------------ around

    def with_provider(self, provider):
        return replace(self, provider=provider)

    def switched(self, *, is_on):
        """Provisioning off: nobody claims; who works already goes on."""
        return replace(self, is_enabled=is_on)
