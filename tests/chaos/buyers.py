"""The load: people who buy over HTTP, and a member of staff who saves what has failed."""

import queue
import threading
import time
from dataclasses import dataclass, field

import psycopg
import requests

from sandbox.catalogue.model import get_catalogue
from tests.e2e.people import ADMIN, BUYER, DIRECT, PASSWORD, RESELLER
from tests.support.person import GaveUpError, Person, reservation_form, software_form

_SOFTWARE = 0.25  # the rest are reservations
_IMPATIENT = 0.2  # press twice
_MOST = 5  # of one thing
_DIFFERENT = 60  # things of each kind
# But for the demo's plan that Microsoft refuses.
_BUYERS = """
SELECT s.id::text, s.account_id::text, u.email
  FROM subscriptions s JOIN users u ON u.account_id = s.account_id OR u.account_id = s.tenant_id
 WHERE s.status = 'active' AND s.provisioning_sync_status = 'synchronized' AND u.email = ANY(%s)
   AND NOT (SELECT needs_approval FROM accounts a WHERE a.id = s.account_id)
   AND NOT EXISTS (SELECT FROM reservations r JOIN purchases p ON p.asset_id = r.id
                    WHERE r.subscription_id = s.id AND p.error_code IS NOT NULL)
 ORDER BY s.id::text, u.email
"""
_SOLD = """
SELECT k.id::text, k.product_id::text, k.kind, k.microsoft_product_id, k.microsoft_sku_id
  FROM skus k JOIN products p ON p.id = k.product_id
 WHERE p.is_published AND k.cost IS NOT NULL AND k.segment = 'commercial'
   AND k.minimum_quantity = 1 AND k.maximum_quantity >= %s
   AND (k.kind = 'software_subscription' OR k.title LIKE 'Reserved VM Instance, Standard_D%%')
 ORDER BY k.title, k.microsoft_product_id, k.microsoft_sku_id
"""


@dataclass(frozen=True)
class Wish:
    number: int
    email: str
    form_at: str
    sku_id: str
    quantity: int
    clicks: int


@dataclass
class Result:
    """What one person saw of one wish; `asset` is empty where they gave up."""

    wish: Wish
    asset: str = ""
    address: str = ""
    pressed_at: float = 0.0
    acknowledged_at: float = 0.0
    asked: int = 0
    errors: list = field(default_factory=list)
    broken_presses: list = field(default_factory=list)  # (from, to, status): a page said error
    gave_up: str = ""

    @property
    def order_id(self):
        return self.address.rstrip("/").rpartition("/")[2]


def draw_wishes(plan, url):
    """What shall be bought by whom: by the demo's people, from what the sandbox sells."""
    with psycopg.connect(url) as connection:
        buyers = connection.execute(_BUYERS, ([BUYER, DIRECT, RESELLER],)).fetchall()
        sold = connection.execute(_SOLD, (_MOST,)).fetchall()
    reservations = _in_stock(sold, "reservation")[:_DIFFERENT]
    software = _in_stock(sold, "software_subscription")[:_DIFFERENT]
    chances, kinds = plan.random("wishes"), plan.random("kinds")
    wishes = []
    for number in range(plan.purchases):
        plan_id, account_id, email = chances.choice(buyers)
        form_at, (sku_id, _) = reservation_form(plan_id), chances.choice(reservations)
        clicks = 2 if chances.random() < _IMPATIENT else 1
        quantity = chances.randrange(1, _MOST + 1)
        if kinds.random() < _SOFTWARE:
            sku_id, product_id = kinds.choice(software)
            form_at = software_form(product_id, account_id)
        wishes.append(Wish(number, email, form_at, sku_id, quantity, clicks))
    return wishes


def _in_stock(sold, wanted):
    """(SKU, product) of the kind."""
    catalogue = get_catalogue()
    return [
        (sku_id, product_id)
        for sku_id, product_id, kind, *ids in sold
        if kind == wanted and not catalogue.find_sku(*ids).out_of_stock
    ]


class Load:
    """Threads of people, all daemons: the end of the run does not wait for whoever hangs."""

    def __init__(self, plan, url, wishes):
        self.results = []
        self.started = 0
        self._plan, self._url = plan, url
        self._wishes = queue.SimpleQueue()
        for wish in wishes:
            self._wishes.put(wish)
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._live, daemon=True) for _ in range(plan.persons)
        ]

    def start(self):
        for thread in self._threads:
            thread.start()

    @property
    def is_done(self):
        return not any(thread.is_alive() for thread in self._threads)

    def _live(self):
        people = {}
        while True:
            try:
                wish = self._wishes.get_nowait()
            except queue.Empty:
                return
            with self._lock:
                self.started += 1
            if wish.email not in people:
                people[wish.email] = Person(
                    self._url, wish.email, PASSWORD, patience=150, timeout=12
                )
            result = self._buy(people[wish.email], wish)
            with self._lock:
                self.results.append(result)

    def _buy(self, person, wish):
        result = Result(wish)
        try:
            bought = person.buy(wish.form_at, wish.sku_id, wish.quantity, clicks=wish.clicks)
        except GaveUpError as error:
            result.gave_up = str(error)
            return result
        result.asset, result.address = bought.asset, bought.address
        result.pressed_at, result.acknowledged_at = bought.pressed_at, bought.acknowledged_at
        result.asked, result.errors = bought.asked, list(bought.errors)
        result.broken_presses = bought.broken_presses
        return result


class Staff:
    """Saves every failed asset, as it is, again and again: that is what people do."""

    def __init__(self, url, failed):
        self.saved = 0
        self._failed = failed  # () -> ids of the assets that failed
        self._person = Person(url, ADMIN, PASSWORD, patience=20, timeout=12)
        self._leaves = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def start(self):
        self._thread.start()

    def leave(self):
        self._leaves.set()
        self._thread.join(30)

    def _live(self):
        while not self._leaves.wait(1.0):
            for asset_id in self._failed():
                if self._leaves.is_set():
                    return
                try:
                    self.saved += bool(self._person.save_asset(asset_id))
                except (GaveUpError, requests.RequestException):
                    time.sleep(1)
