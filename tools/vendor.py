"""Fetch what app/static/vendor holds, checked against vendor.lock. By hand, for a new version.

python tools/vendor.py            fetch, check, copy
python tools/vendor.py --relock   the same, but write the hashes of what came
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "app" / "static" / "vendor"
LOCK = VENDOR / "vendor.lock"


def main() -> int:
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    relock = "--relock" in sys.argv[1:]
    for package in lock["packages"]:
        with tempfile.TemporaryDirectory() as folder:
            archive = _pack(package["name"], package["version"], Path(folder))
            for entry in package["files"]:
                content = _member(archive, entry["from"])
                found = hashlib.sha256(content).hexdigest()
                if relock:
                    entry["sha256"] = found
                elif found != entry["sha256"]:
                    print(f"{entry['to']}: sha256 is {found}, the lock says {entry['sha256']}")
                    return 1
                target = VENDOR / entry["to"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
    if relock:
        LOCK.write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8")
    return 0


def _pack(name: str, version: str, folder: Path) -> Path:
    subprocess.run(  # noqa: S603  # names out of our own lock
        ["npm", "pack", "--silent", f"{name}@{version}"],  # noqa: S607  # whichever npm is here
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return next(folder.glob("*.tgz"))


def _member(archive: Path, path: str) -> bytes:
    with tarfile.open(archive) as tar:
        member = tar.extractfile(f"package/{path}")
        if member is None:
            raise FileNotFoundError(path)
        return member.read()


if __name__ == "__main__":
    sys.exit(main())
