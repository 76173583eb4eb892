"""Web, workers and dispatchers of a run: started, watched, started again; and how to hurt them."""

import os
import signal
import time
from dataclasses import dataclass, field

from app.failpoints import Action
from embedded.ports import free_port
from tests.support.nursery import children_of, is_alive, send

_AGAIN_SECONDS = 0.3
_KINDS = (Action.KILL9, Action.EXCEPTION, Action.PAUSE)
# An exception that we raise after a commit is an error page for what was stored: that is I10's.
_WEB_KINDS = (Action.PAUSE, Action.KILL9)


@dataclass
class Member:
    """One process that shall always run; `pid` changes with every start."""

    program: str
    name: str
    arguments: tuple = ()
    first_action: int = 0  # of its failpoints; every start takes the next one
    pid: int = 0
    starts: int = 0
    again_at: float = 0.0
    stopped_until: float = 0.0  # frozen by SIGSTOP


@dataclass
class Crew:
    """All processes of ours. Everything here happens in the main thread."""

    plan: object
    servers: object
    lines: object
    nursery: object
    epoch: int = 1
    left: object = lambda: 1  # () -> how many purchases are still to come
    is_calm: bool = False  # no failpoints any more for whoever starts
    port: int = field(default_factory=free_port)
    members: list = field(default_factory=list)
    old: list = field(default_factory=list)  # processes of an earlier deploy, still running

    def __post_init__(self):
        web = ("wsgi:app", "--no-control-socket", "--bind", f"127.0.0.1:{self.port}")
        web += ("--workers", "2", "--worker-class", "gthread", "--threads", "8")
        web += ("--timeout", "30", "--graceful-timeout", "3", "--log-level", "error")
        self.members.append(Member("web", "web", web))
        for number in range(2):
            self.members.append(Member("dispatcher", f"dispatcher{number}", first_action=number))
        for number in range(self.plan.workers):
            self.members.append(Member("worker", f"worker{number}", first_action=number))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def hits_file(self):
        return self.plan.folder / "hits"

    def start_all(self):
        for member in self.members:
            self._start(member)

    def look_after(self):
        """Start again who died, wake who slept long enough. To be called often."""
        now = time.monotonic()
        for member in self.members:
            if member.stopped_until and now >= member.stopped_until:
                member.stopped_until = 0.0
                send(member.pid, signal.SIGCONT)
            if is_alive(member.pid):
                continue
            if not member.again_at:
                member.again_at = now + _AGAIN_SECONDS
            elif now >= member.again_at:
                self._start(member)
        self.old = [pid for pid in self.old if is_alive(pid)]

    def _start(self, member):
        member.starts += 1
        member.again_at = member.stopped_until = 0.0
        log = self.plan.folder / f"{member.name}.log"
        member.pid = self.nursery.start(
            member.program,
            environment=self._environment(member),
            log=log,
            arguments=member.arguments,
        )

    def _environment(self, member):
        plan = self.plan
        more = {
            "ENTREPOT_EPOCH": str(self.epoch),
            "ENTREPOT_LEASE_SECONDS": str(plan.lease_seconds),
            "MICROSOFT_READ_TIMEOUT": str(plan.read_seconds),
        }
        if not self.is_calm and plan.least_hits:
            kinds = _WEB_KINDS if member.program == "web" else _KINDS
            action = kinds[(member.first_action + member.starts) % len(kinds)]
            more |= {
                "ENTREPOT_FAILPOINT": plan.failpoints(
                    action, hits=self.hits_of_all(), left=self.left()
                ),
                "ENTREPOT_FAILPOINT_HITS": str(self.hits_file),
                "ENTREPOT_FAILPOINT_SEED": f"{plan.seed}/{member.name}/{member.starts}",
            }
        return self.servers.environment(self.lines, **more)

    def of(self, program):
        return [member for member in self.members if member.program == program]

    def kill(self, member, number=signal.SIGKILL):
        """One process of it, as the kernel or a person would; its orphans live on."""
        send(member.pid, signal.SIGCONT)
        return send(member.pid, number)

    def kill_group(self, member):
        try:
            os.killpg(member.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def kill_web_worker(self, chances):
        """A child of gunicorn's master."""
        children = children_of(self.of("web")[0].pid)
        return bool(children) and send(chances.choice(children), signal.SIGKILL)

    def freeze(self, member, seconds):
        """SIGSTOP past the lease; `look_after` lets it go on."""
        if member.stopped_until or not send(member.pid, signal.SIGSTOP):
            return False
        member.stopped_until = time.monotonic() + seconds
        return True

    def deploy(self):
        """The next epoch: new processes beside the old ones, who are asked to end afterwards.

        A worker of the old deploy may be frozen or slow: it lives on, and may not claim.
        """
        self.epoch += 1
        for member in self.members:
            if member.program == "web":
                continue  # keeps the port; its children follow with the next kill
            self.old.append(member.pid)
            self._start(member)
        return self.epoch

    def end_old(self):
        for pid in self.old:
            send(pid, signal.SIGCONT)
            send(pid, signal.SIGTERM)

    def calm(self):
        """No more breaking: everybody is started anew without failpoints."""
        self.is_calm = True
        for member in self.members:
            self.kill_group(member)
            member.again_at = 0.0
        self.end_old()

    def stop(self):
        for member in self.members:
            self.kill(member, signal.SIGTERM)
        self.end_old()
        give_up_at = time.monotonic() + 15
        while self.living() and time.monotonic() < give_up_at:
            time.sleep(0.1)
        return self.living()

    def living(self):
        return [pid for pid in [m.pid for m in self.members] + self.old if is_alive(pid)]

    def hits_of_all(self):
        """How often each failpoint was hit, whatever its action."""
        return {point: sum(of_point.values()) for point, of_point in self.hits().items()}

    def hits(self):
        """How often each failpoint was hit, by action: {point: {action: n}}."""
        found = {}
        if self.hits_file.exists():
            for line in self.hits_file.read_text().splitlines():
                point, action, _ = line.split()
                of_point = found.setdefault(point, {})
                of_point[action] = of_point.get(action, 0) + 1
        return found
