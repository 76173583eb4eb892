"""Starts processes in order, starts again what dies, and leaves none behind."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Self

from embedded.console import Console
from embedded.errors import EmbeddedError
from embedded.processes import (
    STOP_SECONDS,
    Program,
    adopt_orphans,
    catches_interrupts,
    children_of,
    spawn,
    stop_with_parent,
)

_TICK_SECONDS = 0.1
_SHORTEST_DELAY = 0.5
_LONGEST_DELAY = 10.0
# Who has lived this long is forgiven its earlier deaths.
_SOUND_SECONDS = 30.0
# One Ctrl-C may arrive twice: from the terminal, and passed on by make.
_HURRY_AFTER_SECONDS = 0.5
_CHUNK = 65536


class StoppedError(Exception):
    """Someone asked for the end: Ctrl-C, SIGTERM, a closed terminal or a reader that went away."""


def parent_watch() -> Callable[[], bool]:
    """Bind this process to its parent, and tell when the parent is about to end.

    Interrupted alone, make waits for its recipe without telling it; what shows is that it has
    stopped catching the signal.
    """
    parent = os.getppid()
    if not stop_with_parent(parent):
        raise StoppedError
    caught = catches_interrupts(parent)
    return lambda: caught and not catches_interrupts(parent)


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    delay: float = 0.0
    start_again_at: float | None = None


@dataclass
class _Output:
    """The unfinished line of one pipe."""

    name: str
    rest: bytes = field(default=b"")


class Supervisor:
    """Parent of all processes of one run. It reaps every orphan below this process: give it one
    of its own, and use it in the main thread, whose end is the end of its children.
    """

    def __init__(
        self, console: Console, *, asked_to_stop: Callable[[], bool] | None = None
    ) -> None:
        self._console = console
        self._asked_to_stop = asked_to_stop
        self._children: list[_Child] = []
        self._selector = selectors.DefaultSelector()
        self._stop_asked_at: float | None = None
        self._is_stopping = False
        self._is_hurried = False

    def __enter__(self) -> Self:
        adopt_orphans()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup` says that a closed terminal does not matter.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._take_signal)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, program: Program) -> None:
        """Start a program that shall live until the end."""
        process = self._spawn(program)
        self._children.append(_Child(program, process, started_at=time.monotonic()))

    def wait_until_ready(self, program: Program, *, seconds: float = 60.0) -> None:
        """Wait for a started program to serve; raises when it ends or takes longer."""
        child = next(child for child in self._children if child.program is program)
        give_up_at = time.monotonic() + seconds
        while program.ready is not None and not program.ready():
            self._pump(_TICK_SECONDS / 4)
            if child.process.poll() is not None:
                ending = _ending(child.process.returncode)
                self._pump(_TICK_SECONDS)
                raise EmbeddedError(f"{program.name} did not start, it {ending}.")
            if time.monotonic() > give_up_at:
                raise EmbeddedError(f"{program.name} was not ready within {seconds:g} seconds.")

    def run_once(self, program: Program) -> None:
        """Run a program to its end; raises when that is not a success."""
        child = _Child(program, self._spawn(program), started_at=time.monotonic())
        self._children.append(child)
        while child.process.poll() is None:
            self._pump(_TICK_SECONDS / 4)
        self._children.remove(child)
        self._pump(0)
        if child.process.returncode != 0:
            raise EmbeddedError(f"{program.name} failed, it {_ending(child.process.returncode)}.")

    def watch(self) -> None:
        """Keep everything alive until someone asks for the end (raises StoppedError)."""
        while True:
            self._pump(_TICK_SECONDS)
            for child in self._children:
                self._look_after(child)
            self._reap_orphans()

    def stop(self) -> None:
        """Stop all, the last started first; whatever is left below this process is killed."""
        self._is_stopping = True
        for child in reversed(self._children):
            self._end(child)
        self._children.clear()
        while leftovers := children_of(os.getpid()):
            for pid in leftovers:
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
        self._pump(0)

    def _take_signal(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._stop_asked_at is None:
            self._stop_asked_at = now
        elif number == signal.SIGINT and now - self._stop_asked_at > _HURRY_AFTER_SECONDS:
            self._is_hurried = True

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        reading, writing = os.pipe()
        try:
            process = spawn(program, writing)
        except EmbeddedError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        os.set_blocking(reading, False)
        self._selector.register(reading, selectors.EVENT_READ, _Output(program.name))
        return process

    def _pump(self, seconds: float) -> None:
        """Pass on what the processes say for so long; raise once the end is asked for."""
        for key, _ in self._selector.select(seconds):
            output = key.data
            chunk = os.read(key.fd, _CHUNK)
            *lines, output.rest = (output.rest + chunk).split(b"\n")
            if not chunk:
                self._selector.unregister(key.fd)
                os.close(key.fd)
                lines = [output.rest] if output.rest else []
            for line in lines:
                self._console.say_for(output.name, line)
        if self._is_stopping:
            return
        asked = self._asked_to_stop is not None and self._asked_to_stop()
        if self._stop_asked_at is not None or self._console.is_closed or asked:
            raise StoppedError

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.start_again_at is not None:
            if now >= child.start_again_at:
                child.process = self._spawn(child.program)
                child.started_at, child.start_again_at = now, None
            return
        if child.process.poll() is None:
            return
        _kill_group(child.process.pid)
        if now - child.started_at > _SOUND_SECONDS:
            child.delay = 0.0
        child.delay = min(max(child.delay * 2, _SHORTEST_DELAY), _LONGEST_DELAY)
        child.start_again_at = now + child.delay
        self._console.say(
            f"{child.program.name} {_ending(child.process.returncode)}; "
            f"starting it again in {child.delay:g} s."
        )

    def _end(self, child: _Child) -> None:
        process = child.process
        if process.poll() is None:
            process.send_signal(child.program.stop_signal)
        kill_at = time.monotonic() + STOP_SECONDS
        while process.poll() is None:
            if self._is_hurried or time.monotonic() > kill_at:
                process.kill()
                process.wait()
            self._pump(_TICK_SECONDS / 4)
        _kill_group(process.pid)

    def _reap_orphans(self) -> None:
        """Let the kernel forget adopted processes that ended, and leave ours to be noticed."""
        if sys.platform != "linux":
            return  # nobody is adopted there
        ours = {child.process.pid for child in self._children}
        with contextlib.suppress(ChildProcessError):
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if ended.si_pid in ours:
                    return
                os.waitpid(ended.si_pid, 0)


def _kill_group(pid: int) -> None:
    # Every program leads a group of its own: what it left there goes with it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
