"""Failpoints: off unless asked for, read strictly, counted in a file, never in production."""

import multiprocessing
import signal
from pathlib import Path

import pytest

from app.config import Settings, SettingsError
from app.failpoints import BadFailpointError, FailpointError, Point, arm, reach

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://a:b@localhost/c",
    "REDIS_URL": "redis://localhost",
    "SECRET_KEY": "s" * 32,
    "ENCRYPTION_KEY": "A" * 43 + "=",
    "MICROSOFT_TENANT_ID": "tenant",
    "MICROSOFT_CLIENT_ID": "client",
    "MICROSOFT_CLIENT_SECRET": "secret",
}


@pytest.fixture(autouse=True)
def disarmed():
    yield
    arm("")


def hits_at(point, times):
    """At which of so many reaches the exception came."""
    found = []
    for number in range(1, times + 1):
        try:
            reach(point)
        except FailpointError:
            found.append(number)
    return found


def test_nothing_happens_unless_it_is_armed():
    assert hits_at(Point.BEFORE_CLAIM, 3) == []


def test_only_the_named_point_is_broken():
    arm("before_claim:exception")

    assert hits_at(Point.AFTER_CLAIM, 2) == []
    assert hits_at(Point.BEFORE_CLAIM, 2) == [1, 2]


def test_it_begins_at_the_nth_reach():
    arm("before_claim:exception:nth=3")

    assert hits_at(Point.BEFORE_CLAIM, 4) == [3, 4]


def test_a_probability_repeats_with_its_seed():
    arm("before_claim:exception:p=0.5", seed="7")
    first = hits_at(Point.BEFORE_CLAIM, 20)
    arm("before_claim:exception:p=0.5", seed="7")

    assert hits_at(Point.BEFORE_CLAIM, 20) == first
    assert 0 < len(first) < 20


def test_times_are_counted_over_all_processes(tmp_path):
    hits = tmp_path / "hits"
    hits.write_text("before_claim exception 1\n")
    arm("before_claim:exception:times=2", hits_file=hits)

    assert hits_at(Point.BEFORE_CLAIM, 3) == [1]
    assert hits.read_text().count("before_claim exception") == 2


def test_a_kill_is_a_kill_and_is_written_down_before(tmp_path):
    hits = tmp_path / "hits"

    def die():
        arm("before_claim:kill9", hits_file=hits)
        reach(Point.BEFORE_CLAIM)

    process = multiprocessing.get_context("fork").Process(target=die)
    process.start()
    process.join(20)

    assert process.exitcode == -signal.SIGKILL
    assert hits.read_text() == f"before_claim kill9 {process.pid}\n"


@pytest.mark.parametrize(
    "wish", ["nowhere:kill9", "before_claim", "before_claim:burn", "before_claim:kill9:often=1"]
)
def test_what_cannot_be_read_is_refused(wish):
    with pytest.raises(BadFailpointError, match="ENTREPOT_FAILPOINT"):
        arm(wish)
    with pytest.raises(SettingsError, match="ENTREPOT_FAILPOINT"):
        Settings.from_env(ENVIRONMENT | {"ENTREPOT_ENV": "test", "ENTREPOT_FAILPOINT": wish})


def test_production_refuses_any():
    armed = ENVIRONMENT | {"ENTREPOT_FAILPOINT": "before_claim:kill9:p=0"}

    with pytest.raises(SettingsError, match="not in production"):
        Settings.from_env(armed)
    assert Settings.from_env(ENVIRONMENT).failpoint == ""


def test_every_point_has_its_number_in_the_documents():
    text = DOCUMENT.read_text(encoding="utf-8")

    for number, point in enumerate(Point, start=1):
        assert f"| F{number:02} | `{point}` |" in text
