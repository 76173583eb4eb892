"""How often Microsoft may be called in a minute: by all processes together, for each customer."""

import time

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from app.integrations.microsoft.calls import Call
from app.integrations.microsoft.errors import TryLaterError

log = structlog.get_logger()

# Partner Center bears 500 calls a minute on orders, carts and subscriptions of a tenant.
PER_CUSTOMER = 500
# While Redis is away each process counts alone, so it takes a share that several may take.
_SHARE_ALONE = 5
_REDIS_REST = 5.0  # seconds until a Redis that failed is asked again
_SHORTEST_WAIT = 0.1


class CallBudget:
    """A moving minute: no burst at the turn of one. Counted in Redis, shared by all processes."""

    def __init__(self, redis_url: str, per_minute: int) -> None:
        redis = RedisStorage(redis_url, socket_connect_timeout=0.25, socket_timeout=0.5)
        self._together = MovingWindowRateLimiter(redis)
        self._alone = MovingWindowRateLimiter(MemoryStorage())
        self._per_minute = per_minute
        self._redis_again_at = 0.0

    def take(self, call: Call) -> None:
        """Count the call, or raise TryLaterError with the seconds until there is room."""
        if time.monotonic() >= self._redis_again_at:
            try:
                self._take_from(self._together, call, share=1)
            except RedisError as error:
                log.warning("call_budget.redis_is_away", error=type(error).__name__)
                self._redis_again_at = time.monotonic() + _REDIS_REST
            else:
                return
        self._take_from(self._alone, call, share=_SHARE_ALONE)

    def _take_from(self, limiter: MovingWindowRateLimiter, call: Call, *, share: int) -> None:
        _hit(limiter, _item("microsoft", self._per_minute // share), "all")
        if call.customer_id is not None:
            _hit(limiter, _item("microsoft-customer", PER_CUSTOMER // share), call.customer_id)


def _item(namespace: str, amount: int) -> RateLimitItem:
    return RateLimitItemPerMinute(max(1, amount), namespace=namespace)


def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: str) -> None:
    if limiter.hit(item, key):
        return
    wait = limiter.get_window_stats(item, key).reset_time - time.time()
    raise TryLaterError(
        "We asked Microsoft as often as a minute allows.",
        code="call_budget",
        retry_after=max(_SHORTEST_WAIT, wait),
    )
