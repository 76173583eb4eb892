"""Processes that do not outlive the one that started them."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from embedded.errors import EmbeddedError

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# How long a process may take to end before it is killed.
STOP_SECONDS = 10.0
# Loaded before any fork: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The account of this machine that a program runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, and how to see that it serves; without `ready` it is ready once it lives."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], bool] | None = None
    cwd: Path | None = None
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM


def account_of_nobody() -> Account:
    """The account with no rights, for servers that refuse to run as root."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(uid=65534, gid=65534)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def stop_with_parent(parent: int, stop_signal: signal.Signals = signal.SIGTERM) -> bool:
    """Have this process be sent a signal when `parent` ends, even by `kill -9` (Linux).

    False when `parent` had ended before the kernel was told.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
    return os.getppid() == parent


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that all can be found (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(program: Program, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, bound to the life of this thread."""
    parent = os.getpid()
    account = program.account

    def bind_to_parent() -> None:
        if not stop_with_parent(parent, program.stop_signal):
            os._exit(1)

    try:
        return subprocess.Popen(  # noqa: S603 - what we run is written in this package
            list(program.argv),
            env=dict(program.env),
            cwd=program.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            # The one way to set it without a wrapper process; it runs after the account changed,
            # as the kernel forgets the wish on such a change.
            preexec_fn=bind_to_parent,  # noqa: PLW1509
        )
    except OSError as error:
        raise EmbeddedError(
            f"{program.name} cannot be started: {program.argv[0]}: {error.strerror}."
        ) from error


def run_as(
    account: Account | None, argv: Sequence[str], text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a short command with `text` as its input, in an environment that says nothing."""
    return subprocess.run(  # noqa: S603 - as above
        list(argv),
        input=text,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def can_run(account: Account | None, argv: Sequence[str]) -> bool:
    """Whether this account may run this command, found out by running it."""
    try:
        return run_as(account, argv).returncode == 0
    except OSError:
        return False


def end(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    """Ask a process to stop, insist when it does not, and wait until it is gone."""
    if process.poll() is None:
        process.send_signal(stop_signal)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def command_line_of(pid: int) -> str:
    """The words that a process was started with, empty when there is no such process."""
    if sys.platform == "linux":
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return os.fsdecode(words.replace(b"\0", b" "))
    return run_as(None, ["ps", "-o", "args=", "-p", str(pid)]).stdout


def children_of(pid: int) -> list[int]:
    """The processes whose parent is `pid`, from /proc; empty where there is no /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in parentheses may itself hold spaces and parentheses.
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def catches_interrupts(pid: int) -> bool:
    """Whether a process has a handler for SIGINT; False where there is no /proc to tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return False
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1)
