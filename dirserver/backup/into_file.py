"""Putting a backup back into an SQLite file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dirserver.backup.checking import require_copy, require_trail, unpacked
from dirserver.backup.failure import Progress, writing
from dirserver.backup.returning import Return, Returned, survey
from dirserver.backup.workspace import keep, workspace
from dirserver.errors import NoDatabase
from dirserver.store import schema
from dirserver.store.engine import Store
from dirserver.store.sqlite import copying


def restore_file(store: Store, returning: Return, progress: Progress) -> Returned:
    """Put the copy into the file of ``store``; say in which file is kept what was there.

    SQLite itself changes one for the other, in one transaction. Raises as ``restore_backup``.
    """
    file = store.file
    found = survey(store)
    returning.require_allowed(found, str(file))
    if returning.dry_run:
        _require_alone(file)
        return Returned("" if found.is_empty else str(_aside(file, returning)), found.books)
    with writing(file), workspace(file.parent) as directory:
        copy = directory / "store.sqlite"
        unpacked(returning.archive, copy, progress)
        staged = Store(f"sqlite:///{copy}")
        try:
            require_copy(staged, returning.archive.manifest)
            schema.upgrade(staged)
            with staged.reading() as connection:
                require_trail(connection)
            try:
                return _exchange(file, staged, directory, returning, progress)
            except NoDatabase:
                # Too damaged for SQLite to open it, let alone to write to it.
                _rename(file, _aside(file, returning))
                returned = _exchange(file, staged, directory, returning, progress)
                return replace(returned, kept=str(_aside(file, returning)))
        finally:
            staged.close()


def _require_alone(file: Path) -> None:
    if file.exists():
        try:
            with copying.alone(file):
                pass
        except NoDatabase:
            return


def _exchange(
    file: Path, staged: Store, directory: Path, returning: Return, progress: Progress
) -> Returned:
    with copying.alone(file) as target:
        aside = directory / "aside"
        with progress("keeping what was there") as advance:
            copying.copy_aside(target, aside, advance)
        # Looked at again, now that nobody else can change anything.
        found = survey(Store(f"sqlite:///{aside}"))
        returning.require_allowed(found, str(file))
        kept = ""
        if not found.is_empty:
            keep(aside, _aside(file, returning))
            kept = str(_aside(file, returning))
        with staged.writing() as connection:
            erased = returning.finish(connection, found.remembered)
        staged.close()
        with progress("putting the copy in its place") as advance:
            copying.replace(target, staged.file, advance)
        return Returned(kept, found.books, erased)


def _aside(file: Path, returning: Return) -> Path:
    return file.with_name(f"{file.name}.{returning.aside}")


def _rename(file: Path, kept: Path) -> None:
    """Set a file aside that SQLite cannot open, with what SQLite keeps beside it."""
    for suffix in ("-wal", "-shm", ""):
        beside = file.with_name(file.name + suffix)
        if beside.exists():
            # Not for those who could read it by mistake until now.
            beside.chmod(0o600)
            beside.rename(kept.with_name(kept.name + suffix))
