"""What a route of Partner Center needs, in one place to import from."""

from sandbox.answers import (
    RefusedError,
    answer,
    collection,
    fault,
    instant,
    link,
    midnight,
    naive_midnight,
    read_json,
    second,
)
from sandbox.pipeline import route_name
from sandbox.tokens import requires_token

__all__ = [
    "RefusedError",
    "answer",
    "collection",
    "fault",
    "instant",
    "link",
    "midnight",
    "naive_midnight",
    "read_json",
    "requires_token",
    "route_name",
    "second",
]
