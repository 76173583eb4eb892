"""How many calls a minute Microsoft bears: who asks faster is told to wait."""

import threading
import time
from collections import deque


class Throttle:
    """Counts calls over a sliding window of real time; a refused call counts too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[float] = deque()

    def refuses(self, *, calls: int, seconds: float) -> bool:
        """Whether this call is one too many; 0 calls: nobody is refused."""
        if not calls:
            return False
        now = time.monotonic()
        with self._lock:
            while self._calls and self._calls[0] <= now - seconds:
                self._calls.popleft()
            self._calls.append(now)
            return len(self._calls) > calls
