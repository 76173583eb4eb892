"""What people, workers, the provider and the operators may do, as rules that hypothesis shrinks."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.purchase_sim.moves import MOST_WORKERS, QUANTITIES, WAITS

_OLD = 1
_ROLLS = st.integers(0, 30)
_WORKERS = st.integers(0, MOST_WORKERS - 1)


class PurchaseMachine(RuleBasedStateMachine):
    """`make_bench` is what the rules drive: a world in memory, or rows in PostgreSQL."""

    make_bench = None

    @initialize()
    def begin(self):
        self.bench = type(self).make_bench()
        self.epoch = _OLD
        self.frozen = set()

    def thawed(self):
        return [name for name in self.bench.workers() if name not in self.frozen]

    # ----------------------------------------------------------------- workers

    @rule()
    def wake(self):
        """The bell, the dispatcher, the end of a lease: a worker of the newest deploy claims."""
        if len(self.bench.workers()) < MOST_WORKERS:
            was_claimed = self.bench.claim(self.epoch)
            assert not (was_claimed and self.bench.is_restored), "claimed in a restored database"

    @precondition(lambda self: self.epoch > _OLD)
    @rule()
    def wake_a_worker_of_an_old_deploy(self):
        assert not self.bench.claim(_OLD), "an old worker claimed"

    @rule(number=_WORKERS, roll=_ROLLS)
    def step(self, number, roll):
        names = self.thawed()
        if names:
            self.bench.go(names[number % len(names)], roll)

    @rule(number=_WORKERS, rolls=st.lists(_ROLLS, min_size=2, max_size=8))
    def steps(self, number, rolls):
        for roll in rolls:
            self.step(number, roll)

    @rule(number=_WORKERS)
    def crash(self, number):
        names = list(self.bench.workers())
        if names:
            self.bench.crash(names[number % len(names)])

    @rule(number=_WORKERS)
    def freeze(self, number):
        names = self.thawed()
        if names:
            self.frozen.add(names[number % len(names)])

    @rule()
    def thaw(self):
        self.frozen.clear()

    # ------------------------------------------------------- provider and people

    @rule(word=st.sampled_from(["arrive", "double", "vanish"]), number=st.integers(0, 2))
    def network(self, word, number):
        self.bench.network(word, number)

    @rule(quantity=st.sampled_from(QUANTITIES))
    def save(self, quantity):
        self.bench.save(quantity)

    @rule(quantity=st.sampled_from(QUANTITIES))
    def save_twice(self, quantity):
        self.bench.save(quantity)
        self.bench.save(quantity)

    @rule()
    def approve(self):
        self.bench.agree()

    @rule(minutes=st.sampled_from(WAITS))
    def advance_the_clock(self, minutes):
        self.bench.wait(minutes)

    # ---------------------------------------------------------------- operators

    @rule(is_on=st.booleans())
    def switch(self, is_on):
        if not self.bench.is_restored:
            self.bench.switch(is_on=is_on)

    @rule()
    def bump_the_epoch(self):
        self.epoch = self.bench.bump_epoch()

    @rule()
    def flush_redis(self):
        self.bench.flush_bells()

    @rule()
    def expire(self):
        self.bench.expire()

    @precondition(lambda self: not self.bench.is_restored)
    @rule()
    def back_up(self):
        self.bench.back_up()

    @precondition(lambda self: not self.bench.is_restored)
    @rule()
    def restore(self):
        self.frozen.clear()
        self.bench.restore()

    @precondition(lambda self: self.bench.is_restored)
    @rule()
    def recover(self):
        self.bench.recover()

    # ----------------------------------------------------------------- promises

    @invariant()
    def never_twice_and_never_lost(self):
        self.bench.check()

    def teardown(self):
        if hasattr(self, "bench"):
            if self.bench.is_restored:
                self.bench.recover()
            self.bench.finish()


def run_machine(bench, *, examples, steps):
    """So many examples of so many rules each; hypothesis prints the shortest failing one."""
    machine = type("Machine", (PurchaseMachine,), {"make_bench": staticmethod(bench)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
        ),
    )
