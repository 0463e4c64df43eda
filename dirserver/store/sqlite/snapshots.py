"""Snapshots of an SQLite database, each on a connection that stands by for the next.

To take a connection out of SQLAlchemy's pool and to put it back costs more than most of what is
read: so readers hand theirs on, and a snapshot costs the two statements that it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, Engine

_MOST_IDLE = 8
# What is looked up again and again is not to be read again: in KiB for each connection. All of
# them together stay near a limit, in bytes, past which each uses its own pages over.
_CACHE = "PRAGMA cache_size = -8000; PRAGMA soft_heap_limit = 12000000"


class Snapshots:
    """The readers' connections. Safe in threads."""

    def __init__(self, engine: Engine) -> None:
        """Begin with none."""
        self._engine = engine
        self._idle: list[Connection] = []

    @property
    def idle(self) -> int:
        """How many connections stand by."""
        return len(self._idle)

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """Open a snapshot; it is taken with the first statement."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
            driver_of(connection).executescript(_CACHE)
        driver = driver_of(connection)
        try:
            driver.execute("BEGIN")
            yield connection
            # SQLAlchemy begins its own transaction within this one when it is asked anything.
            if connection.in_transaction():
                connection.rollback()
            else:
                driver.rollback()
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close the connections that stand by."""
        while self._idle:
            self._idle.pop().close()


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's own connection, for what goes past SQLAlchemy's layers."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)
