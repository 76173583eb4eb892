"""Requests whose effect comes long after the caller lost patience."""

import threading
from collections.abc import Callable

from sandbox.storage import Storage


class LateEffects:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._generation = 0

    def schedule(self, seconds: float, effect: Callable[[], None]) -> None:
        """Runs the effect after so many real seconds, unless everything was forgotten before."""
        generation = self._generation

        def run() -> None:
            with self._storage.transaction():
                if generation == self._generation:
                    effect()

        timer = threading.Timer(seconds, run)
        timer.daemon = True
        timer.start()

    def forget(self) -> None:
        with self._storage.transaction():
            self._generation += 1
