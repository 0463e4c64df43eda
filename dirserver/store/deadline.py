"""An end to what one statement may take, as nobody else can break it off."""

from __future__ import annotations

import sqlite3
import time
from functools import partial

from sqlalchemy import Connection, func, select

from dirserver.store.sqlite.driver import driver_of

# After so many of its instructions, SQLite asks whether to go on: some tenths of a millisecond.
_STEPS = 10_000
# It counts on where a statement was when it was run before; so it asks once too often with each
# that is run. All in all these are so few that those who wait meanwhile do not notice.
_GOES_ON = (False,) * 10
# 0 would be no limit at all for PostgreSQL.
_SHORTEST = 0.001


def limit(connection: Connection, seconds: float) -> None:
    """Break off whatever is still being read in the transaction ``seconds`` from now.

    On PostgreSQL each statement, and each step of one that is read bit by bit, has that time for
    itself. What is broken off raises TimeIsUp where the transaction ends.
    """
    seconds = max(seconds, _SHORTEST)
    if connection.dialect.name == "sqlite":
        end = time.monotonic() + seconds
        driver_of(connection).set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    else:
        timeout = func.set_config("statement_timeout", f"{int(seconds * 1000)}ms", True)
        connection.execute(select(timeout))


def hurry(driver: sqlite3.Connection) -> None:
    """Break off what takes SQLite more than some milliseconds from now."""
    driver.set_progress_handler(partial(next, iter(_GOES_ON), True), _STEPS)


def lift(driver: sqlite3.Connection) -> None:
    """Let what is read next from SQLite take what it takes; PostgreSQL sees to that by itself."""
    driver.set_progress_handler(None, 0)


def is_over(error: BaseException | None) -> bool:
    """Say whether an engine has broken off a statement because its time was up."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT
    return getattr(error, "sqlstate", None) == "57014"  # query_canceled
