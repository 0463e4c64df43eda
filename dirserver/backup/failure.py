"""Why a backup could not be made, is no good, or could not be put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

# Hears how many of how many are done. What it raises breaks the work off.
Advance: TypeAlias = Callable[[int, int], None]
# Opens a stage of the work, by what is done in it.
Progress: TypeAlias = Callable[[str], AbstractContextManager[Advance]]


class BackupError(Exception):
    """The text says in a sentence or two what is wrong, and what to do next."""


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Turn what the operating system refuses while ``file`` is written into BackupError."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BackupError(
            f"{file} cannot be written: {reason}. Nothing was left there; make room, or choose "
            "another directory."
        ) from error
