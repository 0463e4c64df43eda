"""Snapshots of an SQLite database, each on a connection that stands by for the next.

To take a connection out of SQLAlchemy's pool and to put it back costs more than most of what is
read: so readers hand theirs on, and a snapshot costs the two statements that it is.
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from types import TracebackType
from typing import NoReturn

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from dirserver.errors import NotAtOnce, TimeIsUp
from dirserver.store import deadline
from dirserver.store.failures import as_conditions
from dirserver.store.prepared import Found, Prepared
from dirserver.store.sqlite.driver import driver_of

_MOST_IDLE = 8
# What is looked up again and again is not to be read again: in KiB for each connection. All of
# them together stay near a limit, in bytes, past which each uses its own pages over.
_CACHE = "PRAGMA cache_size = -8000; PRAGMA soft_heap_limit = 12000000"


class Snapshots:
    """The readers' connections. Safe in threads."""

    def __init__(self, engine: Engine) -> None:
        """Begin with none."""
        self._engine = engine
        self._idle: list[_Reader] = []
        self._turn = TurnSnapshot(self)

    @property
    def idle(self) -> int:
        """How many connections stand by."""
        return len(self._idle)

    def open(
        self, *, at_once: bool = False, of_turn: bool = False
    ) -> AbstractContextManager[Connection]:
        """Return a snapshot to enter.

        With ``at_once``, what takes more than some milliseconds raises NotAtOnce. So it is
        ``of_turn``, where it is that of all in the turn if there is one.
        """
        if of_turn and self._turn.is_on:
            return self._turn
        return Snapshot(self, at_once=at_once or of_turn)

    @property
    def turn(self) -> TurnSnapshot:
        """What is shared in a turn."""
        return self._turn

    def glance(self, statement: Prepared) -> Found | None:
        """Return the row that one statement finds, which is a snapshot by itself."""
        reader = self.take()
        try:
            row = statement.row(reader.connection)
        except BaseException:
            reader.connection.close()
            raise
        self.give_back(reader)
        return row

    def take(self) -> _Reader:
        """Return a connection that nobody else has."""
        try:
            return self._idle.pop()
        except IndexError:
            return _Reader(self._engine.connect())

    def give_back(self, reader: _Reader) -> None:
        """Let a connection stand by that has nothing open."""
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(reader)
        else:
            reader.connection.close()

    def close(self) -> None:
        """Close the connections that stand by."""
        while self._idle:
            self._idle.pop().connection.close()


class _Reader:
    """A connection, and what is below SQLAlchemy's layers at hand."""

    __slots__ = ("connection", "driver")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver = driver_of(connection)
        self.driver.executescript(_CACHE)


class Snapshot:
    """A snapshot to enter, which is taken with the first statement.

    Every request has one: as generators, this and what is around it would cost more than its two
    statements. Entering and leaving raise what the ``failures`` are to callers.
    """

    __slots__ = ("_at_once", "_reader", "_snapshots")

    _reader: _Reader

    def __init__(self, snapshots: Snapshots, *, at_once: bool) -> None:
        self._snapshots = snapshots
        self._at_once = at_once

    def __enter__(self) -> Connection:
        """Begin."""
        try:
            self._reader = reader = self._snapshots.take()
        except (sqlite3.Error, SQLAlchemyError) as error:
            self._fail(error)
        driver = reader.driver
        try:
            driver.execute("BEGIN")
        except sqlite3.Error as error:
            reader.connection.close()
            self._fail(error)
        if self._at_once:
            deadline.hurry(driver)
        return reader.connection

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Give the connection back; it stands by for others."""
        reader = self._reader
        connection, driver = reader.connection, reader.driver
        driver.set_progress_handler(None, 0)
        if error is not None and not isinstance(error, GeneratorExit):
            connection.close()
            if isinstance(error, sqlite3.Error | SQLAlchemyError):
                self._fail(error)
            return
        try:
            # SQLAlchemy begins its own transaction within this one when it is asked anything.
            if connection.in_transaction():
                connection.rollback()
            else:
                driver.rollback()
        except (sqlite3.Error, SQLAlchemyError) as failure:
            connection.close()
            self._fail(failure)
        self._snapshots.give_back(reader)

    def _fail(self, error: Exception) -> NoReturn:
        try:
            with as_conditions():
                raise error
        except TimeIsUp:
            if self._at_once:
                raise NotAtOnce from None
            raise


class TurnSnapshot:
    """One snapshot for all that have come in together. For one thread, and one at a time.

    Who asks in a turn had asked when it began, and so before the snapshot is taken, which is
    when the first of them is answered: all are told of everything that was there when they asked.
    To take it and to look whose rights have changed costs as much as a small answer.
    """

    __slots__ = ("_connection", "_snapshot", "_snapshots", "is_on")

    _connection: Connection

    def __init__(self, snapshots: Snapshots) -> None:
        """Begin in no turn."""
        self._snapshots = snapshots
        self._snapshot: Snapshot | None = None
        self.is_on = False

    def begin(self) -> None:
        """Begin a turn; nothing is taken yet."""
        self.is_on = True

    def end(self) -> None:
        """End the turn. Raises StoreUnavailable."""
        self.is_on = False
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None:
            snapshot.__exit__(None, None, None)

    @property
    def taken(self) -> object | None:
        """What stands for the snapshot that was taken in this turn, if there is one."""
        return self._snapshot

    def __enter__(self) -> Connection:
        """Take it, if nobody has in this turn, for some milliseconds more."""
        if self._snapshot is None:
            snapshot = Snapshot(self._snapshots, at_once=True)
            self._connection = snapshot.__enter__()
            self._snapshot = snapshot
        else:
            deadline.hurry(driver_of(self._connection))
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave it to the next; where something has failed, to nobody."""
        if error is not None and self._snapshot is not None:
            snapshot, self._snapshot = self._snapshot, None
            snapshot.__exit__(kind, error, traceback)
