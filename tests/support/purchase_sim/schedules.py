"""Seeded schedules: a stormy while of random moves, then the calm. The same seed, the same run."""

import random
from dataclasses import dataclass

from app.domain.purchase import PurchaseState
from tests.support.purchase_sim.moves import (
    MOST_WORKERS,
    QUANTITIES,
    WAITS,
    calm,
    check_end,
    make,
    steps_of,
)
from tests.support.purchase_sim.world import ViolationError, World

MOVES = 120
# out of 100; what cannot be done just now is drawn again as a step
_CLAIM, _CRASH, _ARRIVE, _SAVE, _WAIT, _SWITCH = 22, 5, 7, 7, 6, 1


@dataclass(frozen=True)
class Run:
    """A schedule that was run: its moves, the world at its end, the promise broken or ""."""

    moves: tuple
    world: World
    broken: str


def run(seed, moves=MOVES):
    """The schedule of this seed."""
    dice = random.Random(seed)  # noqa: S311  # a schedule, not a secret
    # each seed has weather of its own: from nearly calm to nothing but faults
    fair = dice.choice((30, 60, 80, 95))
    return play(lambda world: _draw(dice, world, fair), moves)


def replay(moves):
    """A schedule move by move."""
    left = iter(moves)
    return play(lambda _world: next(left), len(moves))


def as_text(moves):
    """A schedule as one string, for `python -m tests.support.purchase_sim`."""
    return "; ".join(" ".join(str(part) for part in move) for move in moves)


def as_moves(text):
    """What `as_text` wrote."""
    return tuple(tuple(_as_part(part) for part in move.split(" ")) for move in text.split("; "))


def _as_part(text):
    words = {"None": None, "True": True, "False": False}
    return words[text] if text in words else int(text) if text.isdigit() else text


def play(draw, count):
    world, made = World(), []
    try:
        for _ in range(count):
            move = draw(world)
            if move is None:
                break
            made.append(move)
            world = make(world, move)
        end = calm(world)
        check_end(end)
    except ViolationError as broken:
        return Run(tuple(made), world, str(broken))
    return Run(tuple(made), end, "")


def shorten(moves, broken):
    """Leave out what is not needed for the same promise to break."""
    size = len(moves) // 2
    while size:
        start = 0
        while start < len(moves):
            fewer = moves[:start] + moves[start + size :]
            if _breaks(fewer, broken):
                moves = fewer
            else:
                start += size
        size //= 2
    return moves


def _breaks(moves, broken):
    try:
        return replay(moves).broken == broken
    except (IndexError, AttributeError, KeyError):
        return False  # a move that makes no sense here


def _draw(dice, world, fair):
    """The next move; None where nothing can go wrong any more."""
    if is_over(world):
        return None
    roll = dice.randrange(100)
    for share, kind in (
        (_CLAIM, _claim),
        (_CRASH, _crash),
        (_ARRIVE, _arrive),
        (_SAVE, _save),
        (_WAIT, _wait),
        (_SWITCH, _switch),
    ):
        if roll < share:
            return kind(dice, world) or _step(dice, world, fair)
        roll -= share
    return _step(dice, world, fair)


def is_over(world):
    is_idle = not world.workers and not world.provider.under_way
    return is_idle and world.row.state is PurchaseState.SYNCHRONIZED


def _step(dice, world, fair):
    return _go(dice, world, fair) or _claim(dice, world) or _save(dice, world)


def _claim(_dice, world):
    if world.can_claim and len(world.workers) < MOST_WORKERS:
        return ("claim",)
    return None


def _go(dice, world, fair):
    if not world.workers:
        return None
    number = dice.randrange(len(world.workers))
    ways = steps_of(world, number)
    if len(ways) == 1:
        return ("go", number, ways[0])
    is_fine = dice.randrange(100) < fair
    return ("go", number, ways[0] if is_fine else dice.choice(ways[1:]))


def _crash(dice, world):
    return ("crash", dice.randrange(len(world.workers))) if world.workers else None


def _arrive(dice, world):
    if not world.provider.under_way:
        return None
    word = dice.choice(("arrive", "arrive", "double", "vanish"))
    return (word, dice.randrange(len(world.provider.under_way)))


def _save(dice, world):
    if world.is_new_cart_asked and not world.is_new_cart_agreed:
        return ("agree",)
    return ("save", dice.choice(QUANTITIES))


def _wait(dice, _world):
    return ("wait", dice.choice(WAITS))


def _switch(_dice, world):
    return ("switch", not world.is_enabled)
