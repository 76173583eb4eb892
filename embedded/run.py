"""What `make run` starts: everything, in order, until Ctrl-C or SIGTERM."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from embedded import programs
from embedded.console import Console
from embedded.errors import EmbeddedError
from embedded.ports import insist_on_port
from embedded.postgresql import PostgreSQL
from embedded.redis import Redis
from embedded.settings import RunSettings, system_settings
from embedded.state import locked, open_state, write_private
from embedded.supervisor import StoppedError, Supervisor, parent_watch

# Lets `entrepot …` in another terminal find this run.
_ENVIRONMENT = "environment.json"
_SIGN_INS = """\
Sign in with the password entrepot-demo as
  admin@entrepot.example      staff, administrator
  support@entrepot.example    staff, may read, may not change
  reseller@northwind.example  reseller Northwind Cloud
  buyer@aegean.example        end customer Aegean Foods S.A.
  reseller@fabrikam.example   reseller Fabrikam Cloud
  owner@kalamata.example      direct customer Kalamata Estates
Ctrl-C stops everything."""


def main(arguments: Sequence[str] = ()) -> int:
    """Run until asked to stop; 0 then, 1 after one sentence on what is wrong.

    With `--stop-with-parent` the end of the parent process (make) is the end of this one.
    """
    try:
        watch = parent_watch() if "--stop-with-parent" in arguments else None
        _run(RunSettings.from_env(os.environ), watch)
    except StoppedError:
        return 0
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(settings: RunSettings, asked_to_stop: Callable[[], bool] | None) -> None:
    folder = open_state(settings.state_dir)
    console = Console()
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            locked(folder / "lock", f"Another copy is running on the state folder {folder}.")
        )
        insist_on_port("PORT", settings.port)
        insist_on_port("SANDBOX_PORT", settings.sandbox_port)
        stack.callback((folder / _ENVIRONMENT).unlink, missing_ok=True)
        supervisor = stack.enter_context(Supervisor(console, asked_to_stop=asked_to_stop))
        _start_all(supervisor, settings, folder)
        console.say(f"Entrepot is ready: http://127.0.0.1:{settings.port}")
        console.say(_SIGN_INS)
        supervisor.watch()


def _start_all(supervisor: Supervisor, settings: RunSettings, folder: Path) -> None:
    database_url, redis_url, psql = _start_servers(supervisor, settings, folder)
    told = system_settings(settings, database_url=database_url, redis_url=redis_url, psql=psql)
    write_private(folder / _ENVIRONMENT, json.dumps(told, indent=2))
    environment = os.environ | told
    web = programs.web(settings, environment)
    # The pages load their code meanwhile, and are not ready before the tables are.
    supervisor.start(web)
    supervisor.run_once(programs.prepare(environment))
    for program in (programs.worker(environment), programs.dispatcher(environment)):
        supervisor.start(program)
    supervisor.wait_until_ready(web)


def _start_servers(
    supervisor: Supervisor, settings: RunSettings, folder: Path
) -> tuple[str, str, Path | None]:
    """Start PostgreSQL and Redis, where none are given, and the sandbox; wait for all at once."""
    # Each program's `ready` keeps its server, and with it the lock of the data, for as long as
    # the supervisor keeps the program.
    started = []
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    psql = None
    if not database_url:
        postgresql = PostgreSQL(folder)
        started.append(postgresql.prepare())
        database_url, psql = postgresql.url, postgresql.psql
    if not redis_url:
        redis = Redis(folder)
        started.append(redis.prepare())
        redis_url = redis.url
    started.append(programs.sandbox(settings))
    for program in started:
        supervisor.start(program)
    for program in started:
        supervisor.wait_until_ready(program)
    return database_url, redis_url, psql
