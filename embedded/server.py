"""What PostgreSQL and Redis have in common: prepared, started, ready, stopped."""

import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from embedded.errors import EmbeddedError
from embedded.processes import Program, end, spawn

_START_SECONDS = 60.0


class Server(ABC):
    """One server on a state folder. Start it from a thread that lives as long as it should."""

    def __init__(self, state_dir: Path) -> None:
        self.state = state_dir.absolute()
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._program: Program | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect, password included; known once prepared."""

    @abstractmethod
    def prepare(self) -> Program:
        """Everything but starting; who supervises the program starts it."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the server takes requests with our password."""

    def start(self) -> str:
        """Start the server, wait until it answers, and return its address."""
        self._program = self.prepare()
        log_file = self.state / f"{self._program.name}.log"
        with log_file.open("ab") as log:
            self.process = spawn(self._program, log)
        give_up_at = time.monotonic() + _START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > give_up_at:
                self.stop()
                raise EmbeddedError(f"{self._program.name} did not start: {log_file} says why.")
            time.sleep(0.02)
        return self.url

    def stop(self) -> None:
        """Stop the server and end what it was doing; stopping twice is harmless."""
        if self.process is not None and self._program is not None:
            end(self.process, self._program.stop_signal)

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
