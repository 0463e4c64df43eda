"""Files that a command writes: whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dirserver.cli.failure import Failed


@contextmanager
def replacing(output: Path, otherwise: str, *, force: bool = True) -> Iterator[BinaryIO]:
    """Open a file that takes the place of ``output`` once all is written.

    Raises Failed when it cannot be, with what that means ``otherwise``; without ``force`` also
    when there is such a file already.
    """
    target = Path(os.path.realpath(output))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _require_free(output, otherwise, force=force)
        if output.exists() and not output.is_file():
            # A pipe or a terminal cannot be replaced.
            with output.open("wb") as file:
                yield file
            return
        # What is in it is about people, and nobody else's until somebody decides so: not even
        # for the moment until the mode is set could others open it.
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            if target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        # Of another program, which was quicker.
        _require_free(output, otherwise, force=force)
        part.replace(target)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Failed(f"{output} cannot be written: {reason}. {otherwise}") from error
    finally:
        with suppress(OSError):
            part.unlink()


def _require_free(output: Path, otherwise: str, *, force: bool) -> None:
    # What is no file, such as a pipe, is written to and loses nothing.
    if not force and output.is_file():
        raise Failed(
            f"{output} exists already. Name another file, or replace it with --force. {otherwise}"
        )
