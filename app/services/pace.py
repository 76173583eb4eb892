"""How fast we may ask Microsoft: a call waits for its turn."""

import threading
import time


class Pace:
    """At most so many calls in any minute, evenly spread; safe between threads."""

    def __init__(self, per_minute: float) -> None:
        self._gap = 60.0 / per_minute
        self._lock = threading.Lock()
        self._next_at = 0.0

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next_at)
            self._next_at = turn + self._gap
        time.sleep(turn - now)
