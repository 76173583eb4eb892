"""What is broken, when: a schedule drawn from the seed, spread over the purchases of the run."""

import signal
import time
from dataclasses import dataclass

import psycopg

from tests.chaos.proxy import LineFault

# How often each kind of kill comes, relative to the others.
_KILLS = {
    "kill_worker": 26,
    "kill_worker_group": 10,
    "kill_dispatcher": 8,
    "kill_web_worker": 10,
    "kill_web": 3,
    "term_storm": 4,
    "kill_redis": 3,
    "terminate_backends": 6,
    "stop_postgresql": 3,
}
# Beside them: one for so many kills, and at least one.
_OTHERS = {"flush_redis": 12, "deploy": 25}
_LINES = {
    "postgresql": ("latency", "cut", "half_open", "black_hole", "lost_commit", "cut_commit"),
    "redis": ("latency", "cut", "half_open", "black_hole"),
    "provider": ("latency", "cut", "half_open", "black_hole"),
}
_PROVIDER_FAULTS = (
    ("checkout", ("drop_before", "drop_after", "status:500", "status_after:502", "truncated",
                  "garbage", "late:1", "late:6", "slow:4", "status:429", "status:503",
                  "status:400:800010", "order_errors", "status:401", "status:408")),
    ("create_cart", ("drop_before", "drop_after", "status:500", "truncated", "slow:4",
                     "status:429", "cart_line_error", "status:400:800010")),
    ("get_cart", ("drop_after", "status:503", "garbage", "status:429")),
    ("get_order", ("status:404", "status:500", "truncated", "unknown_state")),
    ("list_orders", ("status:500", "truncated")),
    ("entitlements", ("status:500", "garbage", "drop_before")),
    ("artifact", ("status:500", "unknown_state")),
    ("inventory", ("status:500", "status:429", "drop_before")),
    ("registration", ("status:500", "drop_after")),
    ("pricesheet", ("status:500", "truncated", "drop_before")),
    ("catalog", ("status:500", "status:429")),
    ("token", ("status:500", "drop_before")),
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    at: float  # seconds since the run began
    what: str
    whom: str = ""


class Disruptions:
    """Call `tick` often, from the main thread."""

    def __init__(self, plan, crew, servers, lines, sandbox):
        self.plan, self.crew, self.servers = plan, crew, servers
        self.lines, self.sandbox = lines, sandbox
        self.events = []
        self.kills = self.zombies = self.faults = 0
        self._chances = plan.random("disruptions")
        self.began = time.monotonic()
        self._owed_faults = 0.0
        self._schedule = self._drawn()
        self._drawn_events = len(self._schedule)
        self._postgresql_back_at = self._redis_back_at = self._end_old_at = 0.0

    def _drawn(self):
        """Each kind of kill once where there are so many, the rest by weight."""
        kinds, kills = list(_KILLS), self.plan.kills
        drawn = kinds[:] if kills >= len(kinds) else []
        drawn += self._chances.choices(kinds, list(_KILLS.values()), k=kills - len(drawn))
        if kills:
            for kind, share in _OTHERS.items():
                drawn += [kind] * max(1, kills // share)
        drawn += ["freeze"] * self.plan.zombies
        self._chances.shuffle(drawn)
        return drawn

    @property
    def left(self):
        return len(self._schedule)

    def tick(self, share):
        """As much as belongs to this share of the run, 0 to 1; the rest comes later."""
        self._bring_back()
        if self._schedule and self._drawn_events - self.left < share * self._drawn_events:
            self._break(self._schedule.pop())
        wanted = share * self.plan.purchases * self.plan.faults / 100 * 3
        while self.faults < wanted:
            self._plan_fault()

    def finish(self):
        """Nothing is broken any more, and nothing is left planned."""
        for line in self.lines.values():
            line.calm()
        self._bring_back(now=float("inf"))
        self.crew.calm()

    def _break(self, what):
        whom = getattr(self, f"_{what}")()
        if whom is None:
            self._schedule.insert(0, what)  # there was nobody to hurt just now
            return
        self.kills += what in _KILLS
        self.zombies += what == "freeze"
        self._note(what, whom)

    def _note(self, what, whom=""):
        self.events.append(Event(round(time.monotonic() - self.began, 3), what, whom))

    def _kill_worker(self):
        member = self._chances.choice(self.crew.of("worker"))
        return member.name if self.crew.kill(member) else None

    def _kill_worker_group(self):
        member = self._chances.choice(self.crew.of("worker"))
        return member.name if self.crew.kill_group(member) else None

    def _kill_dispatcher(self):
        member = self._chances.choice(self.crew.of("dispatcher"))
        return member.name if self.crew.kill(member) else None

    def _kill_web_worker(self):
        return "web" if self.crew.kill_web_worker(self._chances) else None

    def _kill_web(self):
        return "web" if self.crew.kill(self.crew.of("web")[0]) else None

    def _term_storm(self):
        for member in self.crew.of("worker") + self.crew.of("dispatcher"):
            self.crew.kill(member, signal.SIGTERM)
        return "everybody"

    def _freeze(self):
        member = self._chances.choice(self.crew.of("worker"))
        seconds = self.plan.lease_seconds + self._chances.uniform(1, 4)
        return member.name if self.crew.freeze(member, seconds) else None

    def _flush_redis(self):
        return self._tell_redis("FLUSHALL")

    def _kill_redis(self):
        if self._redis_back_at:
            return None
        self.servers.redis.crash()
        self._redis_back_at = time.monotonic() + self._chances.uniform(0.5, 3)
        return "redis"

    def _tell_redis(self, words):
        if self._redis_back_at:
            return None
        self.servers.tell_redis(words)
        return "redis"

    def _terminate_backends(self):
        if self._postgresql_back_at:
            return None
        with psycopg.connect(self.servers.psycopg_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        return "postgresql"

    def _stop_postgresql(self):
        """As a crash: `pg_ctl stop -m immediate`."""
        if self._postgresql_back_at:
            return None
        self.servers.postgresql.crash(signal.SIGQUIT)
        self._postgresql_back_at = time.monotonic() + self._chances.uniform(0.5, 2)
        return "postgresql"

    def _deploy(self):
        if self._postgresql_back_at:
            return None
        epoch = self.crew.deploy()
        with psycopg.connect(self.servers.psycopg_url, autocommit=True) as connection:
            connection.execute("UPDATE control SET min_epoch = %s", (epoch,))
        self._end_old_at = time.monotonic() + 3
        return f"epoch {epoch}"

    def _bring_back(self, now=None):
        now = now or time.monotonic()
        if self._redis_back_at and now >= self._redis_back_at:
            self._redis_back_at = 0.0
            self.servers.redis.start()
            self.servers.redis.wait()
            self._note("redis_is_back")
        if self._postgresql_back_at and now >= self._postgresql_back_at:
            self._postgresql_back_at = 0.0
            self.servers.postgresql.start()
            self.servers.postgresql.wait()
            self._note("postgresql_is_back")
        if self._end_old_at and now >= self._end_old_at:
            self._end_old_at = 0.0
            self.crew.end_old()

    def _plan_fault(self):
        """Two of three at the provider, weighted to the calls that matter, the rest on a line."""
        self.faults += 1
        if self._chances.random() < 0.67:
            weights = [8, 4, 2] + [1] * (len(_PROVIDER_FAULTS) - 3)
            route, kinds = self._chances.choices(_PROVIDER_FAULTS, weights)[0]
            kind = self._chances.choice(kinds)
            self.sandbox.fault(route, kind)
            self._note("provider_fault", f"{route} {kind}")
        else:
            name = self._chances.choice(sorted(_LINES))
            kind = self._chances.choice(_LINES[name])
            amount = {"latency": 0.4, "cut": self._chances.randrange(200, 6000)}.get(kind, 4.0)
            self.lines[name].plan(LineFault(kind, amount))
            self._note("line_fault", f"{name} {kind}")
