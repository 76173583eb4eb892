"""One line on the screen while a run goes on."""

import sys
import time


class Display:
    def __init__(self, chaos):
        self._chaos = chaos
        self._began = time.monotonic()
        self._is_screen = sys.stderr.isatty()
        self._said_at = 0.0

    def show(self, states):
        """On a screen the same line again; else a line every ten seconds."""
        chaos = self._chaos
        if chaos.plan.is_quiet:
            return
        now = time.monotonic()
        hits = sum(chaos.crew.hits_of_all().values())
        words = (
            f"{now - self._began:5.0f} s  mode {chaos.plan.mode}  seed {chaos.plan.seed}"
            f"  wishes {chaos.load.started}/{chaos.plan.purchases}  {_words(states)}"
            f"  kills {chaos.disruptions.kills}  frozen {chaos.disruptions.zombies}"
            f"  hits {hits}  faults {chaos.disruptions.faults}  saved {chaos.staff.saved}"
            f"  epoch {chaos.crew.epoch}"
        )
        if self._is_screen:
            sys.stderr.write(f"\r\033[K{words}")
        elif now - self._said_at >= 10:
            self._said_at = now
            sys.stderr.write(f"{words}\n")
        sys.stderr.flush()


def _words(states):
    return " ".join(f"{state} {number}" for state, number in sorted(states.items()))
