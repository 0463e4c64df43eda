"""A process that does much and says how far it is: ``python -m tests.directory.interrupted``.

Its arguments are the config file and what to do: ``undo``, ``restore`` and a moment, or ``import``.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

from dirserver import config
from dirserver.assembly import open_services
from dirserver.directory.intake.importing import import_cards
from dirserver.directory.past.restoring import restore_book
from dirserver.directory.past.undoing import undo
from dirserver.model.history.life import Acts
from tests.organisation import ADMIN, HERE, vcard


def main(path: str, what: str, moment: str = "") -> None:
    """Take back what bob did or all since a moment, or import, in one transaction."""
    services = open_services(config.load(Path(path)))
    with services.directory.writing(ADMIN, HERE) as writing:
        if what == "undo":
            for undone in undo(writing, "customers", Acts(login="bob"), "bob"):
                os.write(1, f"{undone.done}\n".encode())
        elif what == "import":
            people = [vcard(f"uid-{one}", f"Name {one}", "NOTE:imported") for one in range(1200)]
            for imported in import_cards(writing, "customers", "people.vcf", people):
                os.write(1, f"{imported.total}\n".encode())
        else:
            at = datetime.fromisoformat(moment)
            for restored in restore_book(writing, "customers", at):
                os.write(1, f"{restored.gone + restored.stored}\n".encode())
        os.write(1, b"written\n")
    os.write(1, b"done\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
