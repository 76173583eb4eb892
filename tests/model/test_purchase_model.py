"""The protocol as a model: spin looks at every state, and finds each seeded error."""

import pytest

from tests.support.spin import DESIGNS, SEEDED_ERRORS, check

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

LEAST_STATES = 2_000_000


@pytest.mark.parametrize("design", DESIGNS, ids=lambda variant: variant.name)
def test_whatever_happens_nothing_is_bought_twice_and_nothing_is_lost(design):
    outcome = check(design)

    assert outcome.errors == 0
    assert outcome.is_complete
    assert outcome.states >= LEAST_STATES


@pytest.mark.parametrize("seeded", SEEDED_ERRORS, ids=lambda variant: variant.name)
def test_each_seeded_error_is_found_and_how_it_comes_about_is_kept(seeded, tmp_path):
    assert check(seeded, tmp_path).found == seeded.finds
    assert [trace.suffix for trace in tmp_path.iterdir()] == [".txt"]
