"""A customer's 500 calls a minute: who may begin, who may go on, and that nobody calls in vain."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.domain.purchase import PurchaseState
from app.domain.purchase_waits import CALL_BUDGET
from app.integrations.microsoft import Call, CallIds
from app.integrations.microsoft.call_budget import PER_CUSTOMER
from app.models import Asset, Purchase
from app.services.purchase_rows import claim
from app.services.purchase_turns import waiting_with
from app.services.purchases import step
from tests import factories
from tests.factories import AccountFactory
from tests.support.buying import events_of, new_reservation, purchase_of, queue_purchase

pytestmark = pytest.mark.usefixtures("app_context")

ROOM = {
    PurchaseState.QUEUED: 40,
    PurchaseState.ORDERED: 16,
    PurchaseState.SYNCHRONIZED: 100,
}


@pytest.fixture
def reservation(plan, account):
    """Not bought yet."""
    return new_reservation(plan, account)


@pytest.fixture
def leave(app, driver, account):
    """So many of the customer's minute are left."""

    def left(calls):
        app.extensions["queue"].connection.flushdb()
        url = f"https://x/v1/customers/{account.microsoft_tenant_id}/orders"
        for _ in range(PER_CUSTOMER - calls):
            driver.budget.take(Call(operation="a test", url=url, ids=CallIds.new(uuid4())))

    return left


def brought_to(state, asset, settle):
    """The purchase in that state, and due."""
    purchase_id = queue_purchase(asset)
    if state is not PurchaseState.QUEUED:
        settle()
    factories.session.execute(sa.text("ALTER TABLE purchases DISABLE TRIGGER USER"))
    due = {"state": state, "next_run_at": sa.func.now(), "attempts": 3}
    factories.session.execute(sa.update(Purchase).values(**due))
    factories.session.execute(sa.text("ALTER TABLE purchases ENABLE TRIGGER USER"))
    factories.session.commit()
    return purchase_id


@pytest.fixture
def stored(reservation, settle):
    return lambda state: brought_to(state, reservation, settle)


@pytest.mark.parametrize(("state", "room"), ROOM.items(), ids=ROOM)
def test_a_step_begins_where_the_minute_has_room_for_it(
    state, room, leave, stored, sandbox, driver
):
    purchase_id = stored(state)
    reservation = asset_of(purchase_id)
    before, told = sandbox.last_request(), events_of(reservation)

    leave(room - 1)
    step(purchase_id, driver=driver)

    row = purchase_of(reservation)
    assert sandbox.requests(before) == []
    assert events_of(reservation) == told, "hundreds of waits would drown the history"
    assert (row.state, row.error_code, row.attempts) == (state, CALL_BUDGET, 3)
    assert row.next_run_at > now()

    brought_forward()
    leave(room)
    step(purchase_id, driver=driver)

    assert sandbox.requests(before) != []
    assert purchase_of(reservation).error_code is None


def test_what_waited_for_its_turn_is_bought_once(reservation, leave, sandbox, settle):
    leave(39)
    queue_purchase(reservation)
    settle()
    assert sandbox.orders_of(reservation) == 0

    leave(PER_CUSTOMER)
    settle()

    assert purchase_of(reservation).state is PurchaseState.SYNCHRONIZED
    assert sandbox.orders_of(reservation) == 1


def test_whoever_waits_knows_with_how_many(account, plan, leave, driver):
    queued = [queue_purchase(new_reservation(plan, account)) for _ in range(3)]
    leave(0)
    for purchase_id in queued[1:]:
        step(purchase_id, driver=driver)
    elsewhere = queue_purchase(new_reservation(plan, AccountFactory()))
    factories.session.get_one(Purchase, elsewhere).error_code = CALL_BUDGET
    factories.session.commit()

    held = claim(queued[0], worker="a test", epoch=driver.epoch, lease=driver.lease)

    assert waiting_with(held) == 3


def asset_of(purchase_id):
    row = factories.session.get_one(Purchase, purchase_id)
    return factories.session.get_one(Asset, row.asset_id)


def brought_forward():
    factories.session.execute(sa.update(Purchase).values(next_run_at=sa.func.now()))
    factories.session.commit()


def now():
    factories.session.expire_all()
    return factories.session.scalars(sa.select(sa.func.clock_timestamp())).one()
