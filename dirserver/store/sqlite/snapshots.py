"""Snapshots of an SQLite database, each on a connection that stands by for the next.

To take a connection out of SQLAlchemy's pool and to put it back costs more than most of what is
read: so readers hand theirs on, and a snapshot costs the two statements that it is.
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from types import TracebackType
from typing import NoReturn, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from dirserver.errors import AccessDenied, NotAtOnce, TimeIsUp
from dirserver.store import deadline
from dirserver.store.failures import as_conditions
from dirserver.store.moment import Moment
from dirserver.store.prepared import Found, Prepared
from dirserver.store.sqlite.driver import driver_of

_MOST_IDLE = 8
# What is looked up again and again is not to be read again: in KiB for each connection. All of
# them together stay near a limit, in bytes, past which each uses its own pages over.
_CACHE = "PRAGMA cache_size = -8000; PRAGMA soft_heap_limit = 12000000"
# Another number each time that another connection, of whatever process, has written something.
_VERSION = "PRAGMA data_version"
# Another one if that was more than a note.
_MARK = "PRAGMA user_version"


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
        return len(self._idle) + self._turn.idle

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
        self._turn.hand_on()
        while self._idle:
            self._idle.pop().connection.close()


class _Reader:
    """A connection, and what is below SQLAlchemy's layers at hand."""

    __slots__ = ("connection", "driver")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver = driver_of(connection)
        self.driver.executescript(_CACHE)


class _Readers(Protocol):
    """Where snapshots have their connections from."""

    def take(self) -> _Reader:
        """Return a connection that nobody else has."""

    def give_back(self, reader: _Reader) -> None:
        """Let a connection stand by that has nothing open."""


class Snapshot:
    """A snapshot to enter, which is taken with the first statement.

    Every request has one: as generators, this and what is around it would cost more than its two
    statements. Entering and leaving raise what the ``failures`` are to callers.
    """

    __slots__ = ("_at_once", "_readers", "reader")

    reader: _Reader

    def __init__(self, readers: _Readers, *, at_once: bool) -> None:
        self._readers = readers
        self._at_once = at_once

    def __enter__(self) -> Connection:
        """Begin."""
        try:
            self.reader = reader = self._readers.take()
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
        reader = self.reader
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
            elif driver.in_transaction:
                # Its statement is kept, which that of the driver's ``rollback`` is not.
                driver.execute("ROLLBACK")
        except (sqlite3.Error, SQLAlchemyError) as failure:
            connection.close()
            self._fail(failure)
        self._readers.give_back(reader)

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

    All turns have one connection, which tells whether anything was written since the last.
    """

    __slots__ = (
        "_glanced",
        "_mark",
        "_moment",
        "_reader",
        "_snapshot",
        "_snapshots",
        "_version",
        "is_on",
    )

    def __init__(self, snapshots: Snapshots) -> None:
        """Begin in no turn."""
        self._snapshots = snapshots
        self._snapshot: Snapshot | None = None
        self._reader: _Reader | None = None
        self._version: int | None = None
        self._mark: int | None = None
        self._moment = Moment()
        self._glanced: Moment | None = None
        self.is_on = False

    def begin(self) -> None:
        """Begin a turn; nothing is taken yet."""
        self.is_on = True

    def end(self) -> None:
        """End the turn. Raises StoreUnavailable."""
        self.is_on = False
        self._glanced = None
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None:
            snapshot.__exit__(None, None, None)

    @property
    def moment(self) -> Moment | None:
        """What stands for all that is in the snapshot that was taken in this turn, if one was.

        It is the same thing as in a turn before where nothing was written since but notes.
        """
        return None if self._snapshot is None else self._moment

    def glance(self) -> Moment | None:
        """Return the moment of now, if it is known again from a turn before, or that of this turn.

        To ask for that alone is less than to take a snapshot, and in one turn is done once.
        """
        if self._snapshot is not None:
            return self._moment
        reader = self._reader if self.is_on else None
        if reader is None:
            return None
        if self._glanced is None:
            version, mark = self._look(reader.driver)
            if mark == self._mark:
                # A mark never comes back, and so nothing else was there at that version either.
                self._version, self._glanced = version, self._moment
        return self._glanced

    @property
    def idle(self) -> int:
        """How many connections stand by for the next turn: one at the most."""
        return int(self._reader is not None)

    def take(self) -> _Reader:
        """Return the connection of all turns."""
        reader, self._reader = self._reader, None
        if reader is None:
            reader = self._snapshots.take()
            # Another file may be in the place of the one that was read before.
            self._version = self._mark = None
        return reader

    def give_back(self, reader: _Reader) -> None:
        """Let it stand by for the next turn."""
        self._reader = reader

    def hand_on(self) -> None:
        """Let it stand by for all others."""
        if self._reader is not None:
            self._snapshots.give_back(self.take())

    def __enter__(self) -> Connection:
        """Take it, if nobody has in this turn, for some milliseconds more."""
        if self._snapshot is None:
            return self._take()
        reader = self._snapshot.reader
        deadline.hurry(reader.driver)
        return reader.connection

    def _take(self) -> Connection:
        snapshot = Snapshot(self, at_once=True)
        connection = snapshot.__enter__()
        try:
            state = self._look(snapshot.reader.driver)
        except sqlite3.Error as error:
            snapshot.__exit__(type(error), error, error.__traceback__)
            raise
        if state != (self._version, self._mark):
            if state[1] != self._mark:
                self._moment = Moment()
            self._version, self._mark = state
        self._snapshot = snapshot
        return connection

    def _look(self, driver: sqlite3.Connection) -> tuple[int | None, int | None]:
        """Return the version of now and its mark, which is looked at where the version is new."""
        (version,) = driver.execute(_VERSION).fetchone()
        if version == self._version:
            return version, self._mark
        (mark,) = driver.execute(_MARK).fetchone()
        return version, mark

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave it to the next; where something has failed, to nobody.

        What is refused, or takes too long, is no failure: who asks in vain, again and again, is not
        to have all others begin anew.
        """
        if error is None or self._snapshot is None or _is_refusal(error):
            return
        snapshot, self._snapshot = self._snapshot, None
        if deadline.is_over(getattr(error, "orig", error)):
            # The driver has ended what it broke off, and the connection is as good as before.
            snapshot.__exit__(None, None, None)
            raise NotAtOnce from None
        snapshot.__exit__(kind, error, traceback)


def _is_refusal(error: BaseException) -> bool:
    """Say whether it was decided here, with nothing wrong with the connection."""
    return isinstance(error, AccessDenied | NotAtOnce)
