"""What the drills share: a system of their own, people who buy, promises said one by one."""

import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.chaos import books
from tests.chaos.buyers import Load, draw_wishes
from tests.chaos.crew import Crew
from tests.chaos.plan import Plan
from tests.chaos.servers import ChaosServers
from tests.e2e.people import ADMIN, PASSWORD
from tests.support.nursery import Nursery
from tests.support.person import Person, answers
from tests.support.sandbox import Sandbox
from tests.support.waiting import wait_until

_FINAL = {"synchronized", "abandoned"}


class Drill:
    """`run()` in the main thread; processes and data are gone when it answers.

    `found`: (what must hold, whether it does, what was seen), one after the other.
    """

    def __init__(self, *, purchases, seed, folder):
        self.plan = Plan(purchases=purchases, seed=seed, least_hits=0, kills=0, folder=folder)
        self.found = []

    @property
    def is_green(self):
        return all(holds for _, holds, _ in self.found)

    def must(self, promise, *, holds, seen):
        self.found.append((promise, bool(holds), str(seen)))
        sys.stdout.write(f"{'green' if holds else 'RED  '} {promise}: {seen}\n")
        sys.stdout.flush()

    def run(self):
        shutil.rmtree(self.plan.folder, ignore_errors=True)
        self.plan.folder.mkdir(parents=True)
        with ExitStack() as stack:
            self._set_up(stack)
            self.go()
            self.crew.stop()
        return self

    def go(self):
        """The drill itself."""
        raise NotImplementedError

    def _set_up(self, stack):
        self.state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-")))
        self.servers = stack.enter_context(ChaosServers(self.state))
        self.servers.run("migrate")
        self.servers.run("load-demo")
        self.url = self.servers.psycopg_url
        self.sandbox = Sandbox(self.servers.settings.sandbox_url, self.state)
        self.sandbox.change(provisioning_step_seconds=0)
        nursery = stack.enter_context(Nursery())
        self.crew = Crew(plan=self.plan, servers=self.servers, lines=None, nursery=nursery)
        self.began = books.begin(self.sandbox, self.url)
        self.crew.start_all()
        wait_until(lambda: answers(self.crew.url), seconds=60, what="the web process to serve")
        self.staff = Person(self.crew.url, ADMIN, PASSWORD)
        self.wishes = draw_wishes(self.plan, self.url)

    def buy(self, wishes):
        """Until every one of them is synchronized."""
        load = Load(self.plan, self.crew.url, wishes)
        load.start()
        while not (load.is_done and self.is_final()):
            self.crew.look_after()
            time.sleep(0.2)
        self.must(
            "everything that was bought is synchronized",
            holds=all(result.acknowledged_at for result in load.results),
            seen=f"{len(load.results)} bought",
        )

    def is_final(self):
        return set(books.states(self.url, self.began)) <= _FINAL

    def look_after_until(self, condition, *, seconds, what):
        def looked_after():
            self.crew.look_after()
            return condition()

        wait_until(looked_after, seconds=seconds, what=what)

    def books(self):
        return books.read_books(self.sandbox, self.url, self.began)


def asked_for(drill, *, each, folder):
    """The exit code of the drill, as EACH, SEED and OUT want it."""
    done = drill(
        int(os.environ.get("EACH") or each),
        int(os.environ.get("SEED") or 1),
        Path(os.environ.get("OUT") or f"test-results/{folder}"),
    ).run()
    return 0 if done.is_green else 1
