"""A process that takes much back and says how far it is: ``python -m tests.directory.interrupted``.

Its arguments are the config file and what to do: ``undo``, or ``restore`` and a moment.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

from dirserver import config
from dirserver.assembly import open_services
from dirserver.directory.restoring import restore_book
from dirserver.directory.undoing import undo
from dirserver.model.history.life import Acts
from tests.organisation import ADMIN, HERE


def main(path: str, what: str, moment: str = "") -> None:
    """Take back what bob did, or all since a moment, in one transaction."""
    services = open_services(config.load(Path(path)))
    with services.directory.writing(ADMIN, HERE) as writing:
        if what == "undo":
            for undone in undo(writing, "customers", Acts(login="bob"), "bob"):
                os.write(1, f"{undone.done}\n".encode())
        else:
            at = datetime.fromisoformat(moment)
            for restored in restore_book(writing, "customers", at):
                os.write(1, f"{restored.gone + restored.stored}\n".encode())
        os.write(1, b"written\n")
    os.write(1, b"done\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
