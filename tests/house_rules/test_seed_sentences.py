"""The tables of what was asked for and promised: every test that they name is there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
DOCUMENT = REPOSITORY / "docs" / "seed-sentences.md"
PROMISES = REPOSITORY / "docs" / "assets-after-purchase.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
NAMED, PROMISED = (TEST.findall(path.read_text(encoding="utf-8")) for path in (DOCUMENT, PROMISES))


def test_every_sentence_names_a_test():
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if "::" in line]

    assert len(NAMED) == len(rows)
    assert len(NAMED) >= 40


@pytest.mark.parametrize(("path", "name"), sorted({*NAMED, *PROMISED}))
def test_every_test_that_is_named_is_there(path, name):
    source = (REPOSITORY / path).read_text(encoding="utf-8")

    assert re.search(rf"^ *def {name}\(", source, re.MULTILINE)


@pytest.mark.parametrize("face", ["storefront", "bss"])
def test_every_test_of_a_sentence_stands_in_the_table(face):
    path = f"tests/integration/blueprints/{face}/test_seed_sentences_{face}.py"
    source = (REPOSITORY / path).read_text(encoding="utf-8")

    named = {name for where, name in NAMED if where == path}

    assert set(re.findall(r"^def (test_\w+)", source, re.MULTILINE)) == named
