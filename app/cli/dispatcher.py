"""The dispatcher: every second it wakes what is due, and beside that it keeps the schedule."""

import signal
import time
from types import FrameType

import click
import structlog
from flask import Flask

from app.cli.postman import Postman
from app.cli.schedule_lanes import ScheduleLane
from app.cli.surroundings import application
from app.database import POSTGRESQL_IS_AWAY, db, let_go
from app.services.dispatch import dispatch_once
from app.services.purchases import PurchaseDriver
from app.services.scheduled_jobs import LANES

log = structlog.get_logger()

_EVERY_SECONDS = 1.0
_GRACE_SECONDS = 0.8
_LANE_GRACE_SECONDS = 0.2


@click.command()
def dispatch() -> None:
    """Wake what is due, every second, until SIGTERM or Ctrl-C."""
    with application(says_what_it_does=True) as app:
        _Dispatcher(app, app.extensions["purchase_driver"]).run()


class _Dispatcher:
    def __init__(self, app: Flask, driver: PurchaseDriver) -> None:
        self._driver = driver
        self._postman = Postman(app)
        self._lanes = [
            ScheduleLane(name, jobs, app=app, driver=driver) for name, jobs in LANES.items()
        ]
        self._is_waiting = False
        self._is_asked_to_stop = False
        self._is_away = False

    def run(self) -> None:
        """Go on until asked to stop; a PostgreSQL that is away is waited for."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, _leave)
        log.info("dispatch.started", worker=self._driver.worker)
        for lane in self._lanes:
            lane.start()
        try:
            while not self._is_asked_to_stop:
                self._postman.keep_going()
                self._round()
                self._check_lanes()
                self._wait()
            log.info("dispatch.stopped")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._postman.stop(grace_seconds=_LANE_GRACE_SECONDS)
            self._stop_lanes()

    def _round(self) -> None:
        try:
            dispatch_once(driver=self._driver)
        except POSTGRESQL_IS_AWAY as error:
            if not self._is_away:
                log.warning("dispatch.postgresql_away", error=type(error).__name__)
            self._is_away = True
            let_go()
            db.engine.dispose()
        else:
            if self._is_away:
                log.info("dispatch.postgresql_back")
            self._is_away = False
            let_go()

    def _check_lanes(self) -> None:
        """A dispatcher that keeps no schedule must not look alive: whoever started it starts it
        again."""
        for lane in self._lanes:
            if not lane.is_alive():
                raise RuntimeError(f"{lane.name} has ended.")

    def _stop_lanes(self) -> None:
        """Between two jobs where that is soon, else in the middle: every job bears that."""
        for lane in self._lanes:
            lane.stop()
        ends_at = time.monotonic() + _LANE_GRACE_SECONDS  # for all of them together
        for lane in self._lanes:
            lane.join(max(0.0, ends_at - time.monotonic()))

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
