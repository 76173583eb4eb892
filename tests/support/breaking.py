"""Real processes, each broken at a failpoint of its own, then sound ones of the next deploy."""

import datetime as dt
import signal
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer

from app.domain.purchase import PurchaseState
from app.failpoints import Action, Point
from app.models import Control, Purchase
from app.queueing import STEP_PURCHASE, connect_redis
from app.services.passwords import hash_password
from embedded.ports import free_port
from sandbox.catalogue.model import get_catalogue
from tests.factories import (
    AccountFactory,
    PriceListFactory,
    PurchaseFactory,
    SkuFactory,
    SubscriptionFactory,
    TaxRuleFactory,
    UserFactory,
    generic_product,
    session,
)
from tests.support.buying import VM, new_reservation
from tests.support.nursery import Nursery, is_alive, send
from tests.support.person import Person, reservation_form
from tests.support.waiting import wait_until

_LEASE_SECONDS, _READ_SECONDS = 6, 5
_PAUSE_SECONDS = 8  # past the lease, and past what PostgreSQL lets a transaction idle
_PASSWORD = "a password of nobody"
WEB_POINTS = [Point.BEFORE_ORDER_COMMIT, Point.AFTER_ORDER_COMMIT, Point.BEFORE_RING]
WORKER_POINTS = [point for point in Point if point not in WEB_POINTS]
_SOUND_EPOCH = 50


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the one purchase that was broken at a point."""

    hits: int
    orders: int
    state: PurchaseState | None
    rows: int  # of purchases; two where a cart expired


class Bench:
    """One action at every point at once: a process and a purchase for each."""

    def __init__(self, servers, settings, sandbox, folder):
        self._servers, self._settings, self._sandbox = servers, settings, sandbox
        self._nursery = None
        self._redis = connect_redis(settings.redis_url)
        self._folder = folder
        self._hits = folder / "hits"
        self._started = []
        self.account = AccountFactory()
        self.plan = SubscriptionFactory(account=self.account)
        sandbox.knows(self.account, self.plan)
        self.buyer = UserFactory(account=self.account, password_hash=hash_password(_PASSWORD))
        item = get_catalogue().find_titled(VM)
        PriceListFactory(is_default=True, percent=Decimal(10))
        TaxRuleFactory()
        self.sku = SkuFactory(
            reservation=True,
            product=generic_product(),
            title=VM,
            cost=item.unit_price,
            microsoft_product_id=item.product_id,
            microsoft_sku_id=item.sku_id,
        )

    def break_at_all(self, action):
        """Break all points, then let sound processes go on: {point: Outcome}."""
        with Nursery() as self._nursery:
            urls = self._start_webs(action)
            bought = self._break_workers(action)
            bought |= {point: self._buy(url) for point, url in urls.items()}
            self._deploy()
            wait_until(
                lambda: all(self._is_final(asset) for asset in bought.values()),
                seconds=120,
                what="every purchase to come to its end",
            )
            self._stop_all()
            return {point: self._outcome(point, asset) for point, asset in bought.items()}

    def _break_workers(self, action):
        numbers, missing = {}, {}
        for epoch, point in enumerate(WORKER_POINTS, start=2):
            asset = new_reservation(self.plan, self.account)
            numbers[point] = f"AST-{asset.number:06d}"
            purchase = self._queue(asset, has_lost_cart=point is Point.AFTER_CART_GONE)
            missing[point] = (epoch, purchase.id)
            self._start("worker", epoch, self._broken(point, action))
        wait_until(lambda: self._are_broken(missing), seconds=120, what=f"{action} at all points")
        return numbers

    def _are_broken(self, missing):
        """Ring again for whoever was not: where a call timed out the row waits for a bell."""
        for point, (epoch, purchase_id) in list(missing.items()):
            if self._hits_of(point):
                missing.pop(point)
            else:
                self._ring(epoch, purchase_id)
        return not missing

    @staticmethod
    def _queue(asset, *, has_lost_cart):
        """As an executed order leaves it; its bell is rung by hand, at the broken worker's."""
        lost = {"state": PurchaseState.CART_READY, "cart_id": "gone"} if has_lost_cart else {}
        values = {"state": PurchaseState.QUEUED, "next_run_at": dt.datetime.now(dt.UTC)} | lost
        return PurchaseFactory(asset=asset, order_id=None, **values)

    def _start_webs(self, action):
        urls = {}
        for epoch, point in enumerate(WEB_POINTS, start=30):
            port = free_port()
            arguments = ["wsgi:app", "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
            arguments += ["--worker-class", "gthread", "--threads", "4"]
            self._start("web", epoch, self._broken(point, action), *arguments)
            urls[point] = f"http://127.0.0.1:{port}"
        return urls

    def _buy(self, url):
        """As people do: again and again until it worked."""
        person = Person(url, self.buyer.email, _PASSWORD, timeout=5)
        person.sign_in()
        return person.buy(reservation_form(self.plan.id), self.sku.id, 2).asset

    def _broken(self, point, action):
        pause = f":seconds={_PAUSE_SECONDS}" if action is Action.PAUSE else ""
        return {
            "ENTREPOT_FAILPOINT": f"{point}:{action}:times=1{pause}",
            "ENTREPOT_FAILPOINT_HITS": str(self._hits),
        }

    def _ring(self, epoch, purchase_id):
        queue = Queue(f"entrepot-test-{epoch}", connection=self._redis, serializer=JSONSerializer)
        if queue.is_empty():
            queue.enqueue(STEP_PURCHASE, str(purchase_id), job_timeout=60)

    def _deploy(self):
        """The next deploy: only its epoch may claim from now on."""
        session.execute(sa.update(Control).values(min_epoch=_SOUND_EPOCH))
        # the bell of a web process rang for nobody: a dispatcher would ring again in 15 seconds
        session.execute(sa.update(Purchase).values(woken_at=None))
        session.commit()
        for _ in range(2):
            self._start("worker", _SOUND_EPOCH, {})
        self._start("dispatcher", _SOUND_EPOCH, {})

    def _is_final(self, number):
        return self._purchases(number)[-1].state is PurchaseState.SYNCHRONIZED

    @staticmethod
    def _purchases(number):
        session.rollback()
        session.expire_all()
        query = sa.select(Purchase).where(Purchase.own_ref.startswith(f"{number}-"))
        return session.scalars(query.order_by(Purchase.generation)).all()

    def _outcome(self, point, number):
        rows = self._purchases(number)
        return Outcome(
            hits=self._hits_of(point),
            orders=len(self._sandbox.ledger(f"{number}-")),
            state=rows[-1].state,
            rows=len(rows),
        )

    def _hits_of(self, point):
        if not self._hits.exists():
            return 0
        lines = self._hits.read_text().splitlines()
        return sum(line.startswith(f"{point} ") for line in lines)

    def _start(self, program, epoch, more, *arguments):
        environment = self._servers.environment(
            ENTREPOT_ENV="test",
            DATABASE_URL=self._settings.database_url,
            ENTREPOT_LEASE_SECONDS=str(_LEASE_SECONDS),
            MICROSOFT_READ_TIMEOUT=str(_READ_SECONDS),
            ENTREPOT_EPOCH=str(epoch),
            **more,
        )
        log = self._folder / f"{len(self._started)}-{program}.log"
        pid = self._nursery.start(program, environment=environment, log=log, arguments=arguments)
        self._started.append(pid)

    def _stop_all(self):
        """Whoever was paused wakes up first, and must harm nothing."""
        for pid in self._started:
            send(pid, signal.SIGTERM)
        wait_until(
            lambda: not any(map(is_alive, self._started)),
            seconds=60,
            what="the end of all processes",
        )
