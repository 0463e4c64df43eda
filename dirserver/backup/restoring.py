"""Putting a backup back: all of it at one moment, and what was there is kept beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dirserver.backup.archive import Archive
from dirserver.backup.checking import read_backup
from dirserver.backup.failure import BackupError, Progress
from dirserver.backup.into_file import restore_file
from dirserver.backup.into_server import restore_server
from dirserver.backup.manifest import Engine
from dirserver.backup.returning import Erased, Return
from dirserver.errors import StoreInUse
from dirserver.model.principal import Client, Principal
from dirserver.store.contents import BookContents
from dirserver.store.engine import Store


@dataclass(frozen=True, slots=True)
class Restoring:
    """What to put back, where and for whom. ``force`` allows a store that is not empty."""

    file: Path
    url: str
    actor: Principal
    client: Client
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where that is kept which was there before, if anything was.

    ``replaced`` are the books that were there, ``erased`` is who was erased since and is there
    again.
    """

    archive: Archive
    kept: str
    replaced: tuple[BookContents, ...]
    erased: Erased


def restore_backup(restoring: Restoring, progress: Progress) -> Restored:
    """Put a backup into the store at a URL, with what clients need to sync on.

    The store has the copy then, brought to the schema of this code, or it is as it was. What was
    there is kept: beside an SQLite file, or in a schema of its own in the PostgreSQL database.
    Raises BackupError for a store that is not empty without ``force``, is in use, or is of
    another engine; StoreUnavailable.
    """
    archive = read_backup(restoring.file, progress)
    store = Store(restoring.url)
    try:
        engine = Engine.SQLITE if store.is_sqlite else Engine.POSTGRESQL
        if engine is not archive.manifest.engine:
            raise BackupError(
                f"{restoring.file} is a copy of a store on {archive.manifest.engine}, and can only "
                "be put back into one of its kind. Name such a store with --to."
            )
        returning = Return(
            archive,
            restoring.actor,
            restoring.client,
            datetime.now(UTC),
            force=restoring.force,
            dry_run=restoring.dry_run,
        )
        restore = restore_file if store.is_sqlite else restore_server
        returned = restore(store, returning, progress)
        return Restored(archive, returned.kept, returned.replaced, returned.erased)
    except StoreInUse as error:
        raise BackupError(
            f"The store is in use: {error}. Stop the server, and whatever else has it open, first."
        ) from error
    finally:
        store.close()
