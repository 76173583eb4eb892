"""The sandbox's own time: real time, moved forward by whoever tests."""

import datetime as dt

from sandbox.storage import Storage

_OFFSET = "clock_offset_seconds"

NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


class SandboxClock:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def now(self) -> dt.datetime:
        offset = dt.timedelta(seconds=self._storage.remembered(_OFFSET, 0))
        return dt.datetime.now(dt.UTC) + offset

    def advance(self, seconds: float) -> None:
        with self._storage.transaction():
            self._storage.remember(_OFFSET, self._storage.remembered(_OFFSET, 0) + seconds)

    def reset(self) -> None:
        self._storage.forget(_OFFSET)


def stored(instant: dt.datetime) -> str:
    """As kept in the tables: fixed width, so that text order is time order."""
    return instant.astimezone(dt.UTC).isoformat(timespec="microseconds")


def read_stored(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
