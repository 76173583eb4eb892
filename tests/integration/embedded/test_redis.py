"""The Redis that this machine runs for us."""

import stat

import pytest
import redis as client

from embedded.redis import Redis


@pytest.fixture
def redis(tmp_path):
    with Redis(tmp_path) as server:
        yield server


def test_it_answers_with_the_password_only(redis):
    with client.Redis.from_url(redis.url) as connection:
        assert connection.ping()
    with (
        client.Redis(port=redis.port, retry=None) as stranger,
        pytest.raises(client.AuthenticationError),
    ):
        stranger.ping()


def test_it_never_evicts_and_writes_everything_down(redis):
    with client.Redis.from_url(redis.url) as connection:
        assert connection.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert connection.config_get("appendonly")["appendonly"] == "yes"


def test_data_and_address_are_the_same_after_a_restart(redis):
    with client.Redis.from_url(redis.url) as connection:
        connection.set("kept", "42")
    before = redis.url
    redis.stop()

    assert redis.start() == before
    with client.Redis.from_url(redis.url, decode_responses=True) as connection:
        assert connection.get("kept") == "42"


def test_it_starts_again_after_kill_9(redis):
    redis.process.kill()
    redis.process.wait()

    redis.start()

    with client.Redis.from_url(redis.url) as connection:
        assert connection.ping()


@pytest.mark.usefixtures("redis")
def test_its_password_is_for_the_owner_only(tmp_path):
    for path in (tmp_path / "redis.json", tmp_path / "redis" / "redis.conf"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
