"""Waiting for what no page shows."""

import threading
import time

_PAUSE = threading.Event()  # never set: its wait is a pause between two looks


def eventually(look, *, seconds=20):
    """The first answer of `look` that is true; fails when none is within so many seconds."""
    give_up_at = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < give_up_at, f"Still {seen!r} after {seconds} seconds."
        _PAUSE.wait(0.05)
    return seen
