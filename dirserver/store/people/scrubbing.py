"""Seeing to it that what was deleted is gone from the files of the database, too.

Engines leave the bytes of what is deleted in free space until that is used again, and pieces of
them in their indexes. That they are to go is noted in the transaction that deletes, so that a
scrubbing that was broken off is made up for.
"""

from __future__ import annotations

import sqlite3
import time
from typing import cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from dirserver.store import settings
from dirserver.store.engine import Store
from dirserver.store.index import trigram

_DUE = "scrub_due"
_HOLDERS = (
    *("card", "card_version", "card_value", "card_beginning", "card_entry", "audit_event"),
    *("forwarding", "source_card"),
)
# How long is waited for readers to end, and on PostgreSQL for a lock on a table.
_PATIENCE = 15.0


def request(connection: Connection) -> None:
    """Note that something was deleted that must leave no trace."""
    settings.put(connection, _DUE, "1")


def is_due(store: Store) -> bool:
    """Say whether a scrubbing is still to be done."""
    with store.reading() as connection:
        return bool(settings.get(connection, _DUE))


def scrub(store: Store) -> bool:
    """Do what is due; return whether it could be done, which a busy database may hinder."""
    if not is_due(store):
        return True
    done = _scrub_sqlite(store) if store.is_sqlite else _scrub_postgresql(store)
    if done:
        with store.writing() as connection:
            settings.put(connection, _DUE, "")
    return done


def _scrub_sqlite(store: Store) -> bool:
    with store.writing() as connection:
        trigram.settle(connection)
    borrowed = store.engine.raw_connection()
    try:
        database = cast(sqlite3.Connection, borrowed.driver_connection)
        # A copy of the whole database would not always fit in the memory.
        database.execute("PRAGMA temp_store = FILE")
        for optimize in trigram.OPTIMIZE:
            database.execute(optimize)
        database.execute("VACUUM")
        return _emptied_log(database)
    except sqlite3.OperationalError:
        return False
    finally:
        borrowed.invalidate()


def _emptied_log(database: sqlite3.Connection) -> bool:
    """Bring all of the write-ahead log into the file and empty it; not while somebody reads it."""
    end = time.monotonic() + _PATIENCE
    while True:
        busy, _frames, _moved = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.1)


def _scrub_postgresql(store: Store) -> bool:
    """Write the tables anew, and gather new statistics: those hold values, too."""
    engine = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"SET lock_timeout = {int(_PATIENCE * 1000)}"))
            for table in _HOLDERS:
                connection.execute(text(f"VACUUM (FULL, ANALYZE) {table}"))
            connection.execute(text("RESET lock_timeout"))
    except OperationalError:
        return False
    return True
