"""PostgreSQL for one machine: its own port, its own password, gone when its parent is."""

import contextlib
import json
import os
import secrets
import shutil
import signal
from pathlib import Path

from embedded import ports, state
from embedded.errors import EmbeddedError
from embedded.postgresql_binaries import binaries_for, find_binaries
from embedded.postgresql_cluster import (
    DATABASE,
    ROLE,
    SUPERUSER,
    Cluster,
    accepts_connections,
    check_version,
    make_cluster,
    settle_last_run,
)
from embedded.postgresql_home import open_home
from embedded.processes import Program, account_of_nobody
from embedded.server import Server

_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_min_messages=warning",
    "log_checkpoints=off",
)
# Tests do not need what they wrote to survive the machine.
_FAST_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgreSQL(Server):
    """One cluster, with the login role `entrepot` that owns the database `entrepot`.

    As root it runs as `nobody`, who must be able to reach the data: where the state folder lies
    below folders closed to others, the data lives under /var/tmp and the state folder says where.
    """

    def __init__(
        self, state_dir: Path, *, fast: bool = False, binaries: Path | None = None
    ) -> None:
        super().__init__(state_dir)
        self._fast = fast
        self._binaries = binaries
        self._kept_file = self.state / "postgresql.json"
        self._passwords: dict[str, str] = {}
        self._lock = contextlib.ExitStack()
        self._cluster: Cluster | None = None
        self.home: Path | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy's address of the database, as the role that owns it and is no superuser."""
        return self._url(ROLE, DATABASE)

    @property
    def superuser_url(self) -> str:
        """The same for the superuser, who sees through row-level security."""
        return self._url(SUPERUSER, SUPERUSER)

    @property
    def psql(self) -> Path | None:
        """The client program that came with the server."""
        psql = self._binaries / "psql" if self._binaries else None
        return psql if psql and psql.exists() else None

    def prepare(self) -> Program:
        """Find the programs, make the database the first time, choose the port."""
        account = account_of_nobody() if os.geteuid() == 0 else None
        self._binaries = self._binaries or find_binaries()
        kept = state.read_kept_json(self._kept_file)
        remembered = kept.get("home")
        self.home = open_home(self.state, account, str(remembered) if remembered else None)
        self._lock.enter_context(
            state.locked(
                self.home / "lock", f"The database in {self.home} is in use by another copy."
            )
        )
        self._cluster = Cluster(
            data=self.home / "data",
            binaries=binaries_for(account, self._binaries, self.home),
            account=account,
            fast=self._fast,
        )
        self._open_cluster(self._cluster, kept)
        return self._program_of(self._cluster)

    def stop(self) -> None:
        """As for every server; also lets go of the data folder."""
        super().stop()
        self._lock.close()

    def remove(self) -> None:
        """Stop, and delete the data for good, wherever it lives; started here or not."""
        self.stop()
        home = self.home or state.read_kept_json(self._kept_file).get("home")
        shutil.rmtree(str(home or self.state / "postgresql"), ignore_errors=True)
        self._kept_file.unlink(missing_ok=True)

    def is_ready(self) -> bool:
        """Whether the server lets people in."""
        return self._cluster is not None and accepts_connections(self._cluster)

    def _url(self, role: str, database: str) -> str:
        where = f"{ports.LOOPBACK}:{self.port}"
        return f"postgresql+psycopg://{role}:{self._passwords[role]}@{where}/{database}"

    def _open_cluster(self, cluster: Cluster, kept: dict[str, object]) -> None:
        passwords = kept.get("passwords")
        port = kept.get("port")
        known = isinstance(passwords, dict) and {ROLE, SUPERUSER} <= passwords.keys()
        if isinstance(passwords, dict) and known:
            self._passwords = {str(role): str(word) for role, word in passwords.items()}
        else:
            self._passwords = {role: secrets.token_urlsafe(24) for role in (ROLE, SUPERUSER)}
        if (cluster.data / "PG_VERSION").exists() and not known:
            self._forget(cluster)
        self.port = ports.free_port(port if isinstance(port, int) else None)
        # Kept before the cluster is made: a cluster whose passwords are lost is of no use.
        self._keep()
        if (cluster.data / "PG_VERSION").exists():
            check_version(cluster)
            settle_last_run(cluster)
        else:
            make_cluster(cluster, self._passwords)

    def _forget(self, cluster: Cluster) -> None:
        """Delete data outside the state folder whose state folder was removed."""
        if cluster.data.is_relative_to(self.state):
            raise EmbeddedError(
                f"{self._kept_file} with the passwords of the database is missing: "
                "remove the state folder to begin anew."
            )
        settle_last_run(cluster)
        shutil.rmtree(cluster.data)

    def _keep(self) -> None:
        kept = {"home": str(self.home), "port": self.port, "passwords": self._passwords}
        inside = self.home is not None and self.home.is_relative_to(self.state)
        # A state folder may be moved: only a home outside of it is written down.
        state.write_private(
            self._kept_file, json.dumps(kept | {"home": None} if inside else kept, indent=2)
        )

    def _program_of(self, cluster: Cluster) -> Program:
        settings = (*_SETTINGS, f"port={self.port}", *(_FAST_SETTINGS if self._fast else ()))
        options = [word for setting in settings for word in ("-c", setting)]
        return Program(
            name="postgresql",
            argv=[cluster.program("postgres"), "-D", str(cluster.data), *options],
            env={"PATH": os.defpath, "LC_ALL": "C"},
            cwd=cluster.data,
            account=cluster.account,
            ready=self.is_ready,
            stop_signal=signal.SIGINT,
        )
