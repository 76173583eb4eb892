"""The dispatcher's schedule: threads beside the loop that wakes purchases."""

import threading
import time
from collections.abc import Sequence

import structlog
from flask import Flask

from app.cli.sentences import POSTGRESQL_IS_AWAY
from app.services.purchases import PurchaseDriver
from app.services.schedule import ScheduledJob, run_alone

log = structlog.get_logger()

_LOOK_EVERY_SECONDS = 1.0


class ScheduleLane(threading.Thread):
    """One job after the other, each when its time has come.

    It may be left at any line: every job commits in small steps and goes on from them. An error
    that no job foresees ends the lane; the dispatcher sees that and ends too.
    """

    def __init__(
        self, name: str, jobs: Sequence[ScheduledJob], *, app: Flask, driver: PurchaseDriver
    ) -> None:
        super().__init__(name=f"schedule-{name}", daemon=True)
        self._jobs = jobs
        self._app = app
        self._driver = driver
        self._due_at = dict.fromkeys((job.name for job in jobs), 0.0)
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            for job in self._jobs:
                if time.monotonic() >= self._due_at[job.name] and not self._stopping.is_set():
                    self._run(job)
            self._stopping.wait(_LOOK_EVERY_SECONDS)

    def _run(self, job: ScheduledJob) -> None:
        with self._app.app_context():
            try:
                run_alone(job, self._driver)
            except POSTGRESQL_IS_AWAY as error:
                log.warning("schedule.postgresql_away", job=job.name, error=type(error).__name__)
                return  # the next look tries again
        self._due_at[job.name] = time.monotonic() + job.every_seconds
