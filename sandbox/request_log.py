"""Which calls arrived and how they were answered, for tests to read."""

import sqlite3
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    n INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT, path TEXT, status INTEGER,
    ms_request_id TEXT, ms_correlation_id TEXT, route TEXT, fault TEXT, at TEXT
);
"""


@dataclass(frozen=True, kw_only=True)
class LoggedRequest:
    """Status 0: the connection was closed without an answer."""

    method: str
    path: str
    status: int
    ms_request_id: str | None
    ms_correlation_id: str | None
    route: str | None
    fault: str | None
    at: str


class RequestLog:
    """Apart from the ledger and without waiting for the disk: it may be read, never trusted."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(_SCHEMA)

    def write(self, request: LoggedRequest) -> None:
        with self._lock:
            self._connection.execute(
                "INSERT INTO requests"
                " (method, path, status, ms_request_id, ms_correlation_id, route, fault, at)"
                " VALUES (:method, :path, :status, :ms_request_id, :ms_correlation_id,"
                " :route, :fault, :at)",
                asdict(request),
            )

    def since(self, number: int) -> list[dict[str, Any]]:
        with self._lock:
            found = self._connection.execute(
                "SELECT * FROM requests WHERE n > ? ORDER BY n", (number,)
            ).fetchall()
        return [dict(row) for row in found]

    def close(self) -> None:
        with self._lock:
            self._connection.close()
