"""How often a password may be guessed: per e-mail, per address, altogether.

Only failures count: who knows the password is never locked out by signing in often. Counted in
Redis; while Redis is away each process counts by itself, so guessing is never unlimited.
"""

import hashlib
import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

import structlog
from flask import Flask, abort, current_app, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from app.config import Settings

log = structlog.get_logger()
Answer = TypeVar("Answer")
Checked = TypeVar("Checked")

PER_EMAIL = RateLimitItemPerMinute(10, 5, namespace="sign-in-email")
PER_ADDRESS = RateLimitItemPerMinute(10, 5, namespace="sign-in-address")
ALTOGETHER = RateLimitItemPerMinute(1000, 5, namespace="sign-in")
# Links that strangers ask for: a mailbox is not to be flooded.
ASKED_PER_EMAIL = RateLimitItemPerHour(3, 1, namespace="asked-email")
ASKED_PER_ADDRESS = RateLimitItemPerHour(20, 1, namespace="asked-address")
_REDIS_REST = 5.0  # seconds until a Redis that failed is asked again
_QUEUES = 64


class SignInLimits:
    def __init__(self, redis_url: str) -> None:
        self._redis: Storage = RedisStorage(
            redis_url, socket_connect_timeout=0.25, socket_timeout=0.5
        )
        self._memory: Storage = MemoryStorage()
        self._redis_again_at = 0.0
        self._queues = [Lock() for _ in range(_QUEUES)]

    def attempt(
        self, email: str, address: str, check: Callable[[], Checked | None]
    ) -> Checked | None:
        """Run `check` (None: the guess was wrong), or abort with 429 without running it.

        Guesses at one e-mail wait for each other and are counted before they are checked, so that
        many at once are no more than one after the other.
        """
        name = _name(email)
        with self._queues[int(name, 16) % _QUEUES]:
            if not self._is_within(PER_ADDRESS, address) or not self._is_within(ALTOGETHER, "all"):
                abort(429)
            if self._count(PER_EMAIL, name, 1) > PER_EMAIL.amount:
                abort(429)
            answer = check()
            if answer is None:
                self._count(PER_ADDRESS, address, 1)
                self._count(ALTOGETHER, "all", 1)
            else:
                self._count(PER_EMAIL, name, -1)
            return answer

    def count_asking(self, email: str, address: str) -> None:
        """Abort with 429 where links were asked for too often, whoever has that e-mail or not."""
        counts = [
            (ASKED_PER_ADDRESS, self._count(ASKED_PER_ADDRESS, address, 1)),
            (ASKED_PER_EMAIL, self._count(ASKED_PER_EMAIL, _name(email), 1)),
        ]
        if any(count > limit.amount for limit, count in counts):
            abort(429)

    def _is_within(self, limit: RateLimitItem, key: str) -> bool:
        return self._ask(lambda storage: FixedWindowRateLimiter(storage).test(limit, key))

    def _count(self, limit: RateLimitItem, key: str, amount: int) -> int:
        return self._ask(
            lambda storage: storage.incr(limit.key_for(key), limit.get_expiry(), amount=amount)
        )

    def _ask(self, question: Callable[[Storage], Answer]) -> Answer:
        if time.monotonic() >= self._redis_again_at:
            try:
                return question(self._redis)
            except RedisError as error:
                log.warning("sign_in_limits.redis_is_away", error=type(error).__name__)
                self._redis_again_at = time.monotonic() + _REDIS_REST
        return question(self._memory)


def init_sign_in_limits(app: Flask, settings: Settings) -> None:
    app.extensions["sign_in_limits"] = SignInLimits(settings.redis_url)


def limited_attempt(email: str, check: Callable[[], Checked | None]) -> Checked | None:
    """As SignInLimits.attempt, for this request's address."""
    limits: SignInLimits = current_app.extensions["sign_in_limits"]
    return limits.attempt(email, request.remote_addr or "unknown", check)


def count_asking(email: str) -> None:
    """As SignInLimits.count_asking, for this request's address."""
    limits: SignInLimits = current_app.extensions["sign_in_limits"]
    limits.count_asking(email, request.remote_addr or "unknown")


def _name(email: str) -> str:
    """No e-mail address ends up in Redis."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
