"""What can happen next in a world, and the promises that must hold after it.

A move is a tuple of a word and what it needs: ("go", 0, "lost"), ("save", 3), ("wait", 31).
"""

import datetime as dt

from app.domain import purchase_commands as c
from app.domain.purchase import PurchaseState
from tests.support.purchase_sim.provider import outcomes
from tests.support.purchase_sim.world import HELD_BACK, promise

WAITS = (1, 5, 5, 14, 14, 31, 31, 60 * 24 * 3, 60 * 24 * 7)  # minutes
QUANTITIES = (None, 4, 3)
MOST_WORKERS = 2
_GIVES_UP = dt.timedelta(days=60)


def make(world, move):
    """The world after the move; raises ViolationError where a promise is broken."""
    word, *what = move
    match word:
        case "claim":
            after = world.claim()
        case "go":
            after = world.go(*what)
        case "crash":
            after = world.crash(*what)
        case "save":
            after = world.save(*what)
        case "agree":
            after = world.agree()
        case "wait":
            after = world.wait(*what)
        case "switch":
            after = world.switched(is_on=what[0])
        case _:
            after = _of_provider(world, word, *what)
    check(after)
    return after


def _of_provider(world, word, number):
    provider = world.provider
    match word:
        case "arrive":
            changed = provider.arrive(number, world.now, stays=False)
        case "double":
            changed = provider.arrive(number, world.now, stays=True)
        case "vanish":
            changed = provider.vanish(number)
    return world.with_provider(changed)


def check(world):
    """The promises, at every moment."""
    row, orders = world.row, world.provider.orders
    promise(holds=len(orders) <= 1, what="bought twice")
    if orders and row.order_id is None:
        promise(holds=world.due_at is not None, what="bought, and nobody will look")
    if row.order_id is not None:
        order = world.provider.order(row.order_id)
        is_shown = order.is_cancelled or world.quantity == order.quantity
        promise(holds=is_shown, what="shows another quantity than bought")


def steps_of(world, number):
    """Each way the worker's next call can go; a record goes one way."""
    command = world.workers[number].command
    if isinstance(command, c.RecordSent):
        return ("", HELD_BACK)
    return ("",) if isinstance(command, c.Record) else outcomes(command)


def calm(world):
    """The faults stop, nobody saves: what is under way arrives, and what is due is done."""
    for number in reversed(range(len(world.workers))):
        world = world.crash(number)
    while world.provider.under_way:
        world = make(world, ("arrive", 0))
    world = world.switched(is_on=True)
    patience = world.now + _GIVES_UP
    while world.due_at is not None and max(world.now, world.due_at) < patience:
        world = world.at(max(world.now, world.due_at))
        world = make(world, ("claim",))
        while world.workers:
            world = make(world, ("go", 0, steps_of(world, 0)[0]))
        if world.row.state is PurchaseState.SYNCHRONIZED:
            break
    return world


def check_end(world):
    """What may be left after the calm: bought and known, or surely not bought and said so."""
    row, orders = world.row, world.provider.orders
    alive = [order for order in orders if not order.is_cancelled]
    match row.state:
        case PurchaseState.SYNCHRONIZED:
            promise(holds=len(orders) == 1, what="synchronized without an order")
            promise(holds=row.order_id == orders[0].id, what="another order than the one bought")
        case PurchaseState.FAILED:
            promise(holds=not alive, what="shown as failed, and bought")
        case PurchaseState.UNKNOWN:
            promise(holds=not orders, what="bought, and never found")
            gone = all(world.provider.is_gone(cart, world.now) for cart in world.provider.carts)
            promise(holds=gone, what="parked while the cart could still be asked")
        case _:
            promise(holds=False, what=f"never finished: {row.state}")
