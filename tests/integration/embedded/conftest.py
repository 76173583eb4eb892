"""Folders, and processes that are gone after the test."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from embedded.processes import children_of

SUPERVISE = Path(__file__).with_name("supervise.py")


def _obey_sigint():
    """A test run in the background inherits SIGINT ignored; what is tested must not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    """A supervising process, its output line by line, and all that it started."""

    def __init__(self, argv, **options):
        self.process = subprocess.Popen(  # noqa: S603 - our own programs
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_obey_sigint,  # noqa: PLW1509 - no threads run when these tests start one
            **options,
        )
        self.said = []

    def wait_for(self, words):
        """Read on until a line has these words."""
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if words in line:
                return line.rstrip()
        pytest.fail(f"{words!r} was never said, but: {self.said} {self.process.stderr.read()}")

    def descendants(self):
        """All processes below this one, as descriptors that tell when they end."""
        pids, waiting = [], [self.process.pid]
        while waiting:
            found = children_of(waiting.pop())
            pids += found
            waiting += found
        assert pids
        return {pid: os.pidfd_open(pid) for pid in pids}

    def finish(self):
        """Read to the end; the exit code and the rest of stderr."""
        output, errors = self.process.communicate(timeout=60)
        self.said += output.splitlines()
        return self.process.returncode, errors

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def all_end(descriptors, seconds=20):
    """Whether all these processes end within so many seconds."""
    try:
        return all(select.select([file], [], [], seconds)[0] for file in descriptors.values())
    finally:
        for file in descriptors.values():
            os.close(file)


@pytest.fixture
def start():
    """Start a process of ours, and end it with the test."""
    with contextlib.ExitStack() as stack:

        def run(argv, **options):
            started = Run([str(word) for word in argv], **options)
            stack.callback(started.close)
            return started

        yield run


@pytest.fixture
def write_plan(tmp_path):
    """Write down what supervise.py shall run."""

    def write(**plan):
        path = tmp_path / "plan.json"
        path.write_text(json.dumps({"programs": {}} | plan))
        return path

    return write


@pytest.fixture
def supervise(start, write_plan):
    """Supervise these programs, given as name=argv, until the test ends."""

    def run(programs=None, **plan):
        path = write_plan(programs=programs or {}, **plan)
        return start([sys.executable, SUPERVISE, path])

    return run


@pytest.fixture
def embedded_run(start):
    """`python -m embedded` with these settings."""

    def run(**settings):
        return start([sys.executable, "-m", "embedded"], env=os.environ | settings)

    return run


@pytest.fixture
def open_folder():
    """A folder that every account of the machine can reach."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path
