"""The rules of the purchase machine against the real services, PostgreSQL's walls beneath them."""

from functools import partial

import pytest

from tests.support.purchase_sim.machine import run_machine
from tests.support.purchase_sim.stored import StoredBench

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.mark.timeout(400)
def test_no_order_of_rules_buys_twice_or_loses(app):
    run_machine(partial(StoredBench, app), examples=25, steps=40)


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_many_orders_of_rules_later_that_still_holds(app):
    run_machine(partial(StoredBench, app), examples=300, steps=50)
