"""The watchdog's watchdog: with any one policy, owner check or wall away, something must bark.

`make mutants` tries every one and prints what caught it; `make proof` tries a part of them.
"""

import itertools
import sys

import pytest
import sqlalchemy as sa

from tests.integration.authorization.knocks import Knocks, answers
from tests.integration.authorization.mutants import OwnerChecks, policy_mutants, with_policy
from tests.integration.authorization.policies import policies_of, wrong_policies
from tests.integration.authorization.strangers import Stranger, without_gate
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
    "app.services.statement_entries.of_account": "_account found the account among the viewer's",
    "app.services.balances.read_ledger": "_account found the account among the viewer's",
    "app.services.invoice_details._shown_lines": "_find found the invoice; its assets are its own",
    "app.services.subscriptions.list_plan_reservations": "the view finds the plan first",
    "app.services.basket_lines.own_basket": "a basket is found by its user, who is the viewer",
    "app.services.account_parts._visible": "the account is found among the viewer's first",
    "app.services.contacts.list_contacts": "the account is found among the viewer's first",
    "app.services.customer_details._is_its": "customer_of found the account",
    "app.services.customer_details._plans": "customer_of found the account",
    "app.services.customer_details._assets": "customer_of found the account",
    "app.services.customer_details._orders": "customer_of found the account",
    "app.services.customer_details._users": "customer_of found the account",
}
# A reseller pays for its customers: they feel these, in the storefront, and a stranger does not.
FELT_BY_CUSTOMERS = {
    "app.services.asset_history._invoiced",
    "app.services.invoice_lists.invoices_of_asset",
    "app.services.invoice_lists._linked",
}
# No bare request comes by these: services are asked.
KNOCKED = {
    "app.services.asset_editing._asset_to_change",
    "app.services.asset_lists.chosen_ids",
    "app.services.asset_search._part",
    "app.services.baskets._was_added",
    "app.services.bulk_jobs.list_results",
    "app.services.credit_notes.issue_credit_note",
    "app.services.held_mails.settle_held",
    "app.services.invoice_payments._invoice_to_change",
    "app.services.late_invoices._free_asset",
    "app.services.list_settings._change",
    "app.services.mails.retry_all_unsent",
    "app.services.quotes._order_of_form",
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
                survivors += _survivor(checks, number, wrong)
    finally:
        switch_row_level_security(owner_engine, "ENABLE")

    assert survivors == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("step", [_EVERY_ONE, pytest.param(_SAMPLE, id="sample")])
def test_the_back_office_misses_any_one_owner_check(app, world, sign_in, owner_engine, step):
    """Staff never feel one: a stranger does, who came in without the gate and without the wall."""
    stranger = Stranger(app, world, sign_in)
    survivors = []
    switch_row_level_security(owner_engine, "DISABLE")
    try:
        with without_gate(app), OwnerChecks() as checks:
            assert stranger.wrong() == []
            usual = stranger.read()
            reached = {number: set(pages) for number, pages in checks.reached.items()}
            elsewhere = KNOCKED | FELT_BY_CUSTOMERS
            ours = [n for n in sorted(reached) if _name(checks, n) not in elsewhere]
            for number in ours[::step]:
                pages = {(_ID.sub("<id>", rule), method) for rule, method in reached[number]}
                checks.removed = number
                told = stranger.read(pages)
                wrong = [f"{page}: tells other words" for page in told if told[page] != usual[page]]
                if not wrong:
                    wrong = stranger.wrong(pages)
                    checks.removed = None  # what was let in has written
                    usual = stranger.read()
                survivors += _survivor(checks, number, wrong)
    finally:
        switch_row_level_security(owner_engine, "ENABLE")

    assert survivors == []


@pytest.mark.proof
def test_a_service_misses_its_owner_check_where_no_page_asks(app, world, sign_in, owner_engine):
    stranger = Stranger(app, world, sign_in)
    with app.app_context():
        tried = Knocks(world, stranger).tried()
    survivors = []
    switch_row_level_security(owner_engine, "DISABLE")
    try:
        with OwnerChecks() as checks:
            numbers = [n for n in range(len(checks.sites)) if _name(checks, n) in KNOCKED]
            usual = answers(app, tried)
            for number in numbers:
                checks.removed = number
                told = answers(app, tried)
                checks.removed = None
                wrong = [f"{name}: {told[name]}" for name in told if told[name] != usual[name]]
                survivors += _survivor(checks, number, wrong)
                usual = answers(app, tried)
    finally:
        switch_row_level_security(owner_engine, "ENABLE")

    assert len(numbers) == len(KNOCKED)
    assert survivors == []


def _name(checks, number):
    return ".".join(checks.sites[number][:2])


def _survivor(checks, number, wrong):
    module, function, line = checks.sites[number]
    if reason := EQUIVALENT.get(f"{module}.{function}"):
        wrong = wrong or [f"changes nothing: {reason}"]
    return report(f"{module}.{function}, line {line}", wrong)


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
