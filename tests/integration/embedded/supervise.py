"""A small `make run`: supervises the programs named in a JSON file, for the tests."""

import json
import os
import sys
from pathlib import Path

from embedded.console import Console
from embedded.errors import EmbeddedError
from embedded.postgresql import PostgreSQL
from embedded.processes import Program
from embedded.redis import Redis
from embedded.supervisor import StoppedError, Supervisor, parent_watch


def main(plan: dict[str, object]) -> int:
    watch = parent_watch() if plan.get("stop_with_parent") else None
    console = Console()
    programs = []
    if plan.get("servers"):
        state = Path(str(plan["servers"]))
        programs += [PostgreSQL(state, fast=True).prepare(), Redis(state).prepare()]
    programs += [
        Program(name=name, argv=argv, env=os.environ) for name, argv in plan["programs"].items()
    ]
    try:
        with Supervisor(console, asked_to_stop=watch) as supervisor:
            for program in programs:
                supervisor.start(program)
                supervisor.wait_until_ready(program)
            console.say("all started")
            supervisor.watch()
    except StoppedError:
        return 0
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1


sys.exit(main(json.loads(Path(sys.argv[1]).read_text())))
