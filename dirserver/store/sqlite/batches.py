"""Transactions of an SQLite file that several writers share.

A commit waits for the disk, which takes longer than all that is written in it. So whoever has
written while others wait does not commit, but hands the transaction on; the last of them commits
for all, and only then is any of them told that it is done. Nobody reads what is not on the disk
yet: a sync token that a loss of power takes back would later stand for other changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from dirserver.errors import StoreUnavailable
from dirserver.store.sqlite.writers import Turns

# What the first of them waits for the others.
_MOST_PARTS = 8
_MOST_SECONDS = 0.1


class Batch:
    """A transaction with one part of each of those who share it."""

    def __init__(self, engine: Engine, patience: float) -> None:
        """Begin, when no other process has written for ``patience`` seconds at the latest."""
        self.connection = engine.connect()
        options = {"sqlite_begin": "BEGIN IMMEDIATE", "sqlite_patience": patience}
        try:
            self._whole = self.connection.execution_options(**options).begin()
        except BaseException:
            self.connection.close()
            raise
        self._parts = 0
        self._until = time.monotonic() + _MOST_SECONDS
        self._ended = threading.Event()
        self._failure = ""

    @property
    def has_room(self) -> bool:
        """Whether another part may be added."""
        is_small = self._parts < _MOST_PARTS and time.monotonic() < self._until
        return is_small and self._whole.is_active and not self._failure

    @contextmanager
    def part(self) -> Iterator[Connection]:
        """Add a part. When it is broken off it leaves no trace, and the other parts stay."""
        self._parts += 1
        # The first is all there is, and so needs no savepoint.
        mine = self._whole if self._parts == 1 else self.connection.begin_nested()
        try:
            yield self.connection
            if mine is not self._whole:
                mine.commit()
        except BaseException as error:
            try:
                mine.rollback()
            except SQLAlchemyError:
                # SQLite has given up all of it, as when the disk is full.
                self._failure = str(error)
            raise

    def end(self) -> None:
        """Commit, unless nothing is left to be, and let everybody know."""
        try:
            with self.connection:
                if self._whole.is_active and not self._failure:
                    with self._whole:
                        # What commits it, or else rolls it back.
                        pass
        except SQLAlchemyError as error:
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
    """The batches of one file, one after the other."""

    def __init__(self, engine: Engine) -> None:
        """Write through ``engine``."""
        self._engine = engine
        self._turns = Turns[Batch]()

    @contextmanager
    def writing(self, patience: float) -> Iterator[Connection]:
        """Open a transaction, or a part of one; at the end of the block it is committed.

        Raises StoreBusy when the turn does not come within ``patience`` seconds.
        """
        left, batch = self._turns.take(patience)
        try:
            batch = batch or Batch(self._engine, left)
        except BaseException:
            self._turns.end()
            raise
        try:
            with batch.part() as connection:
                yield connection
        finally:
            if not (batch.has_room and self._turns.hand_on(batch)):
                try:
                    batch.end()
                finally:
                    self._turns.end()
        batch.wait()
