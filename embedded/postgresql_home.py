"""Where a cluster lives: a folder that the server's account can reach and nobody else can enter."""

import hashlib
import os
import stat
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.processes import Account, can_run

# Survives a restart of the machine, unlike /tmp.
_REACHED_BY_ALL = Path("/var/tmp")  # noqa: S108 - the folder below it is checked before it is used


def open_home(state_dir: Path, account: Account | None, remembered: str | None) -> Path:
    """The folder of the cluster, made if need be; rights of parent folders stay as they are."""
    home = Path(remembered) if remembered else None
    if home is None or not home.is_dir():
        home = _choose(state_dir, account)
    _make(home, account)
    if account and not _reaches(account, home):
        raise EmbeddedError(
            f"The account of the database server cannot reach {home} any more: choose another "
            "ENTREPOT_STATE or remove the state folder."
        )
    return home


def _choose(state_dir: Path, account: Account | None) -> Path:
    if account is None or _reaches(account, state_dir):
        return state_dir / "postgresql"
    digest = hashlib.sha256(os.fsencode(state_dir)).hexdigest()[:16]
    return _REACHED_BY_ALL / f"entrepot-{digest}-{os.geteuid()}"


def _make(home: Path, account: Account | None) -> None:
    owner = account.uid if account else os.geteuid()
    try:
        home.mkdir(mode=0o700, exist_ok=True)
        found = home.lstat()
        if account and found.st_uid == os.geteuid():  # made just now
            os.chown(home, account.uid, account.gid, follow_symlinks=False)
            found = home.lstat()
    except OSError as error:
        raise EmbeddedError(f"{home} cannot be used: {error.strerror}.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedError(
            f"{home} is not a private folder of the database server's account: remove it or "
            "choose another ENTREPOT_STATE."
        )


def _reaches(account: Account, folder: Path) -> bool:
    return can_run(account, ["test", "-x", str(folder)])
