"""The dispatcher: every second it wakes what is due, and now and then it keeps the schedule."""

import signal
import time
from types import FrameType

import click
import psycopg
import sqlalchemy as sa
import structlog

from app.cli.surroundings import application
from app.database import db, reading
from app.domain.access import SYSTEM_SCOPE
from app.services.dispatch import dispatch_once
from app.services.expiry import expire_due_assets
from app.services.orders import expire_unapproved_orders
from app.services.purchases import PurchaseDriver
from app.services.schedule import alone
from app.services.today import today

log = structlog.get_logger()

_EVERY_SECONDS = 1.0
_EXPIRY_EVERY_SECONDS = 3600.0
_GRACE_SECONDS = 0.8
_POSTGRESQL_IS_AWAY = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.TimeoutError,
    psycopg.OperationalError,  # while a new connection is being set up
)


@click.command()
def dispatch() -> None:
    """Wake what is due, every second, until SIGTERM or Ctrl-C."""
    with application(says_what_it_does=True) as app:
        _Dispatcher(app.extensions["purchase_driver"]).run()


class _Dispatcher:
    def __init__(self, driver: PurchaseDriver) -> None:
        self._driver = driver
        self._is_waiting = False
        self._is_asked_to_stop = False
        self._is_away = False
        self._expire_at = 0.0  # on the monotonic clock: at once, then every hour

    def run(self) -> None:
        """Go on until asked to stop; a PostgreSQL that is away is waited for."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, _leave)
        log.info("dispatch.started", worker=self._driver.worker)
        try:
            while not self._is_asked_to_stop:
                self._round()
                self._wait()
            log.info("dispatch.stopped")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _round(self) -> None:
        try:
            dispatch_once(driver=self._driver)
            self._keep_schedule()
        except _POSTGRESQL_IS_AWAY as error:
            if not self._is_away:
                log.warning("dispatch.postgresql_away", error=type(error).__name__)
            self._is_away = True
            db.session.remove()
            db.engine.dispose()
        else:
            if self._is_away:
                log.info("dispatch.postgresql_back")
            self._is_away = False
            db.session.remove()

    def _keep_schedule(self) -> None:
        if time.monotonic() < self._expire_at:
            return
        with alone("expiry") as is_mine:
            if is_mine:
                expired = expire_due_assets(today(reading(SYSTEM_SCOPE)))
                orders = expire_unapproved_orders()
                log.info("dispatch.expired", assets=expired, orders=orders)
        self._expire_at = time.monotonic() + _EXPIRY_EVERY_SECONDS

    def _wait(self) -> None:
        if self._is_asked_to_stop:
            return
        self._is_waiting = True
        time.sleep(_EVERY_SECONDS)
        self._is_waiting = False

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        """At once while nothing is under way; else after the round, or after a short grace.

        A call to Microsoft may last longer than that. Leaving it is what the protocol allows at
        any line: the next dispatcher or worker goes on from the row.
        """
        if self._is_waiting:
            log.info("dispatch.stopped")
            raise SystemExit(0)
        if self._is_asked_to_stop:
            return
        self._is_asked_to_stop = True
        signal.setitimer(signal.ITIMER_REAL, _GRACE_SECONDS)


def _leave(_number: int, _frame: FrameType | None) -> None:
    log.info("dispatch.stopped_in_the_middle")
    raise SystemExit(0)
