"""The world as something that a state machine drives; the database is a value here."""

from dataclasses import replace

from tests.support.purchase_sim import moves
from tests.support.purchase_sim.world import World


class MemoryBench:
    """What `StoredBench` does against PostgreSQL."""

    def __init__(self):
        self.world = World()
        self.is_restored = False
        self._backup = self._newest = self.world
        self._min_epoch = 1

    def workers(self):
        """What each worker is at, by a name that stays."""
        return {worker.fence: worker.command for worker in self.world.workers}

    def claim(self, epoch):
        if self.is_restored or epoch < self._min_epoch or not self.world.can_claim:
            return False
        self._make("claim")
        return True

    def go(self, name, roll):
        number = self._number(name)
        ways = moves.steps_of(self.world, number)
        self._make("go", number, way_of(ways, roll))

    def crash(self, name):
        self._make("crash", self._number(name))

    def _number(self, name):
        return list(self.workers()).index(name)

    def _make(self, *move):
        self.world = moves.make(self.world, move)

    def save(self, quantity):
        self._make("save", quantity)

    def wait(self, minutes):
        self._make("wait", minutes)

    def network(self, word, number):
        if number < len(self.world.provider.under_way):
            self._make(word, number)

    def agree(self):
        self._make("agree")

    def switch(self, *, is_on):
        self._make("switch", is_on)

    def bump_epoch(self):
        self._min_epoch += 1
        return self._min_epoch

    def flush_bells(self):
        """Nobody relies on them: a claim may come at any time."""

    def expire(self):
        """What is not synchronized does not expire, what is is not claimed for buying."""

    def back_up(self):
        self._backup = self.world

    def restore(self):
        """An older database, and every process of before is gone."""
        self._newest = self.world
        provider, now = self.world.provider, self.world.now
        self.world = replace(self._backup, workers=(), provider=provider, now=now)
        self.is_restored = True

    def recover(self):
        """The newest rows are found after all."""
        provider, now = self.world.provider, self.world.now
        self.world = replace(self._newest, workers=(), provider=provider, now=now)
        self.is_restored = False

    def check(self):
        if not self.is_restored:
            moves.check(self.world)

    def finish(self):
        moves.check_end(moves.calm(self.world))


def way_of(ways, roll):
    """The first way for a low roll, so that what hypothesis makes simple goes well."""
    return ways[0] if roll < len(ways) else ways[roll % len(ways)]
