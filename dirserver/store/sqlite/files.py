"""The file of an SQLite store: nobody but its owner may read it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def make(file: Path) -> None:
    """Make an empty file, for its owner only, where there is none.

    SQLite would leave it to the umask, and there will be everybody's contacts in it, and password
    hashes. What SQLite keeps beside a file gets the mode of that.
    """
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
