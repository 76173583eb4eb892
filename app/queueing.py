"""The bell: puts one id onto the RQ queue, best effort. The row in PostgreSQL is the job."""

from functools import partial
from typing import cast
from uuid import UUID

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from app.config import Settings
from app.database import after_commit
from app.failpoints import Point, reach

log = structlog.get_logger()

# As text: the queue knows no job, the jobs know the services that ring. A test resolves it.
STEP_PURCHASE = "app.jobs.purchases.step_purchase"
WORK_ON_BULK_JOB = "app.jobs.bulk_jobs.work_on_bulk_job"
_JOB_SECONDS = 600
_KEEP_RESULT_SECONDS = 60
_KEEP_FAILURE_SECONDS = 24 * 3600


def connect_redis(url: str) -> Redis:
    """A connection that gives up quickly: a page must not wait for the bell."""
    return Redis.from_url(
        url,
        socket_connect_timeout=0.5,
        socket_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )


def init_queueing(app: Flask, settings: Settings) -> None:
    redis = connect_redis(settings.redis_url)
    app.extensions["queue"] = Queue(
        settings.queue_name, connection=redis, serializer=JSONSerializer
    )


def wake_after_commit(purchase_id: UUID) -> None:
    """Ring once the open transaction is stored. A Redis that is down never fails the request."""
    after_commit(partial(_ring_once, purchase_id))


def _ring_once(purchase_id: UUID) -> None:
    ring(purchase_id)


def ring(purchase_id: UUID) -> bool:
    """Put the purchase onto the queue now; False: Redis is away and nobody was woken."""
    reach(Point.BEFORE_RING)
    return ring_for(STEP_PURCHASE, purchase_id)


def ring_for(job: str, row_id: UUID) -> bool:
    """Put a row's id onto the queue for `job`; False: Redis is away and nobody was woken."""
    queue = cast("Queue", current_app.extensions["queue"])
    try:
        queue.enqueue(
            job,
            str(row_id),
            job_timeout=_JOB_SECONDS,
            result_ttl=_KEEP_RESULT_SECONDS,
            failure_ttl=_KEEP_FAILURE_SECONDS,
        )
    except RedisError as error:
        log.warning("queue.unreachable", row_id=str(row_id), error=type(error).__name__)
        return False
    return True
