"""The processes of Entrepot on one machine, as data."""

import contextlib
import http.client
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from embedded.ports import LOOPBACK
from embedded.processes import Program
from embedded.settings import REPOSITORY, RunSettings, sandbox_environment

_ANSWER_SECONDS = 5
# Beside the Python that runs this: the virtual environment's programs.
_PROGRAMS = Path(sys.executable).parent


def sandbox(settings: RunSettings) -> Program:
    """Microsoft's systems in small."""
    return Program(
        name="sandbox",
        argv=[sys.executable, "-m", "sandbox"],
        env=sandbox_environment(settings),
        cwd=REPOSITORY,
        ready=lambda: sandbox_answers(settings),
    )


def prepare(env: Mapping[str, str]) -> Program:
    """Bring the tables up to date and load the demo data, in one process."""
    return _entrepot("prepare", "prepare", env)


def web(settings: RunSettings, env: Mapping[str, str]) -> Program:
    """The pages."""
    options = {
        "--bind": f"{LOOPBACK}:{settings.port}",
        "--worker-class": "gthread",
        "--workers": "2",
        "--threads": "8",
        "--timeout": "60",
        "--graceful-timeout": "5",
        "--log-level": "warning",
    }
    return Program(
        name="web",
        argv=[
            str(_PROGRAMS / "gunicorn"),
            "wsgi:app",
            # Its socket would be one for all copies of this person.
            "--no-control-socket",
            *(word for option in options.items() for word in option),
        ],
        env=env,
        cwd=REPOSITORY,
        ready=lambda: web_is_ready(settings),
    )


def worker(env: Mapping[str, str]) -> Program:
    """Runs the jobs."""
    return Program(name="worker", argv=[sys.executable, "worker.py"], env=env, cwd=REPOSITORY)


def dispatcher(env: Mapping[str, str]) -> Program:
    """Wakes what is due, and keeps the schedule."""
    return _entrepot("dispatcher", "dispatch", env)


def sandbox_answers(settings: RunSettings) -> bool:
    """Whether the sandbox serves, by the certificate that it says is its own."""
    authority = settings.state_dir.absolute() / "sandbox-ca.pem"
    with contextlib.suppress(OSError, http.client.HTTPException):
        context = ssl.create_default_context(cafile=str(authority))
        return _answers_200(
            http.client.HTTPSConnection(
                LOOPBACK, settings.sandbox_port, timeout=_ANSWER_SECONDS, context=context
            ),
            "/__sandbox__/ledger",
        )
    return False


def web_is_ready(settings: RunSettings) -> bool:
    """Whether the web process serves, on tables that are up to date."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        return _answers_200(
            http.client.HTTPConnection(LOOPBACK, settings.port, timeout=_ANSWER_SECONDS),
            "/readyz",
        )
    return False


def _entrepot(name: str, command: str, env: Mapping[str, str]) -> Program:
    return Program(name=name, argv=[str(_PROGRAMS / "entrepot"), command], env=env, cwd=REPOSITORY)


def _answers_200(connection: http.client.HTTPConnection, path: str) -> bool:
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    finally:
        connection.close()
