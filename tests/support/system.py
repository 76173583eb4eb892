"""The whole of Entrepot as `make run` starts it, with a state of its own on free ports."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from embedded.ports import free_port
from embedded.postgresql import PostgreSQL
from embedded.processes import children_of, command_line_of
from tests.support.sandbox import Sandbox

REPOSITORY = Path(__file__).resolve().parents[2]
_START_SECONDS = 120
_STOP_SECONDS = 40
# How the processes below the supervisor are told apart.
_WORDS = {
    "postgresql": "postgres -D",
    "redis": "redis-server",
    "worker": "worker.py",
    "dispatcher": "entrepot dispatch",
    "web": "gunicorn",
    "sandbox": "-m sandbox",
}


class System:
    """Use it as a context manager, in the main thread; the end of this process is its end too."""

    def __init__(self, state_dir, **settings):
        self.state_dir = Path(state_dir)
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.state_dir.with_name(f"{self.state_dir.name}.log")
        self.environment = os.environ | {
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "ENTREPOT_STATE": str(self.state_dir),
            **settings,
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            self.environment.pop(name, None)
        self._process = None
        self.sandbox = None

    def __enter__(self):
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "embedded", "--stop-with-parent"],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        self.sandbox = Sandbox(f"https://127.0.0.1:{self.sandbox_port}", self.state_dir)
        return self

    def __exit__(self, *_):
        self._stop()

    def _wait_until_ready(self):
        give_up_at = time.monotonic() + _START_SECONDS
        while "Entrepot is ready" not in self.said():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.2)
                raise RuntimeError(f"The system ended instead of starting:\n{self.said()}")
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"The system did not start in time:\n{self.said()}")

    def _stop(self):
        self._process.send_signal(signal.SIGCONT)  # a stopped process hears nothing else
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        PostgreSQL(self.state_dir).remove()

    def said(self):
        """All that its processes wrote so far."""
        return self.log.read_text(errors="replace")

    def pid_of(self, name):
        """The process id of one of its programs; None while it does not run.

        Programs lead a group of their own; what they left behind when they died does not.
        """
        for pid in children_of(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                if _WORDS[name] in command_line_of(pid) and os.getpgid(pid) == pid:
                    return pid
        return None

    def kill(self, name):
        """End a program as a crash would; whoever supervises it starts it again soon."""
        pid = self.pid_of(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    @contextlib.contextmanager
    def without(self, name):
        """For the time of the block the program is gone and nobody starts it again."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            ended = os.pidfd_open(self.pid_of(name))
            self.kill(name)
            _wait_for_end(ended)
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


def _wait_for_end(descriptor):
    try:
        select.select([descriptor], [], [], _STOP_SECONDS)
    finally:
        os.close(descriptor)
