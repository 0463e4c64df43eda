"""What was typed before the command: which config file, and how much to say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dirserver.cli.failure import Failed

if TYPE_CHECKING:
    # The type only: a server does without Typer.
    import typer

ENVIRONMENT = "DIRSERVER_CONFIG"
_PLACES = (Path("dirserver.toml"), Path("/etc/dirserver/dirserver.toml"))


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options that every command has. ``file`` is None where none was named."""

    file: Path | None
    verbose: bool = False

    @property
    def config_file(self) -> Path:
        """The config file to use. Raises Failed when none was named and none is at hand."""
        if self.file is not None:
            return self.file
        for place in _PLACES:
            if place.exists():
                return place
        raise Failed(
            f"There is no config file: neither ./{_PLACES[0]} nor {_PLACES[1]} exists. "
            f"Name one with -c FILE or in ${ENVIRONMENT}, or begin with a copy of "
            "dirserver.example.toml."
        )


def invocation(context: typer.Context) -> Invocation:
    """Return what was typed before the command that runs in ``context``."""
    found: Invocation = context.obj
    return found
