"""The servers that tests run against, started once a session."""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from embedded.ports import free_port
from embedded.postgresql import PostgreSQL
from embedded.processes import Program
from embedded.programs import sandbox, sandbox_answers
from embedded.redis import Redis
from embedded.server import Server
from embedded.settings import RunSettings, system_environment


class SandboxServer(Server):
    """The sandbox as a process of the tests."""

    def __init__(self, settings: RunSettings) -> None:
        super().__init__(settings.state_dir)
        self._settings = settings

    @property
    def url(self) -> str:
        """https://127.0.0.1:PORT."""
        return self._settings.sandbox_url

    def prepare(self) -> Program:
        """There is nothing to prepare: it makes its own certificate."""
        self.port = self._settings.sandbox_port
        return sandbox(self._settings)

    def is_ready(self) -> bool:
        """Whether it answers over TLS."""
        return sandbox_answers(self._settings)


class Servers:
    """PostgreSQL without durability, Redis, and the sandbox if asked for, on a folder of their own.

    Use it in the main thread. Leaving removes the data, wherever it lives.
    """

    def __init__(self, state_dir: Path, *, with_sandbox: bool = False) -> None:
        self.settings = RunSettings(port=free_port(), sandbox_port=free_port(), state_dir=state_dir)
        self.postgresql = PostgreSQL(state_dir, fast=True)
        self.redis = Redis(state_dir)
        self._sandbox = SandboxServer(self.settings) if with_sandbox else None
        self._started = contextlib.ExitStack()

    @property
    def database_url(self) -> str:
        """As the role `entrepot`, which may create databases (also from a template)."""
        return self.postgresql.url

    @property
    def redis_url(self) -> str:
        """Database 0; there are 16."""
        return self.redis.url

    @property
    def sandbox_url(self) -> str:
        """https://127.0.0.1:PORT, served once started with the sandbox."""
        return self.settings.sandbox_url

    def environment(self, **settings: str) -> dict[str, str]:
        """The environment as `make run` builds it, with `settings` on top; needs the sandbox."""
        return (
            system_environment(
                self.settings, database_url=self.database_url, redis_url=self.redis_url
            )
            | settings
        )

    def start(self) -> None:
        """Start all; when one does not start, none is left."""
        self.settings.state_dir.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as starting:
            starting.callback(self.postgresql.remove)
            for server in (self.postgresql, self.redis, self._sandbox):
                if server is not None:
                    starting.enter_context(server)
            self._started = starting.pop_all()

    def stop(self) -> None:
        """Stop all, the last started first, and remove the database."""
        self._started.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
