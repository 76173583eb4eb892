"""Size: no file over 400 lines, no function over 40, unless listed here with a reason."""

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
SOURCES = sorted(
    path
    for folder in ("app", "embedded", "sandbox", "tools", "tests")
    for path in (REPOSITORY / folder).rglob("*.py")
)
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
LARGEST_CSS = 40_000

EXCEPTIONS: dict[str, str] = {}  # path or path::function → why


def name_of(path):
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")

    too_long = [
        f"{name_of(path)}::{node.name}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    if len(text.splitlines()) > LONGEST_FILE:
        too_long.append(name_of(path))

    assert [name for name in too_long if name not in EXCEPTIONS] == []


def test_the_style_sheet_stays_one_small_file():
    folder = REPOSITORY / "app" / "static" / "css"

    assert [path.name for path in folder.iterdir()] == ["ui.css"]
    assert (folder / "ui.css").stat().st_size <= LARGEST_CSS


def test_the_exceptions_still_exist():
    for name in EXCEPTIONS:
        assert (REPOSITORY / name.partition("::")[0]).exists(), name
