"""Whether a backup is good: its checksums, and whether what is in it can be opened and is whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dirserver.backup import programs
from dirserver.backup.archive import Archive, open_archive, unpack
from dirserver.backup.failure import Advance, BackupError, Progress, writing
from dirserver.backup.manifest import Engine, Manifest
from dirserver.backup.workspace import workspace
from dirserver.errors import StoreUnavailable
from dirserver.store import loading, schema
from dirserver.store.contents import contents, count_rows, require_whole
from dirserver.store.engine import Connection, Store
from dirserver.store.trail.chain import verify


def check_backup(file: Path, progress: Progress) -> Archive:
    """Check a backup to the last bit, and that what is in it can be used; return what it is.

    Raises BackupError with what is wrong.
    """
    archive = read_backup(file, progress)
    # On the disk where there is room for the backup, if that can be written to.
    beside = file.absolute().parent
    parent = beside if os.access(beside, os.W_OK) else Path(tempfile.gettempdir())
    with writing(parent), workspace(parent) as directory:
        copy = directory / "copy"
        unpacked(archive, copy, progress)
        if archive.manifest.engine is Engine.SQLITE:
            _check_file(archive.manifest, copy)
        else:
            _check_dump(archive.manifest, copy, progress)
    return archive


def read_backup(file: Path, progress: Progress) -> Archive:
    """Open a backup whose checksum is right and whose schema is known. Raises BackupError."""
    with progress("checking the sums") as advance:
        archive = open_archive(file, advance)
    manifest = archive.manifest
    if not schema.is_known(manifest.schema):
        raise BackupError(
            f"{file} was made by dirserver {manifest.dirserver} with schema {manifest.schema}, "
            "which this version does not know yet. Install that version."
        )
    return archive


def unpacked(archive: Archive, copy: Path, progress: Progress) -> None:
    """Unpack the copy that is in a backup. Raises BackupError."""
    with progress("unpacking the copy") as advance:
        unpack(archive, copy, advance)


def _check_file(manifest: Manifest, copy: Path) -> None:
    store = Store(f"sqlite:///{copy}")
    try:
        require_copy(store, manifest)
        schema.upgrade(store)
        with store.reading() as connection:
            require_trail(connection)
            # Rows of an older schema may be elsewhere now, but books and trail are the same.
            found = contents(connection)
        if (found.books, found.last_event, found.last_digest) != (
            manifest.contents.books,
            manifest.contents.last_event,
            manifest.contents.last_digest,
        ):
            raise BackupError("The books in the copy are not those of the manifest.")
    except StoreUnavailable as error:
        raise BackupError(f"The copy in the backup cannot be used: {error}.") from error
    finally:
        store.close()


def require_copy(store: Store, manifest: Manifest) -> None:
    """Raise BackupError unless an unpacked SQLite copy is what the manifest says."""
    version = schema.current(store)
    if version != manifest.schema:
        raise BackupError(f"The copy has schema {version}, its manifest says {manifest.schema}.")
    with store.reading() as connection:
        require_whole(connection)
        require_rows(manifest, count_rows(connection, manifest.contents.rows))


def require_rows(manifest: Manifest, found: Mapping[str, int]) -> None:
    """Raise BackupError unless as many rows were ``found`` as the manifest says."""
    for table, count in manifest.contents.rows.items():
        if found[table] != count:
            raise BackupError(
                f"The copy has {found[table]} rows of {table}, its manifest says {count}."
            )


def require_trail(connection: Connection) -> None:
    """Raise BackupError unless the audit trail is one chain."""
    fault = verify(connection).fault
    if fault is not None:
        raise BackupError(f"The audit trail in the copy is broken at event {fault.id}.")


def _check_dump(manifest: Manifest, copy: Path, progress: Progress) -> None:
    program = restore_program(manifest)
    programs.list_dump(program, copy)
    with progress("reading the copy") as advance:
        require_rows(manifest, _dumped_rows(program, manifest, copy, advance))


def restore_program(manifest: Manifest) -> Path:
    """Return the program that reads a dump. Raises BackupError."""
    return programs.find("pg_restore", manifest.engine_version, programs.places())


def _dumped_rows(program: Path, manifest: Manifest, copy: Path, advance: Advance) -> dict[str, int]:
    """Count the rows of each table in a dump, by reading all of it."""
    total = sum(manifest.contents.rows.values())
    found: dict[str, int] = {}
    before = 0
    for table in manifest.contents.rows:
        rows = loading.table_rows(programs.rows_script(program, copy, table))
        # The first line names the columns.
        found[table] = sum(1 for _row in rows) - 1
        before += found[table]
        advance(before, total)
    return found
