"""The servers that the other tests run against."""

import psycopg
import redis

from embedded.for_tests import Servers


def test_servers_answer_and_leave_no_data(tmp_path):
    with Servers(tmp_path / "servers") as servers:
        with psycopg.connect(servers.database_url.replace("+psycopg", "")) as database:
            assert database.execute("SHOW fsync").fetchone() == ("off",)
        with redis.Redis.from_url(servers.redis_url) as queue:
            assert queue.ping()
        home = servers.postgresql.home

    assert not home.exists()
    assert servers.postgresql.process.poll() is not None
    assert servers.redis.process.poll() is not None
