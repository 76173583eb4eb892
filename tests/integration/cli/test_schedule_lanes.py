"""The lanes of the dispatcher's schedule outlive what happens to their jobs and sessions."""

import threading
from contextlib import contextmanager

import sqlalchemy as sa

from app.cli.schedule_lanes import ScheduleLane
from app.database import db, reading
from app.domain.access import SYSTEM_SCOPE
from app.models import FailingJob
from app.services.alerts import AlertKind, keep_alerts, list_alerts
from app.services.schedule import ScheduledJob, note_outcome
from tests import factories
from tests.factories import UserFactory, viewer_of


def test_a_lane_goes_on_when_its_session_was_ended_behind_its_back(app):
    has_run = threading.Event()

    def read_and_be_cut_off(_driver):
        mine = reading(SYSTEM_SCOPE).scalar(sa.select(sa.func.pg_backend_pid()))
        with db.engine.connect() as other:
            other.execute(sa.text("RESET ROLE"))
            other.execute(sa.select(sa.func.pg_terminate_backend(mine)))

    jobs = (
        ScheduledJob(name="cut off", every_seconds=3600, run=read_and_be_cut_off),
        ScheduledJob(name="next", every_seconds=3600, run=lambda _driver: has_run.set()),
    )
    with keeping(jobs, app) as lane:
        assert has_run.wait(60)
        assert lane.is_alive()


def test_a_job_that_fails_is_told_and_stops_no_other(app, app_context):
    has_run = threading.Event()

    def fail(_driver):
        raise ZeroDivisionError("nobody thought of that")

    failing = ScheduledJob(name="sums", every_seconds=3600, run=fail)
    following = ScheduledJob(name="next", every_seconds=3600, run=lambda _driver: has_run.set())
    with keeping((failing, following), app) as lane:
        assert has_run.wait(60)
        assert lane.is_alive()

    assert alerts() == ["A job of the schedule fails: sums. The log says why."]

    mended = ScheduledJob(name="sums", every_seconds=3600, run=lambda _driver: None)
    has_run.clear()
    with keeping((mended, following), app):
        assert has_run.wait(60)

    assert alerts() == []


def test_a_job_that_no_release_knows_any_more_is_forgotten(app, app_context):
    note_outcome(ScheduledJob(name="old", every_seconds=1, run=print), is_failure=True)
    assert len(alerts()) == 1

    old = {"at": sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 1)}
    factories.session.execute(sa.update(FailingJob).values(**old))
    factories.session.commit()

    assert alerts() == []


def alerts():
    """What the schedule's failures tell people."""
    keep_alerts()
    found = list_alerts(viewer_of(UserFactory(staff=True)))
    return [each.message for each in found if each.kind is AlertKind.JOB_FAILS]


@contextmanager
def keeping(jobs, app):
    lane = ScheduleLane("test", jobs, app=app, driver=app.extensions["purchase_driver"])
    lane.start()
    try:
        yield lane
    finally:
        lane.stop()
        lane.join()
