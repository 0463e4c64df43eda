"""Making backups and putting them back, as the tests do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.backup import Restoring, make_backup, restore_backup
from dirserver.backup.archive import Archive
from dirserver.backup.failure import Advance
from dirserver.backup.restoring import Restored
from dirserver.store.tables import metadata
from tests.organisation import ADMIN, HERE


@dataclass(frozen=True, slots=True)
class Place:
    """A database where a backup can be put, and the config file that names it."""

    config: Path
    url: str

    def opened(self) -> Services:
        """Open it, without applying the config."""
        return open_services(config.load(self.config))


@contextmanager
def unseen(_what: str) -> Iterator[Advance]:
    """Progress that nobody looks at."""
    yield lambda _done, _total: None


def make(services: Services, file: Path, *, force: bool = False) -> Archive:
    return make_backup(services, file, ADMIN, HERE, unseen, force=force)


def restore(file: Path, url: str, *, force: bool = False, dry_run: bool = False) -> Restored:
    restoring = Restoring(file, url, ADMIN, HERE, force=force, dry_run=dry_run)
    return restore_backup(restoring, unseen)


# What a return changes on purpose, or follows from what it changes.
_CHANGED = ("incarnation", "setting", "audit_event", "addressbook")


def everything(services: Services, *, but: tuple[str, ...] = ()) -> dict[str, list[object]]:
    """Return every row of every table."""
    with services.store.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
            if table.name not in but
        }


def all_but_what_returns_change(services: Services) -> dict[str, list[object]]:
    """Return every row of the tables that come back as they were."""
    return everything(services, but=_CHANGED)
