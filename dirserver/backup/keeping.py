"""The backup of every night, of which the newest are kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dirserver.assembly import Services
from dirserver.backup.checking import check_backup
from dirserver.backup.failure import Advance, BackupError
from dirserver.backup.making import make_backup
from dirserver.model.principal import Client, operator

# What is named otherwise is somebody else's, and left alone.
_OWN = re.compile(r"dirserver-\d{4}-\d\d-\d\dT\d{4}\.backup")


def nightly_backup(
    services: Services, directory: Path, keep: int, checkpoint: Callable[[], None]
) -> str:
    """Make a backup in ``directory``, check it, and remove all but the newest ``keep``.

    ``checkpoint`` may raise to break it off; what is not whole is not there then. Raises
    BackupError and StoreUnavailable; no older backup is removed then.
    """

    @contextmanager
    def heeding(_what: str) -> Iterator[Advance]:
        yield lambda _done, _total: checkpoint()

    file = directory / f"dirserver-{datetime.now().astimezone():%Y-%m-%dT%H%M}.backup"
    actor, client = operator("dirserver"), Client("nightly")
    archive = make_backup(services, file, actor, client, heeding, force=True)
    try:
        check_backup(file, heeding)
    except BackupError as error:
        raise BackupError(f"{file} was made, but is no good: {error}") from error
    removed = 0
    for old in outdated(directory, keep):
        old.unlink(missing_ok=True)
        removed += 1
    return f"{file}, {archive.size} bytes; {removed} older removed"


def outdated(directory: Path, keep: int) -> list[Path]:
    """Return the nightly backups in ``directory`` but for the newest ``keep``."""
    return _own(directory)[:-keep]


def newest(directory: Path) -> Path | None:
    """Return the last nightly backup in ``directory``. Raises OSError."""
    return next(reversed(_own(directory)), None)


def _own(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if _OWN.fullmatch(path.name))
