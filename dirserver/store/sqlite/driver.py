"""The driver below SQLAlchemy."""

from __future__ import annotations

import sqlite3
from typing import cast

from sqlalchemy import Connection


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's own connection, for what goes past SQLAlchemy's layers."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)
