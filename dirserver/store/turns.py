"""What only one transaction may do at a time, whatever rows it touches."""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import Connection, text


class Turn(IntEnum):
    """The things to wait for. Any numbers will do, as long as every process has the same."""

    AUDIT = 7_203_617_491
    SCHEMA = 3_918_402_655
    STRUCTURE = 5_570_283_914
    BATCH = 2_846_093_157
    SIGHTING = 6_417_250_938
    NIGHT = 6_194_027_381


def take(connection: Connection, turn: Turn) -> None:
    """Wait until nobody else has ``turn``, and have it until this transaction ends.

    On SQLite a transaction that writes already is the only one.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(turn)})
