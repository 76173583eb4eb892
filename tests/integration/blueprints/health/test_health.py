"""Whether the process lives, and whether it can serve."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.models import Heartbeat
from tests import factories


@pytest.fixture
def heartbeat(app):
    def beat(name="dispatcher", *, ago=0, is_degraded=False):
        at = sa.func.now() - dt.timedelta(seconds=ago)
        factories.session.add(Heartbeat(name=name, at=at, is_degraded=is_degraded))
        factories.session.commit()

    return beat


def test_a_living_process_says_so(client):
    assert client.get("/healthz").status_code == 200


def test_with_everything_at_work_all_is_ok(client, heartbeat):
    heartbeat()

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json == {
        "postgresql": "ok",
        "migrations": "ok",
        "redis": "ok",
        "dispatcher": "ok",
    }


@pytest.mark.parametrize("beats", [[], [{"ago": 61}], [{"is_degraded": True}]])
def test_without_a_dispatcher_at_work_it_serves_degraded(client, heartbeat, beats):
    for beat in beats:
        heartbeat(**beat)

    response = client.get("/readyz")

    assert (response.status_code, response.json["dispatcher"]) == (200, "degraded")


def test_one_dispatcher_of_several_is_enough(client, heartbeat):
    heartbeat("one", ago=300)
    heartbeat("two")

    assert client.get("/readyz").json["dispatcher"] == "ok"


@pytest.mark.parametrize("revision", ["0000", "9999"])
def test_with_other_migrations_than_the_code_it_does_not_serve(client, owner_engine, revision):
    with owner_engine.begin() as connection:
        newest = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :r"), {"r": revision})

    response = client.get("/readyz")
    with owner_engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :r"), {"r": newest})

    assert response.status_code == 503
    assert (response.json["postgresql"], response.json["migrations"]) == ("ok", "down")
