"""Copies of an SQLite store: taken while others go on writing, and put in the place of another.

Either way SQLite itself copies, in one transaction: other processes see the old database or the
new one, also when the power fails in between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from dirserver.errors import NoDatabase, StoreInUse, StoreUnavailable
from dirserver.store.sqlite import files

Progress = Callable[[int, int], None]

# Of 4 KiB: so often progress is told, and a server that stops can break a copy off.
_PAGES = 1024
_BUSY_SECONDS = 0.5


def copy_snapshot(connection: Connection, target: Path, progress: Progress) -> None:
    """Copy the SQLite database, as it is in the snapshot of ``connection``, to ``target``.

    Whoever writes goes on meanwhile and is not in the copy. Raises StoreUnavailable, and OSError
    when ``target`` has no room.
    """
    # The snapshot begins with the first read. Without it, the copy would begin anew with
    # everything that anybody writes.
    connection.execute(text("SELECT count(*) FROM sqlite_master"))
    source = connection.connection.driver_connection
    if not isinstance(source, sqlite3.Connection):
        raise TypeError(type(source).__name__)
    files.make(target)
    with closing(sqlite3.connect(target)) as copy:
        # Nobody has this file yet; a copy that was broken off is thrown away.
        copy.execute("PRAGMA synchronous = OFF")
        _copy(source, copy, progress)


@contextmanager
def alone(file: Path) -> Iterator[sqlite3.Connection]:
    """Open an SQLite database and keep every other process out of it.

    Raises StoreInUse when another has it open, even if it does nothing, and NoDatabase.
    """
    files.make(file)
    with closing(sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)) as found:
        try:
            found.execute("PRAGMA locking_mode = EXCLUSIVE")
            # A rollback journal would be left behind in this mode.
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("BEGIN EXCLUSIVE")
            found.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreInUse(f"another process has {file} open") from error
            raise StoreUnavailable(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise NoDatabase(str(error)) from error
        yield found


def copy_aside(found: sqlite3.Connection, target: Path, progress: Progress) -> None:
    """Copy a database, even one with damages, to ``target``; raises as ``copy_snapshot``."""
    files.make(target)
    with closing(sqlite3.connect(target)) as copy:
        _copy(found, copy, progress)


def replace(found: sqlite3.Connection, copy: Path, progress: Progress) -> None:
    """Put what is in the file ``copy`` in the place of all that ``found`` has, in one transaction.

    Raises as ``copy_snapshot``.
    """
    with closing(sqlite3.connect(copy)) as source:
        _copy(source, found, progress)
    found.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, progress: Progress) -> None:
    def tell(_status: int, remaining: int, total: int) -> None:
        progress(total - remaining, total)

    try:
        source.backup(target, pages=_PAGES, progress=tell)
    except sqlite3.OperationalError as error:
        if "full" in str(error) or "I/O" in str(error):
            raise OSError(str(error)) from error
        raise StoreUnavailable(str(error)) from error
    except sqlite3.DatabaseError as error:
        raise NoDatabase(str(error)) from error
