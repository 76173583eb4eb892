"""Starts our programs as children of one process that has imported everything already.

Each child runs the program's own entry point, with an environment of its own, in a session of its
own; only the seconds that Python takes to import are saved. That is what makes hundreds of kills
affordable. `python -m tests.support.nursery` is the process; `Nursery` is its other end.
"""

import contextlib
import json
import os
import runpy
import signal
import subprocess
import sys
import traceback
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class Nursery:
    """Use it as a context manager: the end of the block is the end of every child."""

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(self, program, *, environment, log, arguments=()):
        """Start "worker", "dispatcher" or "web"; the id of the process, a group's leader."""
        order = {
            "program": program,
            "arguments": list(arguments),
            "environment": dict(environment),
            "log": str(log),
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def is_alive(pid):
    """Whether the process lives; one that ended and waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def children_of(pid):
    """The ids of its children, while it lives."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in words.split()]
    return []


def send(pid, number):
    """A signal, to whom may be gone already; whether it arrived."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


def main():
    """Read orders until the other end closes; then nothing is left."""
    _import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    started = []
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _become(json.loads(line))
        started.append(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    for pid in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _import_all():
    import gunicorn.app.wsgiapp  # noqa: PLC0415  # that is what this process is for
    import gunicorn.workers.gthread  # noqa: F401, PLC0415
    import rq  # noqa: F401, PLC0415

    import app.cli  # noqa: PLC0415
    import app.jobs.purchases  # noqa: F401, PLC0415


def _become(order):
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _redirect(order["log"])
        os.environ.clear()
        os.environ.update(order["environment"])
        sys.argv = [order["program"], *order["arguments"]]
        code = _PROGRAMS[order["program"]]() or 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001  # the end of a process: its last words
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _redirect(log):
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    source = os.open(os.devnull, os.O_RDONLY)
    for number, target in enumerate((source, sink, sink)):
        os.dup2(target, number)


def _work():
    runpy.run_path(str(REPOSITORY / "worker.py"), run_name="__main__")


def _dispatch():
    from app.cli import main as entrepot  # noqa: PLC0415  # imported before the fork

    sys.argv = ["entrepot", "dispatch"]
    entrepot()


def _serve():
    from gunicorn.app.wsgiapp import run  # noqa: PLC0415  # imported before the fork

    run()


_PROGRAMS = {"worker": _work, "dispatcher": _dispatch, "web": _serve}

if __name__ == "__main__":
    main()
