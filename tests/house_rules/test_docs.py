"""Documents: what they name exists, and no file names one machine or one network."""

import ast
import re
import subprocess
from pathlib import Path

import click
import pytest

from app.cli import entrepot

REPOSITORY = Path(__file__).parent.parent.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "sandbox/*.md")
    for path in REPOSITORY.glob(pattern)
)
# Records are never edited, so what they name may be gone.
LIVING = [path for path in DOCUMENTS if "decisions" not in path.parts]
PRODUCTION = REPOSITORY / "docs" / "how-to" / "run-in-production.md"

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
OUR_PATH = re.compile(r"(?<![\w./])((?:app|docs|embedded|migrations|sandbox|tests|tools)/[\w./-]*)")
SETTING = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+")

NOT_IN_FILES = {
    "a registry": re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|npm\.pkg|index[-]url"),
    "a path of one machine": re.compile(r"(?<![\w/.>\]])/(?:work|root|home/\w+|Users/\w+)/"),
}


def name_of(path):
    return path.relative_to(REPOSITORY).as_posix()


def code_of(path):
    return CODE.findall(path.read_text(encoding="utf-8"))


def settings_read():
    """Every name that app/config.py asks the environment for."""
    tree = ast.parse((REPOSITORY / "app" / "config.py").read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and SETTING.fullmatch(node.value)
    }


def kept_files():
    """What git keeps or would keep, as far as it is text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607  # git of the path
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        path = REPOSITORY / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode(errors="replace")


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_to_files(path):
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        file, _, _ = target.partition("#")
        if file and "://" not in file:
            assert (path.parent / file).exists(), target


@pytest.mark.parametrize("path", LIVING, ids=name_of)
def test_pictures_are_there_once_they_were_taken(path):
    """`make screenshots` takes all of them at once."""
    for target in PICTURE.findall(path.read_text(encoding="utf-8")):
        picture = path.parent / target
        assert picture.parent.name == "pictures"
        assert picture.exists() or not picture.parent.exists(), target


@pytest.mark.parametrize("path", LIVING, ids=name_of)
def test_files_and_folders_that_a_document_names_are_there(path):
    for code in code_of(path):
        for named in OUR_PATH.findall(code):
            if "<" not in code:
                assert (REPOSITORY / named.rstrip(".")).exists(), named


@pytest.mark.parametrize("name", sorted(settings_read()))
def test_every_setting_is_explained_and_has_an_example(name):
    explained = re.compile(rf"^\| `{name}`", re.MULTILINE)
    example = re.compile(rf"^{name}=", re.MULTILINE)

    assert explained.search(PRODUCTION.read_text(encoding="utf-8"))
    assert example.search((REPOSITORY / ".env.example").read_text(encoding="utf-8"))


def test_no_setting_is_explained_that_nobody_reads():
    explained = re.findall(r"^\| `([A-Z_]+)`", PRODUCTION.read_text(encoding="utf-8"), re.MULTILINE)
    examples = re.findall(
        r"^([A-Z_]+)=", (REPOSITORY / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert set(explained) == settings_read()
    assert set(examples) == settings_read()


@pytest.mark.parametrize("path", LIVING, ids=name_of)
def test_make_targets_that_a_document_names_exist(path):
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    for code in code_of(path):
        named = re.findall(r"(?:^|[`\s;])make ([a-z][a-z-]*)", code)
        assert set(named) <= targets, code


def test_every_target_has_its_words_of_help():
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")

    for target, rest in re.findall(r"^([a-z-]+):(.*)$", makefile, re.MULTILINE):
        assert "##" in rest, target


@pytest.mark.parametrize("path", LIVING, ids=name_of)
def test_commands_that_a_document_names_exist(path):
    for code in code_of(path):
        for named in re.findall(r"(?:^|[`\s/])entrepot ([a-z][a-z-]+)", code):
            assert entrepot.get_command(click.Context(entrepot), named), code


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    found = [
        f"{name} names {what}: {match.group()}"
        for name, text in kept_files()
        for what, pattern in NOT_IN_FILES.items()
        for match in pattern.finditer(text)
    ]

    assert found == []
