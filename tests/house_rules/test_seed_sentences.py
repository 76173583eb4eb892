"""The table of what was asked for: every test that it names is there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
DOCUMENT = REPOSITORY / "docs" / "seed-sentences.md"
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", DOCUMENT.read_text(encoding="utf-8"))


def test_every_sentence_names_a_test():
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if "::" in line]

    assert len(NAMED) == len(rows)
    assert len(NAMED) >= 40


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_every_test_that_is_named_is_there(path, name):
    source = (REPOSITORY / path).read_text(encoding="utf-8")

    assert re.search(rf"^ *def {name}\(", source, re.MULTILINE)


@pytest.mark.parametrize("face", ["storefront", "bss"])
def test_every_test_of_a_sentence_stands_in_the_table(face):
    path = f"tests/integration/blueprints/{face}/test_seed_sentences_{face}.py"
    source = (REPOSITORY / path).read_text(encoding="utf-8")

    named = {name for where, name in NAMED if where == path}

    assert set(re.findall(r"^def (test_\w+)", source, re.MULTILINE)) == named
