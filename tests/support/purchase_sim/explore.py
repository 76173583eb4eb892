"""Every schedule there is, within limits: not one left out.

Two schedules that lead to the same world go on alike, so a world is explored once and the
schedules through it are counted. The counts are the proof of completeness: they are the same in
every run, and change only with the protocol, the world or the limits.
"""

from dataclasses import dataclass, replace

from app.domain import purchase_commands as c
from tests.support.purchase_sim.moves import MOST_WORKERS, calm, check_end, make, steps_of
from tests.support.purchase_sim.world import ViolationError, World


@dataclass(frozen=True, slots=True)
class Limits:
    """What may still happen, whoever does it."""

    claims: int = 3
    crashes: int = 2
    late: int = 1
    saves: tuple[int | None, ...] = (None,)  # each once, in this order
    waits: tuple[int, ...] = (31,)  # minutes, each once, in this order


@dataclass(frozen=True)
class Explored:
    worlds: int
    moves: int
    schedules: int
    longest: int


class ExhaustionError(AssertionError):
    """A promise was broken: `moves` lead there."""

    def __init__(self, broken, moves):
        super().__init__(broken)
        self.moves = moves


def explore(limits, start=None):
    """Count all schedules from `start` on; raises ExhaustionError at the first broken promise."""
    seen = {}
    calmed = set()
    moves = 0
    first = (start or World(), limits)
    path = []  # of (node, what is left to try, schedules so far, longest so far, move)
    _enter(first, path, None, calmed)
    while True:
        frame = path[-1]
        step = next(frame.left, None)
        if step is not None:
            moves += 1
            move, node = _make(step, frame, path)
            if node in seen:
                frame.add(*seen[node])
            else:
                _enter(node, path, move, calmed)
            continue
        path.pop()
        result = frame.result()
        seen[frame.node] = result
        if not path:
            return Explored(len(seen), moves, *result)
        path[-1].add(*result)


class _Frame:
    __slots__ = ("left", "longest", "move", "node", "schedules")

    def __init__(self, node, move):
        self.node, self.move = node, move
        self.left = iter(list(_moves(*node)))
        self.schedules = self.longest = 0

    def add(self, schedules, longest):
        self.schedules += schedules
        self.longest = max(self.longest, longest + 1)

    def result(self):
        return (self.schedules or 1, self.longest)


def _enter(node, path, move, calmed):
    """A world that nobody was in before: whatever follows, from here it can come to rest."""
    path.append(_Frame(node, move))
    world, _ = node
    at_rest = replace(world, workers=())
    if at_rest not in calmed:
        calmed.add(at_rest)
        try:
            check_end(calm(at_rest))
        except ViolationError as broken:
            raise ExhaustionError(str(broken), _moves_of(path)) from broken


def _make(step, frame, path):
    move, limits = step
    try:
        return move, (_plain(make(frame.node[0], move)), limits)
    except ViolationError as broken:
        raise ExhaustionError(str(broken), (*_moves_of(path), move)) from broken


def _moves_of(path):
    return tuple(frame.move for frame in path if frame.move is not None)


def _plain(world):
    """What makes no difference is left out.

    How often something was tried only makes waits longer, and here a claim may come at any time.
    Who was overtaken writes nothing more, and stops before its next call: it matters only while
    the call that it is at changes something at the provider.
    """
    workers = tuple(w for w in world.workers if w.fence == world.fence or _changes_things(w))
    due_at = None if world.due_at is None else world.now
    if (workers, due_at, 0) == (world.workers, world.due_at, world.row.attempts):
        return world
    return replace(world, workers=workers, due_at=due_at, row=replace(world.row, attempts=0))


def _changes_things(worker):
    return isinstance(worker.command, c.CreateCart | c.UpdateCart | c.CheckOut)


def _moves(world, limits):
    """All that can happen next, with what is left of the limits after it."""
    if limits.claims and world.can_claim and len(world.workers) < MOST_WORKERS:
        yield ("claim",), replace(limits, claims=limits.claims - 1)
    for number in range(len(world.workers)):
        for how in steps_of(world, number):
            is_late = how == "late"
            if not is_late or limits.late:
                yield ("go", number, how), replace(limits, late=limits.late - is_late)
        if limits.crashes:
            yield ("crash", number), replace(limits, crashes=limits.crashes - 1)
    for number in range(len(world.provider.under_way)):
        yield ("arrive", number), limits
        yield ("vanish", number), limits
    if world.is_new_cart_asked and not world.is_new_cart_agreed:
        yield ("agree",), limits
    if limits.saves:
        yield ("save", limits.saves[0]), replace(limits, saves=limits.saves[1:])
    if limits.waits:
        yield ("wait", limits.waits[0]), replace(limits, waits=limits.waits[1:])
