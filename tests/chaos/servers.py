"""PostgreSQL, Redis and the sandbox of a run: real, durable, and easy to crash."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import redis

from embedded.ports import free_port
from embedded.postgresql import PostgreSQL
from embedded.processes import end, spawn
from embedded.programs import sandbox
from embedded.redis import Redis as RedisServer
from embedded.settings import RunSettings, system_environment
from tests.support.nursery import REPOSITORY
from tests.support.waiting import wait_until


class Crashable:
    """A server that can be ended as by a crash and started again on the same port."""

    def __init__(self, server, program):
        self.server, self.program = server, program
        self.process = None

    def start(self):
        log_file = self.server.state / f"{self.program.name}.log"
        with log_file.open("ab") as log:
            self.process = spawn(self.program, log)

    def wait(self):
        wait_until(self.program.ready, seconds=60, what=f"{self.program.name} to be ready")

    def crash(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait()

    def stop(self):
        end(self.process, self.program.stop_signal)


class ChaosServers:
    """Use it as a context manager, in the main thread. Everything is below `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.settings = RunSettings(port=free_port(), sandbox_port=free_port(), state_dir=folder)
        self._postgresql = PostgreSQL(folder)
        self._redis = RedisServer(folder)
        self._stack = contextlib.ExitStack()
        self.postgresql = self.redis = None

    @property
    def psycopg_url(self):
        """Past the faulty line and past every wall: for whoever looks at the result."""
        url = self._postgresql.superuser_url.replace("+psycopg", "")
        return url.rpartition("/")[0] + "/entrepot"

    @property
    def data(self):
        """The folder of PostgreSQL's cluster."""
        return self._postgresql.home / "data"

    def tell_redis(self, command):
        with contextlib.closing(redis.Redis.from_url(self._redis.url)) as connection:
            connection.execute_command(command)

    @property
    def ports(self):
        return {
            "postgresql": self._postgresql.port,
            "redis": self._redis.port,
            "provider": self.settings.sandbox_port,
        }

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.callback(self._postgresql.remove)
            self.postgresql = Crashable(self._postgresql, self._postgresql.prepare())
            self.redis = Crashable(self._redis, self._redis.prepare())
            provider = Crashable(self._redis, sandbox(self.settings))
            for server in (self.postgresql, self.redis, provider):
                server.start()
                stack.callback(server.stop)
            for server in (self.postgresql, self.redis, provider):
                server.wait()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def environment(self, lines=None, **more):
        """What the processes are told; with `lines`, every server stands behind its faulty line."""
        told = system_environment(
            self.settings, database_url=self._postgresql.url, redis_url=self._redis.url
        )
        if lines:
            told |= _behind(told, lines, self.ports)
        return told | {"ENTREPOT_ENV": "test"} | more

    def run(self, *command):
        """An `entrepot` command, to its end."""
        done = subprocess.run(  # noqa: S603  # our own program
            [str(Path(sys.executable).parent / "entrepot"), *command],
            cwd=REPOSITORY,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"entrepot {' '.join(command)}: {done.stderr[-2000:]}")


def _behind(told, lines, ports):
    moved = {}
    for name in ("DATABASE_URL", "REDIS_URL"):
        line = lines["postgresql" if name == "DATABASE_URL" else "redis"]
        moved[name] = told[name].replace(f":{ports[line.name]}/", f":{line.port}/")
    for name in ("MICROSOFT_LOGIN_URL", "PARTNER_CENTER_URL", "PARTNER_API_URL", "ARM_URL"):
        moved[name] = f"https://127.0.0.1:{lines['provider'].port}"
    return moved
