"""Whether Redis answers, within half a second."""

import redis


def is_redis_up(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_connect_timeout=0.25, socket_timeout=0.25)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
