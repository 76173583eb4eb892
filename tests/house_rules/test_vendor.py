"""Vendored files: exactly those of the lock, exactly as locked, within the weight budget."""

import gzip
import hashlib
import json
import re
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
STATIC = REPOSITORY / "app" / "static"
VENDOR = STATIC / "vendor"


def locked():
    lock = json.loads((VENDOR / "vendor.lock").read_text(encoding="utf-8"))
    return {entry["to"]: entry["sha256"] for each in lock["packages"] for entry in each["files"]}


def gzipped(*names):
    return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names)


def test_vendored_files_are_those_of_the_lock():
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.lock"
    }

    assert found == locked()


def test_every_package_brings_its_licence():
    lock = json.loads((VENDOR / "vendor.lock").read_text(encoding="utf-8"))

    for package in lock["packages"]:
        assert any(entry["to"].startswith("LICENSES/") for entry in package["files"])


def test_scripts_styles_and_fonts_keep_their_budgets():
    assert gzipped("css/ui.css") <= 12_000
    assert gzipped("js/ui.js", "vendor/htmx-4.0.1.min.js") <= 20_000
    assert (VENDOR / "inter-latin.woff2").stat().st_size <= 50_000


def test_no_page_asks_another_origin_for_anything():
    for path in (REPOSITORY / "app" / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'(src|href)="(https?:)?//', text), path.name
