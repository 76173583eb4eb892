"""One run from beginning to end: start, load and break, calm down, compare, report."""

import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from app.domain.purchase import PurchaseState
from tests.chaos import books, invariants
from tests.chaos.buyers import Load, Staff, draw_wishes
from tests.chaos.crew import Crew
from tests.chaos.display import Display
from tests.chaos.disruptions import Disruptions
from tests.chaos.proxy import Lines
from tests.chaos.servers import ChaosServers
from tests.support.nursery import Nursery
from tests.support.person import answers
from tests.support.sandbox import Sandbox
from tests.support.waiting import wait_until

_TICK_SECONDS = 0.05
_LOOK_SECONDS = 1.0
_ALERT_SECONDS = 30.0  # several rounds of whoever keeps the alerts
_FROZEN_SECONDS = 1.0  # no sound process idles so long in a transaction
_NEARLY_ALL = 0.95  # the last few are for the calm
_SANDBOX = {
    "list_lag_seconds": 3,
    "order_pending_seconds": 0.5,
    "subscription_id_delay_seconds": 0.5,
    "provisioning_step_seconds": 0.2,
    "retry_after_seconds": 2,
}


class RunFailedError(Exception):
    """The run did not come to its end: its figures would say nothing."""


@dataclass
class Run:
    """What came of it. `verdicts` are in order I1 to I12, then alerts and coverage."""

    plan: object
    books: object
    results: list
    events: list
    notes: dict = field(default_factory=dict)
    verdicts: list = field(default_factory=list)

    @property
    def is_green(self):
        return not any(verdict.broken for verdict in self.verdicts)


class Chaos:
    """`Chaos(plan).run()` in the main thread; processes and data are gone when it answers."""

    def __init__(self, plan):
        self.plan = plan
        self.notes = dict.fromkeys(("longest_lock", "longest_frozen_lock", "longest_idle"), 0.0)
        self._stack = ExitStack()
        self._look_at = 0.0
        self._settled = 0
        self._frozen_at = float("-inf")

    def run(self):
        shutil.rmtree(self.plan.folder, ignore_errors=True)
        self.plan.folder.mkdir(parents=True)
        began = time.monotonic()
        with self._stack as stack:
            self._set_up(stack)
            self.notes["setup_seconds"] = time.monotonic() - began
            self._break_while_they_buy()
            self._calm_down()
            self.notes["left"] = self.crew.stop()
            return self._compared()

    def _set_up(self, stack):
        plan = self.plan
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        self.servers = stack.enter_context(ChaosServers(state))
        self.servers.run("migrate")
        self.servers.run("load-demo")
        url = f"https://127.0.0.1:{self.servers.settings.sandbox_port}"
        self.sandbox = Sandbox(url, state)
        self.sandbox.change(mode=plan.mode, **_SANDBOX)
        self.notes["retry_after"] = _SANDBOX["retry_after_seconds"]
        self.lines = stack.enter_context(Lines(**self.servers.ports))
        nursery = stack.enter_context(Nursery())
        self.crew = Crew(plan=plan, servers=self.servers, lines=self.lines, nursery=nursery)
        self.url = self.servers.psycopg_url
        if plan.mode == "C":
            self._park_what_is_not_answered()
        self.began = books.begin(self.sandbox, self.url)
        self.crew.start_all()
        wait_until(self._serves, seconds=60, what="the web process to serve")
        self.load = Load(plan, self.crew.url, draw_wishes(plan, self.url))
        self.crew.left = lambda: plan.purchases - self._settled
        self.staff = Staff(self.crew.url, self._failed)
        self.disruptions = Disruptions(plan, self.crew, self.servers, self.lines, self.sandbox)
        self.display = Display(self)

    def _park_what_is_not_answered(self):
        """Where a checkout may not be sent twice, people are told so beforehand: the switch."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("UPDATE control SET resends_checkout = false")

    def _serves(self):
        self.crew.look_after()
        return answers(self.crew.url)

    def _failed(self):
        try:
            return books.failed_assets(self.url, self.began)
        except psycopg.OperationalError:
            return []  # PostgreSQL is being broken

    def _break_while_they_buy(self):
        self.load.start()
        self.staff.start()
        give_up_at = time.monotonic() + self.plan.most_seconds
        while not self.load.is_done or self.disruptions.left:
            if time.monotonic() > give_up_at:
                raise RunFailedError(f"Not done within {self.plan.most_seconds} s.")
            self.disruptions.tick(self._share())
            self.crew.look_after()
            self._look()
            time.sleep(_TICK_SECONDS)

    def _share(self):
        """How far the run is: what people asked for counts, and more so what came of it."""
        done = 0.3 * self.load.started + 0.7 * self._settled
        return min(1.0, done / self.plan.purchases / _NEARLY_ALL)

    def _calm_down(self):
        """Nothing is broken from here on; how long until all is final?"""
        self.disruptions.finish()
        calm_at = time.monotonic()
        self.notes["load_seconds"] = calm_at - self.disruptions.began
        while not self._is_final() and time.monotonic() - calm_at < 3 * self.plan.final_seconds:
            self.crew.look_after()
            self._look()
            time.sleep(_TICK_SECONDS)
        self.notes["final_after"] = time.monotonic() - calm_at
        self._wait_for_an_alert()
        self.staff.leave()

    def _wait_for_an_alert(self):
        """Of what stays unknown; it may have been the last thing that happened."""
        give_up_at = time.monotonic() + _ALERT_SECONDS
        is_wanted = books.states(self.url, self.began)[PurchaseState.UNKNOWN]
        while is_wanted and time.monotonic() < give_up_at:
            self.crew.look_after()
            time.sleep(_TICK_SECONDS)
            is_wanted = not books.has_alert(self.url, "unknown")

    def _is_final(self):
        found = books.states(self.url, self.began)
        return sum(found.values()) == sum(found[state] for state in self._final_states())

    def _final_states(self):
        """In mode C what is unknown waits for people."""
        final = {PurchaseState.SYNCHRONIZED, PurchaseState.ABANDONED}
        return final | {PurchaseState.UNKNOWN} if self.plan.mode == "C" else final

    def _look(self):
        """Once a second: what waits in PostgreSQL, and the line on the screen."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _LOOK_SECONDS
        try:
            lock, idle = books.longest_waits(self.url)
            found = books.states(self.url, self.began)
        except psycopg.OperationalError:
            return  # it is being broken
        self._note_waits(lock, idle)
        self._settled = sum(found[state] for state in self._final_states())
        self.display.show(found)

    def _note_waits(self, lock, idle):
        """Whose waiting began while somebody was frozen in a transaction waited for that one, or
        for others who did."""
        now = time.monotonic()
        if idle >= _FROZEN_SECONDS:
            self._frozen_at = now
        name = "longest_frozen_lock" if now - self._frozen_at <= lock else "longest_lock"
        self.notes[name] = max(self.notes[name], lock)
        self.notes["longest_idle"] = max(self.notes["longest_idle"], idle)

    def _compared(self):
        self.notes |= {
            "hits": self.crew.hits(),
            "kills": self.disruptions.kills,
            "zombies": self.disruptions.zombies,
            "faults": self.disruptions.faults,
            "saved": self.staff.saved,
            "lines": {name: line.played for name, line in self.lines.items()},
            "audit_problem": self._audit_problem(),
        }
        found = books.read_books(self.sandbox, self.url, self.began)
        run = Run(self.plan, found, self.load.results, self.disruptions.events, self.notes)
        run.verdicts = invariants.check_all(run)
        return run

    def _audit_problem(self):
        """Empty where every hash of the audit log's chain can be made again."""
        try:
            self.servers.run("verify-audit")
        except RuntimeError as error:
            return str(error)
        return ""
