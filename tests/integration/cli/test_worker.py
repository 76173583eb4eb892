"""The worker as a process."""

import signal
import sys

import sqlalchemy as sa

from app.models import Heartbeat
from app.queueing import ring
from tests import factories
from tests.factories import PurchaseFactory, ReservationFactory
from tests.support.waiting import wait_until


def test_it_makes_the_step_and_ends_when_asked(app_context, app, start, sandbox):
    purchase = PurchaseFactory(asset=ReservationFactory(), next_run_at=sa.func.now())
    worker = start(sys.executable, "worker.py")

    assert ring(purchase.id)

    queue = app.extensions["queue"]
    job = queue.enqueue("app.jobs.purchases.step_purchase", "no id at all", result_ttl=60)
    wait_until(job.latest_result, what="the second job")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=10) == 0
    factories.session.refresh(purchase)
    assert purchase.fence == 1


def test_an_old_worker_claims_nothing_once_the_epoch_moved(
    app_context, app, start, entrepot, sandbox
):
    purchase = PurchaseFactory(asset=ReservationFactory(), next_run_at=sa.func.now())
    start(sys.executable, "worker.py", ENTREPOT_EPOCH="1")
    heard = wait_until(lambda: heartbeats("worker"), what="the sign of life")
    moved = entrepot("bump-epoch")

    assert ring(purchase.id)

    job = app.extensions["queue"].enqueue("app.jobs.purchases.step_purchase", "no id at all")
    wait_until(job.latest_result, what="the second job")
    assert "ENTREPOT_EPOCH=2" in moved.out
    factories.session.refresh(purchase)
    assert purchase.fence == 0
    assert [beat.epoch for beat in heard] == [1]


def heartbeats(kind):
    factories.session.rollback()
    return factories.session.scalars(sa.select(Heartbeat).where(Heartbeat.kind == kind)).all()


def test_without_redis_it_ends_with_a_sentence(start):
    worker = start(sys.executable, "worker.py", REDIS_URL="redis://127.0.0.1:9/0")

    _, err = worker.communicate(timeout=30)

    assert worker.returncode == 1
    assert err.splitlines()[-1].startswith("The worker has no Redis")
    assert "Traceback" not in err


def test_a_missing_setting_is_one_sentence(start):
    worker = start(sys.executable, "worker.py", SECRET_KEY="")

    _, err = worker.communicate(timeout=30)

    assert (worker.returncode, err.count("\n")) == (1, 1)
    assert "SECRET_KEY" in err
