"""What goes wrong between here and a database, as the conditions that callers know."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

from dirserver.errors import StoreBusy, StoreUnavailable, TimeIsUp
from dirserver.store import deadline

# PostgreSQL's SQLSTATE, appendix A of its manual.
_INSUFFICIENT_PRIVILEGE = "42501"
_LOCK_NOT_AVAILABLE = "55P03"
_SERIALIZATION_FAILURE = "40001"
_DEADLOCK_DETECTED = "40P01"
_OTHERS_IN_THE_WAY = {_LOCK_NOT_AVAILABLE, _SERIALIZATION_FAILURE, _DEADLOCK_DETECTED}


@contextmanager
def as_conditions() -> Iterator[None]:
    """Turn the engines' errors of availability into the one condition that callers know."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if deadline.is_over(error.orig):
            raise TimeIsUp(str(error.orig)) from error
        unavailable = StoreBusy if _is_busy(error.orig) else StoreUnavailable
        raise unavailable(str(error.orig)) from error
    except TimeoutError as error:
        raise StoreUnavailable("every connection to the database is in use") from error
    except sqlite3.Error as error:
        # What goes past SQLAlchemy's layers raises the driver's own.
        if deadline.is_over(error):
            raise TimeIsUp(str(error)) from error
        if not isinstance(error, sqlite3.OperationalError) and not _is_of_the_database(error):
            raise
        raise (StoreBusy if _is_busy(error) else StoreUnavailable)(str(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_of_the_database(error.orig):
            raise StoreUnavailable(str(error.orig)) from error
        raise


def _is_busy(error: BaseException | None) -> bool:
    """Whether other writers are in the way, so that it goes well some other time."""
    if isinstance(error, sqlite3.Error):
        # Errors that the driver raises by itself have no code.
        return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error, "sqlstate", None) in _OTHERS_IN_THE_WAY


def _is_of_the_database(error: BaseException | None) -> bool:
    """Whether the database itself is at fault, rather than what was asked of it.

    That is a file that is no SQLite database, or no whole one; its own errors are of the very
    class DatabaseError. On PostgreSQL it is a role that lacks a privilege.
    """
    return type(error) is sqlite3.DatabaseError or (
        getattr(error, "sqlstate", None) == _INSUFFICIENT_PRIVILEGE
    )
