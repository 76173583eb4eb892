"""Plant each bug of tests/seeded_bugs in a copy of the checkout: which layer of tests finds it?

`make seeded-bugs` runs the layers from cheap to dear until one fails, and prints the table. With
`LAYERS="simulator machine"` only those, with `BUGS="no_fence"` only that.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
PATCHES = REPOSITORY / "tests" / "seeded_bugs"
_SERVICES = "tests/integration/services/"
_JOBS = "tests/integration/jobs/"
LAYERS: dict[str, tuple[str, ...]] = {
    "rules": ("tests/unit/domain/test_purchase_protocol.py", "tests/unit/microsoft"),
    "simulator": ("tests/unit/domain/test_purchase_schedules.py",),
    "machine": ("tests/unit/domain/test_purchase_machine.py",),
    "walls": ("tests/integration/test_walls.py",),
    "services": (
        f"{_SERVICES}test_purchase_belts.py",
        f"{_SERVICES}test_purchases.py",
        f"{_SERVICES}test_asset_editing.py",
        f"{_SERVICES}test_asset_editing_and_buying.py",
        f"{_SERVICES}test_provisioning_switch.py",
        "tests/integration/microsoft",
        f"{_JOBS}test_purchase_jobs.py",
    ),
    "stored-machine": (f"{_SERVICES}test_purchase_machine.py",),
    "processes": (f"{_JOBS}test_killed_workers.py", f"{_JOBS}test_failpoints.py"),
}
_GREEN, _RED = 0, 1  # how pytest ends


@dataclass(frozen=True, kw_only=True)
class Bug:
    """A patch file: its first lines say what it breaks and which layer shall be first to see."""

    patch: Path

    @property
    def name(self) -> str:
        return self.patch.stem

    @property
    def what(self) -> str:
        return self._line("What: ")

    @property
    def first(self) -> str:
        return self._line("First: ")

    def _line(self, key: str) -> str:
        lines = self.patch.read_text(encoding="utf-8").splitlines()
        return next(line.removeprefix(key) for line in lines if line.startswith(key))


def list_bugs() -> list[Bug]:
    return [Bug(patch=path) for path in sorted(PATCHES.glob("*.patch"))]


def apply(bug: Bug, folder: Path, *, only_check: bool = False) -> bool:
    """Whether the patch fits the code in `folder`; applied unless it is only checked."""
    command = ["git", "apply", *(["--check"] if only_check else []), str(bug.patch)]
    # outside of any repository, or git would take the folder for a part of ours
    environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(  # noqa: S603  # our own patches
        command, cwd=folder, env=environment, capture_output=True, check=False
    )
    return done.returncode == 0


def first_layer(bug: Bug, layers: list[str]) -> str:
    """The first of the layers that fails with the bug in it; "" where none does."""
    with tempfile.TemporaryDirectory() as parent:
        copy = _copy(Path(parent) / "checkout")
        if not apply(bug, copy):
            raise RuntimeError(f"{bug.name} does not fit the code any more.")
        return next((layer for layer in layers if not _is_green(layer, copy)), "")


def _copy(folder: Path) -> Path:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = REPOSITORY / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder


def _is_green(layer: str, copy: Path) -> bool:
    marks = ["-x", "-p", "no:randomly", "-m", "not proof"]
    done = subprocess.run(  # noqa: S603  # our own tests
        [sys.executable, "-m", "pytest", *LAYERS[layer], *marks],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {_GREEN, _RED}:
        raise RuntimeError(f"{layer} did not run: {done.stdout}{done.stderr}")
    return done.returncode == _GREEN


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--layers", nargs="*", default=list(LAYERS), choices=list(LAYERS))
    asked.add_argument("--bugs", nargs="*")
    wish = asked.parse_args()
    bugs = [bug for bug in list_bugs() if not wish.bugs or bug.name in wish.bugs]
    caught = 0
    print("| Bug | What it breaks | Caught by | Seconds |\n|---|---|---|---|")
    for bug in bugs:
        started = time.monotonic()
        layer = first_layer(bug, wish.layers)
        caught += bool(layer)
        seconds = time.monotonic() - started
        print(
            f"| `{bug.name}` | {bug.what} | {layer or 'NOT CAUGHT'} | {seconds:.0f} |", flush=True
        )
    print(f"\n{caught} of {len(bugs)} caught")
    return 0 if caught == len(bugs) else 1


if __name__ == "__main__":
    sys.exit(main())
