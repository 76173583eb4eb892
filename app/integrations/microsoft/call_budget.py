"""How often Microsoft may be called in a minute: by all processes together, for each customer."""

import time
from collections.abc import Callable

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from app.domain.purchase_waits import CALL_BUDGET
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

        def count(limiter: MovingWindowRateLimiter, share: int) -> None:
            _hit(limiter, _item("microsoft", self._per_minute // share), "all")
            if call.customer_id is not None:
                _hit(limiter, _customers(share), call.customer_id)

        self._where_it_counts(count)

    def check_room(self, customer_id: str, calls: int) -> None:
        """Raise TryLaterError where the customer's minute has not so many calls left; counts none.

        Without Redis it asks for this process's share of them.
        """

        def check(limiter: MovingWindowRateLimiter, share: int) -> None:
            item = _customers(share)
            if not limiter.test(item, customer_id.casefold(), cost=max(1, calls // share)):
                raise _full(limiter, item, customer_id.casefold())

        self._where_it_counts(check)

    def _where_it_counts(self, act: Callable[[MovingWindowRateLimiter, int], None]) -> None:
        """With all processes together; alone with a share of it while Redis is away."""
        if time.monotonic() >= self._redis_again_at:
            try:
                act(self._together, 1)
            except RedisError as error:
                log.warning("call_budget.redis_is_away", error=type(error).__name__)
                self._redis_again_at = time.monotonic() + _REDIS_REST
            else:
                return
        act(self._alone, _SHARE_ALONE)


def _customers(share: int) -> RateLimitItem:
    return _item("microsoft-customer", PER_CUSTOMER // share)


def _item(namespace: str, amount: int) -> RateLimitItem:
    return RateLimitItemPerMinute(max(1, amount), namespace=namespace)


def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: str) -> None:
    if not limiter.hit(item, key):
        raise _full(limiter, item, key)


def _full(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: str) -> TryLaterError:
    wait = limiter.get_window_stats(item, key).reset_time - time.time()
    return TryLaterError(
        "We asked Microsoft as often as a minute allows.",
        code=CALL_BUDGET,
        retry_after=max(_SHORTEST_WAIT, wait),
    )
