"""Putting a backup back into a PostgreSQL database."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dirserver.backup import programs
from dirserver.backup.checking import require_rows, require_trail, restore_program, unpacked
from dirserver.backup.failure import Progress, writing
from dirserver.backup.manifest import Manifest
from dirserver.backup.returning import Return, Returned, survey_of
from dirserver.backup.workspace import workspace
from dirserver.store import loading, schema, turns
from dirserver.store.engine import Connection, Store
from dirserver.store.tables import metadata

# The last is Alembic's, which says what schema the others have.
_TABLES = [*(table.name for table in metadata.sorted_tables), "alembic_version"]


def restore_server(store: Store, returning: Return, progress: Progress) -> Returned:
    """Put the copy into the database of ``store``; say which schema keeps what was there.

    All in one transaction: our own migrations make the tables, and of the copy only the rows are
    taken. Raises as ``restore_backup``.
    """
    manifest = returning.archive.manifest
    program = restore_program(manifest)
    temporary = Path(tempfile.gettempdir())
    with writing(temporary), workspace(temporary) as directory:
        copy = directory / "store.pgdump"
        if not returning.dry_run:
            unpacked(returning.archive, copy, progress)
        with store.writing() as connection:
            turns.take(connection, turns.Turn.STRUCTURE)
            loading.require_alone(connection)
            found = survey_of(connection)
            returning.require_allowed(found, "The database")
            kept = "" if found.is_empty else f"schema {returning.aside}"
            if returning.dry_run:
                return Returned(kept, found.books)
            if found.is_empty:
                loading.drop(connection, _TABLES)
            else:
                loading.set_aside(connection, _TABLES, returning.aside)
            schema.migrate(connection, manifest.schema)
            _load(connection, program, copy, manifest, progress)
            schema.migrate(connection)
            require_trail(connection)
            erased = returning.finish(connection, found.remembered)
        return Returned(kept, found.books, erased)


def _load(
    connection: Connection, program: Path, copy: Path, manifest: Manifest, progress: Progress
) -> None:
    """Load the rows of every table, those first that others refer to."""
    rows = manifest.contents.rows
    total, before = sum(rows.values()), 0
    found: dict[str, int] = {}
    with progress("loading the copy") as advance:
        for table in rows:

            def loaded(count: int, before: int = before) -> None:
                advance(before + count, total)

            script = programs.rows_script(program, copy, table)
            found[table] = loading.load_table(connection, table, script, loaded)
            before += found[table]
            advance(before, total)
    require_rows(manifest, found)
    loading.reset_sequences(connection, rows)
