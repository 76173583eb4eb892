"""A report names the command that makes its run again."""

import pytest

from tests.chaos.plan import Plan


@pytest.mark.parametrize(
    "wishes",
    [
        {"N": "1700", "KILLS": "170", "ZOMBIES": "0", "SEED": "2", "MODE": "B", "WORKERS": "8"},
        {"N": "60", "KILLS": "14", "ZOMBIES": "3", "SEED": "4", "MODE": "C", "HITS": "1"},
        {"N": "40", "SEED": "5", "FAULTS": "80", "PERSONS": "2"},
    ],
)
def test_the_command_of_a_report_makes_the_same_plan(wishes):
    plan = Plan.from_env(wishes)

    told = dict(word.split("=") for word in plan.command.removeprefix("make chaos ").split())

    assert wishes.items() <= told.items()
    assert Plan.from_env(told) == plan
