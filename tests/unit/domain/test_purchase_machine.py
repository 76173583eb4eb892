"""People, workers, provider and operators as rules over the purchase protocol, in memory."""

import pytest

from tests.support.purchase_sim.machine import run_machine
from tests.support.purchase_sim.memory import MemoryBench


def test_no_order_of_rules_buys_twice_or_loses():
    run_machine(MemoryBench, examples=300, steps=50)


@pytest.mark.proof
@pytest.mark.by_hand
@pytest.mark.timeout(1800)
def test_many_orders_of_rules_later_that_still_holds():
    run_machine(MemoryBench, examples=5000, steps=80)
