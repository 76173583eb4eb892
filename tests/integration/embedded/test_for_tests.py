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


def test_the_environment_names_the_sandbox_and_nothing_of_microsoft(tmp_path):
    with Servers(tmp_path / "servers", with_sandbox=True) as servers:
        environment = servers.environment(ENTREPOT_ENV="test")

    addresses = {name: word for name, word in environment.items() if "https://" in word}
    assert {
        addresses[name]
        for name in ("MICROSOFT_LOGIN_URL", "PARTNER_CENTER_URL", "PARTNER_API_URL", "ARM_URL")
    } == {servers.sandbox_url}
    assert environment["ENTREPOT_ENV"] == "test"
    assert environment["MICROSOFT_REFRESH_TOKEN"]
