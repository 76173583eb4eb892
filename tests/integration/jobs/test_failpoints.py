"""Every named point, broken in a real process: exactly one order, and the asset synchronized."""

import subprocess
import sys

import pytest

from app.domain.purchase import PurchaseState
from app.failpoints import Action, Point
from tests.support.breaking import Bench

A_HANDFUL = [(Action.KILL9, "A")]
THE_REST = [(action, mode) for action in Action for mode in "AB" if (action, mode) not in A_HANDFUL]


def check(outcomes, point):
    outcome = outcomes[point]
    assert outcome.hits == 1
    assert outcome.orders == 1
    assert outcome.state is PurchaseState.SYNCHRONIZED
    assert outcome.rows == (2 if point is Point.AFTER_CART_GONE else 1)


@pytest.fixture
def break_at_all(app, servers, settings, sandbox, tmp_path):
    def broken(action, mode):
        sandbox.change(mode=mode, provisioning_step_seconds=0)
        return Bench(servers, settings, sandbox, tmp_path).break_at_all(action)

    return broken


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("action", "mode"), A_HANDFUL)
def test_a_kill_at_any_point_leaves_one_order(break_at_all, action, mode):
    outcomes = break_at_all(action, mode)

    for point in Point:
        check(outcomes, point)


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("action", "mode"), THE_REST)
def test_a_break_of_any_kind_at_any_point_leaves_one_order(break_at_all, action, mode):
    outcomes = break_at_all(action, mode)

    for point in Point:
        check(outcomes, point)


def test_production_does_not_start_with_a_failpoint(servers):
    environment = servers.environment(
        ENTREPOT_ENV="production", ENTREPOT_FAILPOINT="before_claim:kill9"
    )

    ended = subprocess.run(
        [sys.executable, "worker.py"],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 1
    assert "ENTREPOT_FAILPOINT" in ended.stderr
