"""Replay one schedule: `python -m tests.support.purchase_sim 4711`, or its moves in one string.

Prints each move, what the worker was at, and the row after it; a schedule that breaks a promise
is first shortened to the moves that it needs.
"""

import sys

from tests.support.purchase_sim.moves import make
from tests.support.purchase_sim.schedules import as_moves, as_text, replay, run, shorten
from tests.support.purchase_sim.world import ViolationError, World


def main(arguments):
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    wish = arguments[0]
    found = run(int(wish)) if wish.isdigit() else replay(as_moves(wish))
    moves = shorten(found.moves, found.broken) if found.broken else found.moves
    _show(moves)
    _say(f"moves: {as_text(moves)}")
    _say(f"broken: {found.broken}" if found.broken else f"end: {found.world.row.state}")
    return 1 if found.broken else 0


def _show(moves):
    world = World()
    for move in moves:
        at = world.workers[move[1]].command if move[0] == "go" else ""
        try:
            world = make(world, move)
        except ViolationError as broken:
            _say(f"{as_text([move]):24} {type(at).__name__ if at else '':20} {broken}")
            return
        row = f"{world.row.state} cart={world.row.cart_id} order={world.row.order_id}"
        _say(f"{as_text([move]):24} {type(at).__name__ if at else '':20} {row}")


def _say(text):
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
