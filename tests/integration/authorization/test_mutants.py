"""The watchdog's watchdog: with any one policy, owner check or wall away, something must bark.

`make mutants` tries every one and prints what caught it; `make proof` tries a part of them.
"""

import itertools
import sys

import pytest
import sqlalchemy as sa

from tests.integration.authorization.mutants import OwnerChecks, policy_mutants, with_policy
from tests.integration.authorization.policies import policies_of, wrong_policies
from tests.integration.authorization.test_matrix import (
    _ID,
    Actors,
    end_session,
    read_pages,
    rules,
    run_matrix,
    switch_row_level_security,
)
from tests.integration.authorization.world import build_world

_SAMPLE = 4  # make proof tries every fourth
_EVERY_ONE = pytest.param(1, marks=pytest.mark.by_hand, id="each")
_LOOKING = ("northwind", "aegean", "kalamata", "thistle")

# Owner checks that stand behind another one, with that other: away, nothing changes.
EQUIVALENT = {
    "app.services.statements.get_statement": "_account found the account among the viewer's",
    "app.services.invoice_details._shown_lines": "_find found the invoice; its assets are its own",
    "app.services.subscriptions.list_plan_reservations": "the view finds the plan first",
    "app.services.basket_lines.own_basket": "a basket is found by its user, who is the viewer",
}


@pytest.fixture
def world(app):
    return build_world()


@pytest.fixture
def actors(app, world, sign_in, owner_engine):
    found = Actors(app, world, sign_in)
    end_session(found.clients["ended"], owner_engine)
    return found


def report(mutant, wrong):
    sys.stdout.write(f"| {mutant} | {wrong[0] if wrong else 'NOT CAUGHT'} |\n")
    return [] if wrong else [str(mutant)]


def test_row_level_security_is_what_is_written(owner_engine):
    with owner_engine.connect() as connection:
        assert wrong_policies(connection) == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("step", [_EVERY_ONE, pytest.param(_SAMPLE, id="sample")])
def test_the_matrix_misses_any_one_policy_of_a_route(app, world, actors, step):
    mutants = policy_mutants(app, lambda rule: _ID.sub("<id>", rule))
    survivors = []
    for mutant in itertools.islice(mutants, 0, None, step):
        pages = {(mutant.page, method) for method in mutant.methods}
        with with_policy(app, mutant):
            wrong, _ = run_matrix(app, world, actors, ("aegean",), pages=pages)
        survivors += report(mutant, wrong)

    assert survivors == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("step", [_EVERY_ONE, pytest.param(_SAMPLE, id="sample")])
def test_the_matrix_misses_any_one_owner_check(app, world, actors, owner_engine, step):
    """Row-level security is off meanwhile: it would hide what the query no longer does."""
    looking = actors.only(*(f"{name}_administrator" for name in _LOOKING))
    objects, survivors = ("aegean", "kalamata"), []
    switch_row_level_security(owner_engine, "DISABLE")
    try:
        with OwnerChecks() as checks:
            pages = {(page, method) for page, method, _ in rules(app) if "/bss/" not in page}
            assert run_matrix(app, world, looking, objects, pages=pages)[0] == []
            usual = read_pages(app, world, looking, objects)
            reached = {number: set(pages) for number, pages in checks.reached.items()}
            for number in sorted(reached)[::step]:
                pages = {(_ID.sub("<id>", rule), method) for rule, method in reached[number]}
                checks.removed = number
                told = read_pages(app, world, looking, objects, pages=pages)
                wrong = [f"{cell}: tells other words" for cell in told if told[cell] != usual[cell]]
                if not wrong:
                    wrong, _ = run_matrix(app, world, looking, objects, pages=pages)
                    checks.removed = None  # the matrix writes: what pages tell may be new
                    usual = read_pages(app, world, looking, objects)
                module, function, line = checks.sites[number]
                if reason := EQUIVALENT.get(f"{module}.{function}"):
                    wrong = wrong or [f"changes nothing: {reason}"]
                survivors += report(f"{module}.{function}, line {line}", wrong)
            for number in sorted(set(range(len(checks.sites))) - set(reached)):
                sys.stdout.write("not reached: {}.{}, line {}\n".format(*checks.sites[number]))
    finally:
        switch_row_level_security(owner_engine, "ENABLE")

    assert survivors == []


@pytest.mark.proof
def test_any_one_policy_of_row_level_security_is_missed(owner_engine):
    survivors = []
    with owner_engine.connect() as connection:
        policies = policies_of(connection)
        for table, found in policies.items():
            lies = [
                f"ALTER TABLE {table} {lie} ROW LEVEL SECURITY" for lie in ("DISABLE", "NO FORCE")
            ]
            for name, command, qualifier in sorted(found):
                clause = "WITH CHECK" if command == "INSERT" else "USING"
                lies.append(f"DROP POLICY {name} ON {table}")
                if qualifier != "true":
                    lies.append(f"ALTER POLICY {name} ON {table} {clause} (true)")
            for lie in lies:
                connection.execute(sa.text(lie))
                survivors += report(lie, wrong_policies(connection))
                connection.rollback()

    assert survivors == []
