"""How big a run is, read from the environment as `make chaos` gives it."""

import os
import random
from dataclasses import dataclass
from pathlib import Path

from app.failpoints import Point

# Carts live for seven days: only the tests of the failpoints see one expire.
UNREACHED = frozenset({Point.AFTER_CART_GONE})
_LEAST_CHANCE = 0.01


@dataclass(frozen=True, kw_only=True)
class Plan:
    purchases: int = 300
    kills: int = 60
    zombies: int = 6
    seed: int = 1
    mode: str = "A"
    faults: int = 15  # of a hundred purchases' calls, roughly
    persons: int = 6
    workers: int = 4
    lease_seconds: int = 5
    read_seconds: int = 3
    final_seconds: int = 60  # from the last fault until all must be final
    most_seconds: int = 3600  # a run that takes longer has failed
    least_hits: int = 3  # of every failpoint
    folder: Path = Path("test-results/chaos")
    is_quiet: bool = False

    @classmethod
    def from_env(cls, env=os.environ):
        """N, KILLS, ZOMBIES, SEED, MODE, FAULTS, PERSONS, WORKERS, HITS and OUT."""
        purchases = int(env.get("N") or cls.purchases)
        return cls(
            purchases=purchases,
            kills=int(env.get("KILLS") or purchases // 5),
            zombies=int(env.get("ZOMBIES") or purchases // 50),
            seed=int(env.get("SEED") or random.SystemRandom().randrange(1, 10**6)),
            mode=env.get("MODE") or cls.mode,
            faults=int(env.get("FAULTS") or cls.faults),
            persons=int(env.get("PERSONS") or cls.persons),
            workers=int(env.get("WORKERS") or cls.workers),
            least_hits=int(env.get("HITS") or (20 if purchases >= 1000 else 3)),
            folder=Path(env.get("OUT") or cls.folder),
        )

    @property
    def command(self):
        """What makes the same plan again, but for where it writes to."""
        wishes = {
            "N": self.purchases,
            "KILLS": self.kills,
            "ZOMBIES": self.zombies,
            "SEED": self.seed,
            "MODE": self.mode,
        }
        usual = self.from_env({name: str(wish) for name, wish in wishes.items()})
        rarer = {
            "FAULTS": "faults",
            "PERSONS": "persons",
            "WORKERS": "workers",
            "HITS": "least_hits",
        }
        for name, field in rarer.items():
            if getattr(self, field) != getattr(usual, field):
                wishes[name] = getattr(self, field)
        return " ".join(["make chaos", *(f"{name}={wish}" for name, wish in wishes.items())])

    def random(self, purpose):
        """Chances of one part of the run: parts do not disturb each other's sequence."""
        return random.Random(f"{self.seed}/{purpose}")  # noqa: S311  # a schedule, no secret

    def failpoints(self, action, *, hits, left):
        """Every point armed with this action, the likelier the more hits the run still needs.

        `hits` counts each point so far, `left` the purchases to come.
        """
        pause = f":seconds={self.lease_seconds + 1}" if action == "pause" else ""
        wishes = []
        for point in Point:
            need = max(0, 2 * self.least_hits + 2 - hits.get(point, 0))
            chance = min(0.06, max(_LEAST_CHANCE, 1.5 * need / max(left, 1)))
            wishes.append(f"{point}:{action}:p={chance:.4f}{pause}")
        return ",".join(wishes)
