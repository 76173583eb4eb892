"""How a purchase is made so that it happens exactly once: one step, without doing any I/O.

`purchase_step` yields commands and is sent their answers. Production drives it over HTTP and SQL,
tests drive it with whatever the world might answer. The rules it keeps:

- a cart costs nothing and its checkout is idempotent, so there is one cart for one wish, for ever;
- the cart id is committed before it is checked out, and "sent" before the money call leaves;
- silence is never a failure, a refusal never a reason for a new cart;
- a purchase that has an order is only read, never bought.
"""

import datetime as dt
from collections.abc import Generator
from dataclasses import replace

from app.domain.assets import AssetKind
from app.domain.purchase import PurchaseState
from app.domain.purchase_absence import prove_absence
from app.domain.purchase_asking import Step, ask, failure, trouble, was_sent
from app.domain.purchase_commands import (
    Answer,
    CartGone,
    CartSeen,
    CheckInventory,
    CheckOut,
    ClaimedPurchase,
    Command,
    CreateCart,
    Details,
    EnsureRegistered,
    FindOrder,
    Inventory,
    Item,
    Later,
    NoAccess,
    OrderSeen,
    ReadCart,
    ReadDetails,
    ReadOrder,
    RecordCart,
    RecordCartGone,
    RecordCartUpdated,
    RecordFailed,
    RecordOrder,
    RecordSent,
    RecordStillOpen,
    RecordSynchronized,
    RecordTrouble,
    Refused,
    Registration,
    ResolveItem,
    Silence,
    StartNewGeneration,
    UpdateCart,
)
from app.domain.purchase_matching import is_foreign, order_differs
from app.domain.purchase_waits import (
    DAY,
    FIRST_WAIT,
    LONGEST_WAIT,
    QUIET,
    REFRESH_TRIES,
    poll_wait,
    proof_left,
    quiet_left,
    refresh_wait,
    rest_left,
)

_EXPIRED = (
    "cart_expired",
    "The cart expired before Microsoft said whether it was bought.",
)
_PARKED = (
    "not_sent_again",
    "Microsoft never answered, and what was never answered is not sent again.",
)


def purchase_step(row: ClaimedPurchase) -> Step:
    """As far as it goes now. The last command recorded says when to come again."""
    if row.state is PurchaseState.SYNCHRONIZED:
        yield from _refresh(row)
    elif row.state is PurchaseState.ORDERED:
        yield from _follow_order(row, row.order_id or "")
    elif row.state is PurchaseState.FAILED:
        yield from _look_for_late_order(row)
    elif row.cart_id is None:
        yield from _start(row)
    else:
        yield from _go_on_with_cart(row, row.cart_id)


# ------------------------------------------------------------------------------ before money


def _start(row: ClaimedPurchase) -> Step:
    catalog_item_id = yield from _prepare(row)
    if catalog_item_id is None:
        return
    cart = yield from ask(row, CreateCart(catalog_item_id))
    if cart is None:
        return
    if problem := _cart_problem(row, cart, catalog_item_id):
        yield failure(row, *problem)
        return
    if isinstance(cart, CartSeen) and (yield RecordCart(cart.cart_id)):
        yield from _check_out(replace(row, state=PurchaseState.CART_READY), cart.cart_id)


def _prepare(row: ClaimedPurchase) -> Generator[Command, Answer | bool, str | None]:
    """The item at the price that was agreed, in stock, the plan registered; None: recorded why."""
    item = yield from _item_as_agreed(row)
    if item is None:
        return None
    if row.wanted.kind is AssetKind.RESERVATION and not (yield from _is_registered(row)):
        return None
    inventory = yield from ask(row, CheckInventory())
    if isinstance(inventory, Inventory) and inventory.is_restricted:
        yield failure(row, "not_available", inventory.reason)
    elif isinstance(inventory, Inventory):
        return item.catalog_item_id
    return None


def _item_as_agreed(row: ClaimedPurchase) -> Generator[Command, Answer | bool, Item | None]:
    """A cart shows no price, and may have waited for days: before money the cost is read again."""
    item = yield from ask(row, ResolveItem())
    if not isinstance(item, Item):
        return None
    if problem := _price_problem(row, item):
        yield failure(row, *problem)
        return None
    return item


def _is_registered(row: ClaimedPurchase) -> Generator[Command, Answer | bool, bool]:
    registration = yield from ask(row, EnsureRegistered())
    if not isinstance(registration, Registration):
        return False
    if not registration.is_registered:
        yield RecordStillOpen(poll_wait(row), {"waiting_for": "registration"})
    return registration.is_registered


def _price_problem(row: ClaimedPurchase, item: Item) -> tuple[str, str] | None:
    if item.cost is None:
        return "not_sold", "Microsoft does not list a price for this item any more."
    wanted = row.wanted
    if (item.cost, item.currency) != (wanted.cost, wanted.cost_currency):
        was, now = f"{wanted.cost} {wanted.cost_currency}", f"{item.cost} {item.currency}"
        return "price_changed", f"Microsoft's price changed from {was} to {now}."
    return None


def _cart_problem(
    row: ClaimedPurchase, cart: Answer, catalog_item_id: str
) -> tuple[str, str] | None:
    """The cart's own error, or where it differs from what was asked for: refuse before money."""
    if not isinstance(cart, CartSeen):
        return "no_cart", "Microsoft answered something that is not a cart."
    if cart.error_code:
        return cart.error_code, cart.error_message
    wanted = row.wanted
    differs = (
        cart.quantity != wanted.quantity
        or cart.catalog_item_id.casefold() != catalog_item_id.casefold()
        or (cart.term_duration or None) != wanted.term_duration
        or (cart.currency or wanted.cost_currency) != wanted.cost_currency
        or cart.friendly_name != wanted.own_ref
    )
    if differs:
        return "cart_differs", "Microsoft's cart holds something other than what was ordered."
    return None


# ----------------------------------------------------------------------------- with a cart


def _go_on_with_cart(row: ClaimedPurchase, cart_id: str) -> Step:
    """Come back to a committed cart: after a crash, a silence, or a person's edit and save."""
    seen = yield from ask(row, ReadCart(cart_id))
    if seen is None:
        return
    if isinstance(seen, CartGone):
        yield from _cart_is_gone(row)
    elif row.checkout_is_open and not row.resends_checkout:
        yield from _find_or_prove_absence(row, *_PARKED, is_gone=False)
    elif isinstance(seen, CartSeen) and row.cart_is_stale and not seen.is_ordered:
        yield from _change_cart(row, cart_id)
    elif isinstance(seen, CartSeen) and seen.is_ordered:
        yield from _check_out(row, cart_id, is_bought=True)
    elif row.state is not PurchaseState.CART_READY or (yield from _item_as_agreed(row)):
        yield from _check_out(row, cart_id)


def _change_cart(row: ClaimedPurchase, cart_id: str) -> Step:
    """Parameters changed after a refusal. An older send may still be on its way: wait it out."""
    wait = quiet_left(row)
    if wait > 0:
        yield RecordStillOpen(wait, {"waiting_for": "an earlier request to come to rest"})
        return
    catalog_item_id = yield from _prepare(row)
    if catalog_item_id is None:
        return
    changed = yield from ask(row, UpdateCart(cart_id, catalog_item_id))
    if changed is None:
        return
    seen = yield from ask(row, ReadCart(cart_id))
    if seen is None:
        return
    if problem := _cart_problem(row, seen, catalog_item_id):
        yield failure(row, *problem)
        return
    if (yield RecordCartUpdated()):
        yield from _check_out(row, cart_id)


def _check_out(row: ClaimedPurchase, cart_id: str, *, is_bought: bool = False) -> Step:
    if not (yield RecordSent(is_bought)):
        return
    row = _as_sent(row)
    answer = yield CheckOut(cart_id)
    if isinstance(answer, OrderSeen):
        yield from _take_order(row, answer)
    elif isinstance(answer, Refused):
        yield from _was_it_really_refused(row, cart_id, answer)
    elif isinstance(answer, Later | Silence | NoAccess):
        yield trouble(row, answer)


def _as_sent(row: ClaimedPurchase) -> ClaimedPurchase:
    is_ready = row.state is PurchaseState.CART_READY
    return replace(
        row,
        state=PurchaseState.CHECKOUT_SENT if is_ready else row.state,
        checkout_first_sent_at=row.checkout_first_sent_at or row.now,
        checkout_last_sent_at=row.now,
    )


def _was_it_really_refused(row: ClaimedPurchase, cart_id: str, refused: Refused) -> Step:
    """A refusal counts once the cart says that it was not ordered by another send.

    In a state that we do not know it may be: that is no answer to rely on.
    """
    cart = yield ReadCart(cart_id)
    if isinstance(cart, CartSeen) and cart.is_ordered:
        yield RecordTrouble(
            state=row.state,
            code=refused.code,
            message="The cart is ordered; asking for its order.",
            again_in=FIRST_WAIT,
            answered_checkout=True,
        )
    elif isinstance(cart, CartSeen) and not cart.is_active:
        yield trouble(row, Silence(refused.code, refused.message))
    elif isinstance(cart, CartSeen | CartGone):
        yield RecordFailed(
            refused.code,
            refused.message,
            answered_checkout=True,
            again_in=QUIET.total_seconds(),
        )
    elif isinstance(cart, Refused | Later | Silence | NoAccess):
        yield trouble(row, Silence(cart.code, cart.message))


def _take_order(row: ClaimedPurchase, order: OrderSeen) -> Step:
    if is_foreign(row, order):
        yield order_differs(PurchaseState.UNKNOWN if was_sent(row) else row.state)
    elif (yield RecordOrder(order)):
        yield from _follow_order(
            replace(row, state=PurchaseState.ORDERED, attempts=0), order.order_id
        )


def _cart_is_gone(row: ClaimedPurchase) -> Step:
    """Carts live seven days. Was it bought? Only a search can tell, and only after a while."""
    if row.checkout_first_sent_at is None:
        yield StartNewGeneration()  # never checked out: nothing can have been bought
    else:
        yield from _find_or_prove_absence(row, *_EXPIRED, is_gone=True)


def _find_or_prove_absence(row: ClaimedPurchase, code: str, message: str, *, is_gone: bool) -> Step:
    """The cart cannot be sent again. Its order is taken over; else look for proof of none."""
    found = yield from ask(row, FindOrder())
    if isinstance(found, OrderSeen):
        yield from _adopt(row, found)
    elif found is not None and row.state is PurchaseState.CHECKOUT_SENT:
        yield RecordTrouble(
            state=PurchaseState.UNKNOWN,
            code=code,
            message=message,
            again_in=max(FIRST_WAIT, rest_left(row)),
        )
    elif found is not None and is_gone and (wait := proof_left(row)) > 0:
        yield RecordCartGone(wait)
    elif found is not None and (wait := rest_left(row)) > 0:
        yield RecordStillOpen(wait)
    elif found is not None:
        yield from prove_absence(row, row.checkout_first_sent_at or row.now)


def _adopt(row: ClaimedPurchase, order: OrderSeen) -> Step:
    """An earlier send had arrived after all. The graph leads there from failed, not from a cart."""
    if row.state is PurchaseState.CART_READY:
        late = "An earlier request was carried out after all; its order is taken over."
        if not (yield RecordFailed("late_order", late, answered_checkout=True, again_in=0.0)):
            return
        row = replace(row, state=PurchaseState.FAILED)
    yield from _take_order(row, order)


def _look_for_late_order(row: ClaimedPurchase) -> Step:
    """A refused purchase whose earlier send may have arrived after all: adopt, never forget.

    The cart says at once that it is ordered; the list shows the order up to 15 minutes later. A
    customer who left us is no longer shown at all, and is asked for as rarely.
    """
    cart = yield ReadCart(row.cart_id or "")
    if isinstance(cart, Later | Silence | NoAccess):
        yield trouble(row, cart)
        return
    found = yield FindOrder()
    if isinstance(found, Later | Silence | NoAccess):
        yield trouble(row, found)
    elif isinstance(found, OrderSeen):
        yield from _take_order(row, found)
    elif isinstance(cart, CartSeen) and cart.is_ordered:
        yield RecordStillOpen(LONGEST_WAIT, {"waiting_for": "the list to show the cart's order"})
    else:
        first = row.checkout_first_sent_at
        is_old = first is None or row.now - first > dt.timedelta(days=8)
        yield RecordStillOpen(None if is_old else DAY)


# -------------------------------------------------------------------------- with an order


def _follow_order(row: ClaimedPurchase, order_id: str) -> Step:
    order = yield from ask(row, ReadOrder(order_id), keeps_state=True)
    if not isinstance(order, OrderSeen):
        return
    if order.status == "cancelled" or order.quantity == 0:
        yield RecordFailed(
            "order_cancelled", "Microsoft cancelled the order.", answered_checkout=True
        )
        return
    if order.status != "completed":
        yield RecordStillOpen(poll_wait(row), {"order_status": order.status})
        return
    details = yield from ask(row, ReadDetails(order_id), keeps_state=True)
    if not isinstance(details, Details):
        return
    if details.is_fulfilled:
        yield RecordSynchronized(details, refresh_wait(details, 0))
    else:
        yield RecordStillOpen(poll_wait(row), {"waiting_for": "fulfilment"})


def _refresh(row: ClaimedPurchase) -> Step:
    """Read again what is bought already; never anything else.

    What Microsoft will not tell is left to the nightly refresh, and to people.
    """
    answer = yield ReadDetails(row.order_id or "")
    if isinstance(answer, Details):
        yield RecordSynchronized(answer, refresh_wait(answer, row.attempts))
    elif isinstance(answer, Refused | Later | Silence | NoAccess):
        again = trouble(row, answer)
        is_given_up = isinstance(answer, Refused) or row.attempts >= REFRESH_TRIES
        yield replace(again, again_in=None) if is_given_up else again
