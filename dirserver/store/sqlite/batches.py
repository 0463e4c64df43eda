"""Transactions of an SQLite file that several writers share.

A commit waits for the disk, which takes longer than all that is written in it. So whoever has
written while others wait does not commit, but hands the transaction on; the last of them commits
for all, and only then is any of them told that it is done. Nobody reads what is not on the disk
yet: a sync token that a loss of power takes back would later stand for other changes.
"""

from __future__ import annotations

import math
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from dirserver.errors import StoreUnavailable
from dirserver.store.sqlite.driver import driver_of
from dirserver.store.sqlite.writers import Turns

# What the first of them waits for the others.
_MOST_PARTS = 8
_MOST_SECONDS = 0.1
_FAILURES = (SQLAlchemyError, sqlite3.Error)
# A database's own number has so many, beside its sign.
_MARK_BITS = 31


class Batch:
    """A transaction with one part of each of those who share it.

    It is begun and ended by the driver: SQLAlchemy's layers take longer than that. SQLAlchemy
    begins its own within it when it is asked anything.
    """

    def __init__(self, connection: Connection, patience: float) -> None:
        """Begin, when no other process has written for ``patience`` seconds at the latest."""
        self.connection = connection
        self._driver = driver_of(connection)
        self._parts = 0
        self._until = time.monotonic() + _MOST_SECONDS
        self._ended = threading.Event()
        self._failure = ""
        _wait_for_others(connection, patience)
        self._driver.execute("BEGIN IMMEDIATE")

    @property
    def has_room(self) -> bool:
        """Whether another part may be added."""
        is_small = self._parts < _MOST_PARTS and time.monotonic() < self._until
        return is_small and self._driver.in_transaction and not self._failure

    @property
    def is_sound(self) -> bool:
        """Whether its connection may serve for another one."""
        return not self._failure and not self._driver.in_transaction

    @contextmanager
    def part(self, *, more: bool = False) -> Iterator[Connection]:
        """Add a part. When it is broken off it leaves no trace, and the other parts stay.

        Are there ``more`` to come, whatever becomes of it, the transaction stays as well. Raises
        StoreUnavailable when nothing of it will be kept.
        """
        if self._failure:
            raise StoreUnavailable(self._failure)
        self._parts += 1
        # The first is all there is, and so needs no savepoint, for which SQLite would copy every
        # page that is written to.
        is_first = self._parts == 1
        if not is_first:
            self._driver.execute("SAVEPOINT part")
        try:
            yield self.connection
            if not is_first:
                self._driver.execute("RELEASE part")
        except BaseException as error:
            try:
                if is_first:
                    self._roll_back()
                    if more:
                        self._parts = 0
                        self._driver.execute("BEGIN IMMEDIATE")
                else:
                    self._driver.execute("ROLLBACK TO part")
                    self._driver.execute("RELEASE part")
            except _FAILURES:
                # SQLite has given up all of it, as when the disk is full.
                self._failure = str(error)
            raise

    def _roll_back(self) -> None:
        if self.connection.in_transaction():
            self.connection.rollback()
        else:
            self._driver.rollback()

    def end(self) -> None:
        """Commit, unless nothing is left to be, and let everybody know."""
        try:
            if self._failure:
                self._roll_back()
            elif self.connection.in_transaction():
                self.connection.commit()
            else:
                self._driver.commit()
        except _FAILURES as error:
            self._failure = str(error)
        except BaseException:
            self._failure = "it was broken off while it was committed"
            raise
        finally:
            self._ended.set()

    def wait(self) -> None:
        """Return when all of it is on the disk. Raises StoreUnavailable if it never will be."""
        self._ended.wait()
        if self._failure:
            raise StoreUnavailable(self._failure)


class Batches:
    """The batches of one file, one after the other, on a connection that stands by for the next."""

    def __init__(self, engine: Engine) -> None:
        """Write through ``engine``."""
        self._engine = engine
        self._turns = Turns[Batch]()
        self._idle: list[Connection] = []
        # What a thread writes together.
        self._together: dict[int, Batch] = {}

    @property
    def idle(self) -> int:
        """How many connections stand by."""
        return len(self._idle)

    @contextmanager
    def writing(self, patience: float, *, is_marked: bool = True) -> Iterator[Connection]:
        """Open a transaction, or a part of one; at the end of the block it is committed.

        Where it ``is_marked``, who reads in turns sees that what answers are made from may have
        changed. Raises StoreBusy when the turn does not come within ``patience`` seconds.
        """
        mine = self._together.get(threading.get_ident())
        if mine is not None:
            with mine.part(more=True) as connection:
                if is_marked:
                    _mark(connection)
                yield connection
            return
        with self._turn(patience) as batch, batch.part() as connection:
            if is_marked:
                _mark(connection)
            yield connection

    @contextmanager
    def together(self, patience: float) -> Iterator[Batch]:
        """Let all that this thread writes in the block be parts of one transaction.

        At the end of the block, and not before, it is committed. Raises StoreUnavailable when
        nothing of it is kept, and StoreBusy as ``writing`` does.
        """
        with self._turn(patience) as batch:
            self._together[threading.get_ident()] = batch
            try:
                yield batch
            finally:
                del self._together[threading.get_ident()]

    @contextmanager
    def _turn(self, patience: float) -> Iterator[Batch]:
        left, batch = self._turns.take(patience)
        try:
            batch = batch or self._begin(left)
        except BaseException:
            self._turns.end()
            raise
        try:
            yield batch
        finally:
            if not (batch.has_room and self._turns.hand_on(batch)):
                try:
                    self._end(batch)
                finally:
                    self._turns.end()
        batch.wait()

    def _begin(self, patience: float) -> Batch:
        connection = self._idle.pop() if self._idle else self._engine.connect()
        try:
            return Batch(connection, patience)
        except BaseException:
            connection.close()
            raise

    def _end(self, batch: Batch) -> None:
        try:
            batch.end()
        finally:
            if batch.is_sound:
                self._idle.append(batch.connection)
            else:
                # Whatever is left of the transaction goes with the driver's connection.
                batch.connection.invalidate()
                batch.connection.close()

    def close(self) -> None:
        """Close the connection that stands by."""
        while self._idle:
            self._idle.pop().close()


def _mark(connection: Connection) -> None:
    """Give the database another number.

    It is in a page of its own, and so costs little. Nothing is counted: a database that was put
    back in its place would come to the same number with something else in it.
    """
    number = secrets.randbits(_MARK_BITS)
    driver_of(connection).execute(f"PRAGMA user_version = {number}")


def _wait_for_others(connection: Connection, patience: float) -> None:
    """Have SQLite wait so long for the writer of another process."""
    # Nobody who waits counts milliseconds, and mostly there is nobody who does.
    rounded = math.ceil(patience * 10) * 100
    if connection.info.get("patience") != rounded:
        connection.info["patience"] = rounded
        driver_of(connection).execute(f"PRAGMA busy_timeout = {rounded}")
