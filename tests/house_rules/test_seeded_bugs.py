"""The seeded bugs still fit the code that they break, and name layers that there are."""

import pytest

from tools.seeded_bugs import LAYERS, REPOSITORY, apply, list_bugs

LEAST = 15


def test_there_are_enough_of_them():
    assert len(list_bugs()) >= LEAST


@pytest.mark.parametrize("bug", list_bugs(), ids=lambda bug: bug.name)
def test_a_seeded_bug_fits_the_code(bug):
    assert apply(bug, REPOSITORY, only_check=True), "regenerate it: the code around it changed"
    assert bug.what
    assert bug.first in LAYERS


@pytest.mark.parametrize("layer", LAYERS)
def test_the_files_of_a_layer_are_there(layer):
    assert [path for path in LAYERS[layer] if not (REPOSITORY / path).exists()] == []
