"""``dirserver export``: a book as a file of vCards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from dirserver.cli import screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.invocation import Invocation
from dirserver.cli.outfile import replacing
from dirserver.directory import Reading, label_of
from dirserver.exchange.vcards import write_vcards
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook

_STDOUT = Path("-")


def export_cards(invocation: Invocation, book: str, output: Path | None, login: str) -> None:
    """Write all cards of ``book`` to the file ``output``, or to standard output.

    What is hidden from the user ``login`` is left out. Raises Failed.
    """
    with acting(invocation, login) as who, who.reading() as reading:
        view = who.book(reading, book, Privilege.READ, AuditAction.CARD_EXPORT)
        if output is None or output == _STDOUT:
            _note(who, view, reading.count(view), "standard output")
            _write(reading, view, sys.stdout.buffer, lambda _done, _total: None)
            sys.stdout.buffer.flush()
            return
        with replacing(output, "Nothing was exported.") as file:
            _note(who, view, reading.count(view), screen.plain(str(output)))
            with screen.progress(f"exporting {book}") as advance:
                count = _write(reading, view, file, advance)
    screen.say(f"{output}: {count} card{'' if count == 1 else 's'} of {label_of(view.book)}")


def _note(who: Acting, view: VisibleBook, count: int, to: str) -> None:
    """Tell the audit trail, before anything leaves the house."""
    with who.writing() as writing:
        writing.note(AuditAction.CARD_EXPORT, label_of(view.book), f"{count} cards to {to}")


def _write(reading: Reading, view: VisibleBook, file: BinaryIO, advance: screen.Advance) -> int:
    total, done = reading.count(view), 0
    for part in write_vcards(body for _card, body in reading.exported(view)):
        file.write(part)
        done += 1
        advance(done, total)
    return done
