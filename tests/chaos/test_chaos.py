"""Chaos runs: everything real, everything broken, nothing bought twice and nothing lost."""

import pytest

from tests.chaos import report
from tests.chaos.plan import Plan
from tests.chaos.run import Chaos


def run(folder, **size):
    found = Chaos(Plan(folder=folder, is_quiet=True, **size)).run()
    report.write(found)
    return found


def broken(found, *, but=()):
    return [
        f"{verdict.name}: {verdict.said}: {verdict.broken[:10]}"
        for verdict in found.verdicts
        if verdict.broken and verdict.name not in but
    ]


@pytest.mark.proof
@pytest.mark.timeout(300)
def test_a_small_run_keeps_every_promise(tmp_path):
    found = run(tmp_path / "chaos", purchases=30, kills=8, zombies=1, seed=5, least_hits=1)

    assert broken(found, but={"coverage"}) == []  # too small to reach every point
    assert len(found.books.orders) == 30
    assert found.notes["kills"] == 8
    assert found.notes["hits"]


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("mode", "seed"), [("A", 21), ("B", 22)])
def test_a_run_keeps_every_promise(tmp_path, mode, seed):
    """Together 500 purchases and 100 kills from outside, beside those at failpoints."""
    found = run(
        tmp_path / "chaos", purchases=250, kills=50, zombies=6, seed=seed, mode=mode, least_hits=3
    )

    assert broken(found) == []
    assert len(found.books.orders) == 250
    assert found.notes["kills"] == 50
