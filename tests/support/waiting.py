"""Waiting for another process: ask again and again until it is so, or fail saying what was not."""

import threading
import time

_PAUSE = threading.Event()


def wait_until(condition, *, seconds=60, what="it"):
    """The first true answer of `condition`; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        _PAUSE.wait(0.05)
    raise AssertionError(f"{what} did not happen within {seconds} s")
