"""The sandbox's memory: one SQLite file that survives a kill at any moment."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.schema import SCHEMA


class Storage:
    """One connection under one lock: whoever writes, writes alone.

    A transaction is on the disk when its block ends, so an answer sent afterwards never says
    more than the ledger knows.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens or nothing; an inner block joins the outer one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def rows(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, *parameters: Any) -> sqlite3.Row | None:
        return next(iter(self.rows(sql, *parameters)), None)

    def run(self, sql: str, *parameters: Any) -> None:
        with self._lock:
            self._connection.execute(sql, parameters)

    def insert(self, table: str, **values: Any) -> None:
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        # Table and column names come from this package's own code.
        self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608

    def remembered(self, name: str, default: Any = None) -> Any:
        """A small value kept by name."""
        found = self.row("SELECT value FROM memory WHERE name = ?", name)
        return default if found is None else json.loads(found["value"])

    def remember(self, name: str, value: Any) -> None:
        self.run("REPLACE INTO memory (name, value) VALUES (?, ?)", name, json.dumps(value))

    def forget(self, name: str) -> None:
        self.run("DELETE FROM memory WHERE name = ?", name)

    def close(self) -> None:
        with self._lock:
            self._connection.close()
