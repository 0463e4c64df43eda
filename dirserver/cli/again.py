"""Commands that are proposed, to be typed as they are: with the config file of this one."""

from __future__ import annotations

import shlex
from pathlib import Path

# As one process is one command: the file that was typed, and not one that the environment names.
_typed: list[Path] = []


def remember(config: Path | None) -> None:
    """Remember which config file was typed, if one was."""
    _typed[:] = [] if config is None else [config]


def command(words: str) -> str:
    """Return what to type to have ``words`` done to the same database."""
    file = "".join(f"-c {shlex.quote(str(one))} " for one in _typed)
    return f"dirserver {file}{words}"


def undo(batch: int | None, *, by: str = "batch") -> str:
    """Return what to type to take back what has this number, as a batch or as an import."""
    return command(f"undo --{by} {batch}")
