"""The worker: takes ids off the queue and makes one step of a purchase for each.

One process, no fork: the row in PostgreSQL is the job, so a worker that dies in the middle loses
nothing. SIGTERM lets the job in hand finish.
"""

import os
import sys
import time
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from app import create_app
from app.config import Settings, SettingsError
from app.database import db
from app.services.alerts import keep_alerts
from app.services.heartbeats import beat

log = structlog.get_logger()

_TTL_SECONDS = 30  # an idle worker shows a sign of life, and looks around, twice as often
_CONNECT_SECONDS = 5
_BEAT_SECONDS = 10.0


class StepWorker(SimpleWorker):
    """RQ's worker, with the database session given back after each job."""

    was_asked_to_stop = False
    _beat_at = 0.0  # on the monotonic clock

    def heartbeat(self, *arguments: Any, **named: Any) -> None:
        """RQ's sign of life, in PostgreSQL too: staff see it, and alerts are looked after."""
        super().heartbeat(*arguments, **named)
        if time.monotonic() < self._beat_at:
            return
        self._beat_at = time.monotonic() + _BEAT_SECONDS
        try:
            beat(current_app.extensions["purchase_driver"], "worker")
            keep_alerts()
        except (sa.exc.OperationalError, sa.exc.TimeoutError):
            log.warning("worker.postgresql_away")
        finally:
            db.session.remove()

    def perform_job(self, *arguments: Any, **named: Any) -> bool:
        try:
            return bool(super().perform_job(*arguments, **named))
        finally:
            db.session.remove()

    def handle_warm_shutdown_request(self) -> None:
        self.was_asked_to_stop = True


def work(settings: Settings) -> bool:
    """Until SIGTERM or Ctrl-C: True. False where Redis went away for good."""
    # The worker sets the longer time-out that a blocking read needs.
    redis = Redis.from_url(settings.redis_url, socket_connect_timeout=_CONNECT_SECONDS)
    queue = Queue(settings.queue_name, connection=redis, serializer=JSONSerializer)
    worker = StepWorker(
        [queue], connection=redis, serializer=JSONSerializer, worker_ttl=_TTL_SECONDS
    )
    with create_app(settings).app_context():
        worker.work(with_scheduler=False, logging_level="WARNING")
        db.engine.dispose()
    return worker.was_asked_to_stop


def main() -> int:
    """Work; 1 after one sentence on what is wrong."""
    try:
        if work(Settings.from_env(os.environ)):
            return 0
        problem = "The worker lost Redis."
    except SettingsError as error:
        problem = str(error)
    except RedisError as error:
        problem = f"The worker has no Redis: {error}."
    sys.stderr.write(f"{problem}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
