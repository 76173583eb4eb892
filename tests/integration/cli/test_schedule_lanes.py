"""The lanes of the dispatcher's schedule outlive what PostgreSQL does to their sessions."""

import threading

import sqlalchemy as sa

from app.cli.schedule_lanes import ScheduleLane
from app.database import db, reading
from app.domain.access import SYSTEM_SCOPE
from app.services.schedule import ScheduledJob


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
    lane = ScheduleLane("test", jobs, app=app, driver=app.extensions["purchase_driver"])
    lane.start()
    try:
        assert has_run.wait(60)
        assert lane.is_alive()
    finally:
        lane.stop()
        lane.join()
