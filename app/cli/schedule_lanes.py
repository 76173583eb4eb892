"""The dispatcher's schedule: threads beside the loop that wakes purchases."""

import threading
import time
from collections.abc import Sequence

import structlog
from flask import Flask

from app.database import POSTGRESQL_IS_AWAY, let_go
from app.services.purchases import PurchaseDriver
from app.services.schedule import ScheduledJob, note_outcome, run_alone

log = structlog.get_logger()

_LOOK_EVERY_SECONDS = 1.0
_AFTER_FAILURE_SECONDS = 60.0


class ScheduleLane(threading.Thread):
    """One job after the other, each when its time has come.

    It may be left at any line: every job commits in small steps and goes on from them. An error
    that a job does not foresee is that job's alone: people are told, a minute later it runs again.
    """

    def __init__(
        self, name: str, jobs: Sequence[ScheduledJob], *, app: Flask, driver: PurchaseDriver
    ) -> None:
        super().__init__(name=f"schedule-{name}", daemon=True)
        self._jobs = jobs
        self._app = app
        self._driver = driver
        self._due_at = dict.fromkeys((job.name for job in jobs), 0.0)
        self._failed: dict[str, bool] = {}  # unknown: what an earlier process noted may stand
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
        try:
            with self._app.app_context():
                is_failure = self._fails(job)
        except POSTGRESQL_IS_AWAY as error:
            log.warning("schedule.postgresql_away", job=job.name, error=type(error).__name__)
            return  # the next look tries again
        wait = _AFTER_FAILURE_SECONDS if is_failure else job.every_seconds
        self._due_at[job.name] = time.monotonic() + wait

    def _fails(self, job: ScheduledJob) -> bool:
        try:
            if run_alone(job, self._driver) and self._failed.get(job.name, True):
                note_outcome(job, is_failure=False)
                self._failed[job.name] = False
        except POSTGRESQL_IS_AWAY:
            raise
        except Exception:  # whatever it is, the other jobs and the purchases go on
            log.exception("schedule.job_failed", job=job.name)
            let_go()
            note_outcome(job, is_failure=True)
            self._failed[job.name] = True
            return True
        return False
