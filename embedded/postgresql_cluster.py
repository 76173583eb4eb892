"""A PostgreSQL cluster on disk: made once, with its roles and its database."""

import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.postgresql_binaries import major_version
from embedded.processes import Account, command_line_of, run_as

SUPERUSER = "postgres"
ROLE = "entrepot"
DATABASE = "entrepot"

_BUILTIN_LOCALES_SINCE = 17
_ORPHAN_SECONDS = 10.0
# Of postmaster.pid, counted from 0.
_STATUS_LINE = 7


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The folder of the data, the programs that work on it, and who runs them."""

    data: Path
    binaries: Path
    account: Account | None
    fast: bool

    def program(self, name: str) -> str:
        """The path of one of PostgreSQL's programs."""
        return str(self.binaries / name)


def make_cluster(cluster: Cluster, passwords: dict[str, str]) -> None:
    """Make the cluster, its roles and its database; half-made ones are never seen."""
    draft = cluster.data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    _initdb(cluster, draft, passwords[SUPERUSER])
    # Statements of the stand-alone server: no server listens before the roles are there.
    statements = (
        f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB CREATEROLE "
        f"PASSWORD '{passwords[ROLE]}'\n"
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n"
    )
    alone = [cluster.program("postgres"), "--single", "-D", str(draft), "-c", "exit_on_error=on"]
    _insist(cluster, [*alone, "-c", "log_min_messages=fatal", SUPERUSER], statements)
    draft.rename(cluster.data)


def check_version(cluster: Cluster) -> None:
    """Refuse data that another major version of PostgreSQL made."""
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    here = major_version(cluster.binaries)
    if made_by != str(here):
        raise EmbeddedError(
            f"The database in {cluster.data} was made by PostgreSQL {made_by}, but PostgreSQL "
            f"{here} is here: choose another ENTREPOT_STATE or remove that folder."
        )


def settle_last_run(cluster: Cluster) -> None:
    """Wait for a server that was left behind to end, and remove what it could not.

    The caller holds the lock of the folder, so a server that still runs there is an orphan.
    """
    pid_file = cluster.data / "postmaster.pid"
    pid = _pid_in(pid_file)
    if pid is None:
        return
    give_up_at = time.monotonic() + _ORPHAN_SECONDS
    while _is_server_of(cluster, pid):
        if time.monotonic() > give_up_at:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    # Were the number another process's by now, PostgreSQL would refuse to start.
    pid_file.unlink(missing_ok=True)


def accepts_connections(cluster: Cluster) -> bool:
    """Whether the server lets people in (it does not while it recovers), by its own account.

    Asking it over the network before that makes it log alarming words.
    """
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"


def _initdb(cluster: Cluster, data: Path, password: str) -> None:
    password_file = data.with_name("password.new")
    password_file.unlink(missing_ok=True)
    file = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        os.write(file, password.encode())
        if cluster.account:
            os.fchown(file, cluster.account.uid, cluster.account.gid)
    finally:
        os.close(file)
    settings = ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={password_file}"]
    speed = ["--no-sync"] if cluster.fast else []
    try:
        _insist(
            cluster,
            [cluster.program("initdb"), f"--pgdata={data}", *settings, *_locale(cluster), *speed],
        )
    finally:
        password_file.unlink(missing_ok=True)


def _locale(cluster: Cluster) -> list[str]:
    """Sort by code point everywhere, yet know that Greek letters are letters.

    With a character type of plain C, ILIKE would see no letter outside ASCII.
    """
    ctype = "UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    options = ["--encoding=UTF8", "--locale=C", f"--lc-ctype={ctype}"]
    if major_version(cluster.binaries) >= _BUILTIN_LOCALES_SINCE:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options


def _insist(cluster: Cluster, argv: list[str], text: str = "") -> None:
    done = run_as(cluster.account, argv, text)
    if done.returncode != 0:
        words = " ".join(done.stderr.split()[-40:])
        raise EmbeddedError(f"PostgreSQL could not make its database in {cluster.data}: {words}")


def _pid_in(pid_file: Path) -> int | None:
    try:
        first_line = pid_file.read_text().partition("\n")[0]
    except FileNotFoundError:
        return None
    return int(first_line) if first_line.strip().isdigit() else 0


def _is_server_of(cluster: Cluster, pid: int) -> bool:
    return pid > 0 and str(cluster.data) in command_line_of(pid)
