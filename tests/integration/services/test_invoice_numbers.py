"""Numbers of invoices under many hands and sudden deaths: no gap, none twice, every cent there."""

import itertools
import os
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.models import Asset, Invoice, InvoiceLine, Order
from app.services.invoices import invoice_order
from tests import factories
from tests.factories import AccountFactory, OrderFactory, ReservationFactory
from tests.integration.services.buyers import all_at_once, rows
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("app_context")

REPOSITORY = Path(__file__).parents[3]


def orders_with_assets(count, seed=1):
    """So many executed orders with one to three assets each, of several accounts."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    reseller = AccountFactory(reseller_account=True)
    accounts = [AccountFactory(), *(AccountFactory.customer_of(reseller) for _ in range(3))]
    orders = []
    for _ in range(count):
        account = chance.choice(accounts)
        order = OrderFactory(account=account)
        for _ in range(chance.choice((1, 1, 2, 3))):
            ReservationFactory(
                account=account,
                order_id=order.id,
                quantity=chance.randint(1, 40),
                buying_unit_price=Decimal(chance.randint(1, 500_000)) / 100,
                discount_percent=Decimal(chance.choice((0, 0, 250, 750, 1250))) / 100,
                vat_rate=Decimal(24),
            )
        orders.append(order.id)
    return orders


def assert_all_is_invoiced_once(orders):
    invoices = rows(Invoice)
    assert sorted(invoice.order_id for invoice in invoices) == sorted(orders)
    sequences = sorted(invoice.sequence for invoice in invoices)
    assert sequences == list(range(1, len(orders) + 1))
    lines = {line.asset_id: line for line in rows(InvoiceLine)}
    assets = rows(Asset)
    assert set(lines) == {asset.id for asset in assets}
    assert all(lines[asset.id].net == asset.buying_net for asset in assets)
    assert all(lines[asset.id].vat == asset.buying_vat for asset in assets)
    assert sum(invoice.net for invoice in invoices) == sum(asset.buying_net for asset in assets)


def test_many_threads_leave_no_gap(app):
    orders = orders_with_assets(40)
    waiting = list(orders)

    def act():
        while waiting:
            issue(waiting.pop())

    all_at_once(app, 8, act)

    assert_all_is_invoiced_once(orders)


def issue(order_id):
    with transaction(SYSTEM_SCOPE) as session:
        invoice_order(session, session.get_one(Order, order_id))


class BrokenError(Exception):
    """What goes wrong after the number was taken."""


def test_a_transaction_that_breaks_gives_its_number_back(app):
    first, second = orders_with_assets(2)
    with pytest.raises(BrokenError):
        issue_and_break(first)

    issue(second)
    issue(first)

    assert_all_is_invoiced_once([first, second])


def issue_and_break(order_id):
    with transaction(SYSTEM_SCOPE) as session:
        invoice_order(session, session.get_one(Order, order_id))
        raise BrokenError


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_a_thousand_invoices_by_eight_processes_that_are_killed_at_random(
    servers, settings, tmp_path, record_property
):
    """Each process is killed by SIGKILL and started again, 40 times in all."""
    orders = orders_with_assets(1000)
    environment = {
        **os.environ,
        **servers.environment(ENTREPOT_ENV="test", DATABASE_URL=settings.database_url),
        "PYTHONPATH": str(REPOSITORY),
    }
    log = (tmp_path / "issuers.log").open("w")

    def start(number):
        return subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-m", "tests.support.issue_invoices", str(number)],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=REPOSITORY,
        )

    chance, kills = random.Random(6), 0  # noqa: S311  # no secret
    processes = [start(number) for number in range(8)]
    for goal in itertools.count(20, 20):
        if kills == 40 or goal >= 900:
            break
        wait_until(lambda goal=goal: invoiced() >= goal, seconds=120, what=f"{goal} invoices")
        victim = chance.randrange(8)
        processes[victim].kill()
        processes[victim].wait()
        processes[victim] = start(victim)
        kills += 1
    for process in processes:
        assert process.wait(timeout=300) == 0
    log.close()

    record_property("kills", kills)
    assert kills == 40
    assert_all_is_invoiced_once(orders)


def invoiced():
    factories.session.rollback()
    return factories.session.scalar(sa.select(sa.func.count()).select_from(Invoice))
