"""Copies of a PostgreSQL store: what its own programs, pg_dump and pg_restore, leave to be done."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Connection, text

from dirserver.errors import StoreInUse, StoreUnavailable
from dirserver.model.counting import counted
from dirserver.store.engine import APPLICATION

# How a script begins the rows of a table, and how it ends them.
_COPY = re.compile(rb'COPY [\w".]+ (\((?:"?[a-z_0-9]+"?(?:, )?)+\)) FROM stdin;\n')
_END = b"\\.\n"
_CHUNK = 64 * 1024


def export_snapshot(connection: Connection) -> str:
    """Return PostgreSQL's name for the snapshot of ``connection``, for its own programs."""
    return str(connection.scalar(text("SELECT pg_export_snapshot()")))


def namespace(connection: Connection) -> str:
    """Return the PostgreSQL schema that the tables are in."""
    return str(connection.scalar(text("SELECT current_schema()")))


def server_version(connection: Connection) -> int:
    """Return the major version of the PostgreSQL server."""
    return int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000


def require_alone(connection: Connection) -> None:
    """Raise StoreInUse when another process of ours is connected to the database."""
    others = connection.scalar(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = :name AND pid <> pg_backend_pid()"
        ),
        {"name": APPLICATION},
    )
    if others:
        raise StoreInUse(f"another process has {counted(others, 'connection')} to the database")


def set_aside(connection: Connection, tables: Iterable[str], name: str) -> None:
    """Move the tables that there are, with all that is in them, to a new schema ``name``."""
    quote = connection.dialect.identifier_preparer.quote
    connection.execute(text(f"CREATE SCHEMA {quote(name)}"))
    for table in tables:
        statement = f"ALTER TABLE IF EXISTS {quote(table)} SET SCHEMA {quote(name)}"
        connection.execute(text(statement))


def drop(connection: Connection, tables: Iterable[str]) -> None:
    """Drop the tables that there are; for such as have nothing in them."""
    quoted = map(connection.dialect.identifier_preparer.quote, tables)
    connection.execute(text(f"DROP TABLE IF EXISTS {', '.join(quoted)}"))


def load_table(
    connection: Connection, table: str, script: Iterable[bytes], loaded: Callable[[int], None]
) -> int:
    """Load the rows of ``table`` from a script of pg_restore; return how many there are.

    Only the rows are taken from the script: nothing in it is executed. ``loaded`` hears how many
    there are so far. Raises StoreUnavailable for what is no such script.
    """
    driver = connection.connection.driver_connection
    rows = table_rows(script)
    columns = next(rows, None)
    if columns is None or driver is None:
        raise StoreUnavailable(f"the copy has no rows for the table {table}")
    quoted = connection.dialect.identifier_preparer.quote(table)
    statement = f"COPY {quoted} {columns.decode()} FROM STDIN"
    chunk: list[bytes] = []
    size = count = 0
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for count, row in enumerate(rows, 1):
                chunk.append(row)
                size += len(row)
                if size > _CHUNK:
                    copy.write(b"".join(chunk))
                    loaded(count)
                    chunk, size = [], 0
            copy.write(b"".join(chunk))
    except connection.dialect.loaded_dbapi.Error as error:
        # The further lines would show what is in a row.
        raise StoreUnavailable(str(error).partition("\n")[0]) from error
    return count


def table_rows(script: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the names of the columns, as COPY has them, and then each row of a script.

    Reads the script to its end. Raises StoreUnavailable when the rows come to none.
    """
    lines = iter(script)
    for line in lines:
        begin = _COPY.fullmatch(line)
        if begin is not None:
            yield begin[1]
            break
    else:
        return
    for line in lines:
        if line == _END:
            break
        yield line
    else:
        raise StoreUnavailable("the rows of the copy come to no end")
    for _rest in lines:
        # Whoever writes the script is not to find the door closed.
        pass


def reset_sequences(connection: Connection, tables: Iterable[str]) -> None:
    """Let numbers that are given out by themselves begin behind those that are taken."""
    for table in tables:
        quoted = connection.dialect.identifier_preparer.quote(table)
        found = connection.scalar(
            text(
                "SELECT pg_get_serial_sequence(:name, 'id') FROM pg_attribute"
                " WHERE attrelid = CAST(:name AS regclass) AND attname = 'id'"
            ),
            {"name": quoted},
        )
        if found is not None:
            statement = f"SELECT setval(:sequence, coalesce(max(id), 0) + 1, false) FROM {quoted}"  # noqa: S608 - a table of ours
            connection.execute(text(statement), {"sequence": found})
