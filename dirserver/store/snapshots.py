"""Snapshots of an SQLite database, each on a connection that stands by for the next.

To take a connection out of SQLAlchemy's pool and to put it back costs more than most of what is
read: so readers hand theirs on, and a snapshot costs the two statements that it is.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, Engine

_MOST_IDLE = 8
# What is looked up again and again is not to be read again: in KiB.
_CACHE = "PRAGMA cache_size = -8000"
# Some milliseconds of SQLite's work, so that those who wait meanwhile do not notice.
_STEPS_AT_ONCE = 100_000


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
    def open(self, *, at_once: bool = False) -> Iterator[Connection]:
        """Open a snapshot; it is taken with the first statement.

        With ``at_once``, a statement that takes long is broken off in this thread, though not in
        one in which it goes on later.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
            driver_of(connection).execute(_CACHE)
        driver = driver_of(connection)
        try:
            driver.execute("BEGIN")
            if at_once:
                here = threading.get_ident()
                driver.set_progress_handler(lambda: threading.get_ident() == here, _STEPS_AT_ONCE)
            yield connection
            if at_once:
                driver.set_progress_handler(None, 0)
            # SQLAlchemy begins its own transaction within this one when it is asked anything.
            if connection.in_transaction():
                connection.rollback()
            else:
                driver.rollback()
        except BaseException:
            if at_once:
                driver.set_progress_handler(None, 0)
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
