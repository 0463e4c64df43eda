"""A directory of its own for what is not whole yet, which is gone when the work is."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = ".dirserver-"
_SUFFIX = ".part"


@contextmanager
def workspace(parent: Path) -> Iterator[Path]:
    """Yield a directory in ``parent`` that only this user can look into, and remove it in the end.

    What a process that was killed has left behind is removed by the next one. Raises OSError.
    """
    _sweep(parent)
    while True:
        directory = Path(tempfile.mkdtemp(_SUFFIX, _PREFIX, parent))
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if directory.exists():
            break
        # Swept away between being made and being locked.
        os.close(lock)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def _sweep(parent: Path) -> None:
    """Remove the workspaces that no living process has locked."""
    for directory in parent.glob(f"{_PREFIX}*{_SUFFIX}"):
        # Somebody else's, or gone in this moment.
        with suppress(OSError):
            lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory)
            finally:
                os.close(lock)


def keep(file: Path, target: Path) -> None:
    """Give a file that is whole the name ``target``, for good: also the power may fail now."""
    with file.open("rb") as found:
        os.fsync(found.fileno())
    file.replace(target)
    directory = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
