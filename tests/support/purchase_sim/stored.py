"""The same for the real services on PostgreSQL; only Microsoft and the clock are simulated.

PostgreSQL's clock cannot be moved, so time passes by moving the row's instants into the past.
"""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import uuid4

import sqlalchemy as sa

from app.database import db
from app.domain import purchase_commands as c
from app.domain.errors import ConflictError, InvalidError
from app.domain.purchase import PurchaseState, allowed_moves
from app.domain.purchase_guards import WaitsFor
from app.domain.purchase_protocol import purchase_step
from app.models import Asset, Control, Purchase, PurchaseEvent
from app.services.approvals import approve
from app.services.asset_editing import AssetEdit, save_asset
from app.services.expiry import expire_due_assets
from app.services.provisioning_switch import bump_epoch, declare_restored, switch_off
from app.services.purchase_records import record
from app.services.purchase_rows import Claim, claim, renew_lease
from tests import factories
from tests.factories import AccountFactory, SubscriptionFactory, UserFactory, viewer_of
from tests.support.buying import new_reservation, queue_purchase
from tests.support.purchase_sim import moves
from tests.support.purchase_sim.memory import way_of
from tests.support.purchase_sim.provider import Provider, outcomes
from tests.support.purchase_sim.world import START, World, fresh_row, promise

_LEASE = dt.timedelta(seconds=60)
_INSTANTS = (
    "next_run_at",
    "lease_until",
    "cart_created_at",
    "cart_gone_at",
    "checkout_first_sent_at",
    "checkout_last_sent_at",
    "absence_proved_at",
    "spent_at",
)
_FAR_DAY = dt.date(2100, 1, 1)
_PATIENCE = 200  # steps of the calm


def _guards(session, what):
    session.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
    for table in ("purchases", "purchase_events"):
        session.execute(sa.text(f"ALTER TABLE {table} {what} TRIGGER USER"))


@dataclass
class _Worker:
    """A worker that may be asleep right before its next command."""

    core: object
    held: Claim
    command: object


class StoredBench:
    """What `MemoryBench` does in memory."""

    def __init__(self, app):
        factories.session.rollback()
        self._app = app
        self._now = START
        self._workers = {}
        self._seen = []
        self._min_epoch = 1
        self.is_restored = False
        self._control(provisioning_enabled=True, restored_at=None, min_epoch=1)
        self._make_asset()
        self.back_up()

    def _make_asset(self):
        account = AccountFactory()
        plan = SubscriptionFactory(account=account)
        cost = {"unit_cost": Decimal("100.0000"), "cost_currency": "EUR", "term_duration": "P1Y"}
        item = {"microsoft_product_id": "PRODUCT", "microsoft_sku_id": "0001", "quantity": 5}
        self._asset_id = new_reservation(plan, account, **cost, **item).id
        self.provider = Provider(
            customer_id=account.microsoft_tenant_id, name=f"{uuid4().hex[:8]}-"
        )
        self._staff = [viewer_of(UserFactory(staff=True)) for _ in range(2)]
        queue_purchase(factories.session.get_one(Asset, self._asset_id))

    @staticmethod
    def _control(**values):
        factories.session.execute(sa.update(Control).values(**values))
        factories.session.commit()

    # ----------------------------------------------------------------- workers

    def workers(self):
        return {name: worker.command for name, worker in self._workers.items()}

    def claim(self, epoch):
        """The bell rings and the lease ran out, as it may at any time."""
        row = self._row()
        if row.next_run_at is not None:
            self._change(next_run_at=sa.func.now(), lease_until=None)
        held = claim(row.id, worker="simulated", epoch=epoch, lease=_LEASE)
        if held is None:
            return False
        core = purchase_step(held.row)
        name = (row.generation, held.fence)
        self._go_to(name, _Worker(core, held, core.send(None)))
        return True

    def _go_to(self, name, worker):
        """As the driver: the lease is renewed before each call. Then anybody may fall asleep."""
        is_call = not isinstance(worker.command, c.Record)
        if is_call and not renew_lease(worker.held):
            self._workers.pop(name, None)
        else:
            self._workers[name] = worker

    def go(self, name, roll):
        worker = self._workers[name]
        if isinstance(worker.command, c.Record):
            answer = record(worker.held, worker.command)
        else:
            how = way_of(outcomes(worker.command), roll)
            self.provider, answer = self.provider.answer(
                worker.command, worker.held.wanted, how, self._now
            )
        try:
            worker.command = worker.core.send(answer)
        except StopIteration:
            self._workers.pop(name)
            return
        if answer is False:
            self._workers.pop(name)
        else:
            self._go_to(name, worker)

    def crash(self, name):
        self._workers.pop(name)

    def network(self, word, number):
        if number >= len(self.provider.under_way):
            return
        if word == "vanish":
            self.provider = self.provider.vanish(number)
        else:
            self.provider = self.provider.arrive(number, self._now, stays=word == "double")

    # ------------------------------------------------------------------ people

    def save(self, quantity):
        asset = self._asset()
        edit = AssetEdit(version=asset.version, quantity=quantity)
        try:
            save_asset(self._staff[0], self._asset_id, edit)
        except (ConflictError, InvalidError):
            return  # not in this state, or not this quantity

    def agree(self):
        if self._row().waits_for is WaitsFor.NEW_CART_APPROVAL:
            for viewer in self._staff:
                approve(viewer, self._row().id)

    def wait(self, minutes):
        self._pass(dt.timedelta(minutes=minutes))

    def _pass(self, time):
        self._now += time
        moved = {name: getattr(Purchase, name) - time for name in _INSTANTS}
        self._change(**moved)

    def _change(self, **values):
        factories.session.execute(
            sa.update(Purchase)
            .where(Purchase.asset_id == self._asset_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        factories.session.commit()

    # --------------------------------------------------------------- operators

    def switch(self, *, is_on):
        if is_on:
            self._control(provisioning_enabled=True)
        else:
            switch_off("a test", "a test")

    def bump_epoch(self):
        return bump_epoch("a test")

    def flush_bells(self):
        self._app.extensions["queue"].connection.flushdb()

    def expire(self):
        expire_due_assets(_FAR_DAY)

    def back_up(self):
        self._backup = self._dump()

    def _dump(self):
        columns = Purchase.__table__.c
        rows = factories.session.execute(
            sa.select(*columns).where(columns.asset_id == self._asset_id)
        ).mappings()
        return [dict(row) for row in rows], self._asset().quantity, self._now

    def restore(self):
        self._newest = self._dump()
        self._workers.clear()
        self._put_back(self._backup)
        declare_restored("a test")
        self.is_restored = True

    def recover(self):
        self._put_back(self._newest)
        self._control(provisioning_enabled=True, restored_at=None)
        self.is_restored = False

    def _put_back(self, dump):
        """Past triggers and walls, as a restore does."""
        rows, quantity, then = dump
        session = factories.session
        db.session.rollback()
        _guards(session, "DISABLE")
        gone = [row["id"] for row in self._newest[0]]
        session.execute(sa.delete(PurchaseEvent).where(PurchaseEvent.purchase_id.in_(gone)))
        session.execute(sa.delete(Purchase).where(Purchase.asset_id == self._asset_id))
        session.execute(sa.insert(Purchase), rows)
        session.execute(
            sa.update(Asset).where(Asset.id == self._asset_id).values(quantity=quantity)
        )
        _guards(session, "ENABLE")
        session.commit()
        moved = {name: getattr(Purchase, name) - (self._now - then) for name in _INSTANTS}
        self._change(**moved)
        self._seen = []

    # ---------------------------------------------------------------- promises

    def _asset(self):
        factories.session.rollback()
        factories.session.expire_all()
        return factories.session.get_one(Asset, self._asset_id)

    def _row(self):
        factories.session.rollback()
        factories.session.expire_all()
        return factories.session.scalar(
            sa.select(Purchase)
            .where(Purchase.asset_id == self._asset_id)
            .order_by(Purchase.generation.desc())
            .limit(1)
        )

    def as_world(self):
        """What is stored, as the simulator's promises look at it."""
        row = self._row()
        now = factories.session.scalar(sa.select(sa.func.now()))
        due_at = row.next_run_at and self._now + (row.next_run_at - now)
        seen = replace(fresh_row(), state=row.state, cart_id=row.cart_id, order_id=row.order_id)
        return World(
            now=self._now,
            row=seen,
            due_at=due_at,
            quantity=self._asset().quantity,
            generation=row.generation,
            provider=self.provider,
        )

    def check(self):
        world = self.as_world()
        if not self.is_restored:
            moves.check(world)
        self._check_history(world)

    def _check_history(self, world):
        """The graph is kept, cart and order are write-once."""
        if self._seen and self._seen[-1].generation == world.generation:
            before, after = self._seen[-1].row, world.row
            moved = (before.state, after.state)
            promise(
                holds=before.state is after.state or moved in allowed_moves(),
                what=f"left the graph: {moved}",
            )
            promise(holds=before.cart_id in {None, after.cart_id}, what="another cart")
            promise(holds=before.order_id in {None, after.order_id}, what="another order")
        self._seen.append(world)

    def finish(self):
        """The faults stop, nobody saves: what is due is done until it is at rest."""
        self._workers.clear()
        while self.provider.under_way:
            self.network("arrive", 0)
        self._control(provisioning_enabled=True)
        epoch = factories.session.scalar(sa.select(Control.min_epoch))
        self._come_to_rest(epoch)
        moves.check_end(self.as_world())

    def _come_to_rest(self, epoch):
        patience = self._now + dt.timedelta(days=60)
        for _ in range(_PATIENCE):
            world = self.as_world()
            is_done = world.row.state is PurchaseState.SYNCHRONIZED or world.due_at is None
            if is_done or max(world.due_at, world.now) > patience:
                return
            self._pass(max(world.due_at - world.now, dt.timedelta()))
            self.claim(epoch)
            while self._workers:
                self.go(next(iter(self._workers)), 0)
                self.check()
