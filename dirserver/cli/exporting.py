"""``dirserver export``: a book as a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dirserver.cli import screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.invocation import Invocation
from dirserver.cli.outfile import replacing
from dirserver.directory import Reading, label_of
from dirserver.exchange.formats.choices import Format
from dirserver.exchange.formats.csvwriting import Safety
from dirserver.exchange.formats.writing import write_cards
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook

_STDOUT = Path("-")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written, and where to; None is standard output."""

    book: str
    output: Path | None
    kind: Format
    raw: bool


def export_cards(invocation: Invocation, wanted: Wanted, login: str) -> None:
    """Write all cards of a book to a file, or to standard output.

    What is hidden from the user ``login`` is left out. Raises Failed.
    """
    with acting(invocation, login) as who, who.reading() as reading:
        output, book = wanted.output, wanted.book
        view = who.book(reading, book, Privilege.READ, AuditAction.CARD_EXPORT)
        if output is None or output == _STDOUT:
            _note(who, view, reading.count(view), "standard output")
            _write(reading, view, wanted, sys.stdout.buffer, lambda _done, _total: None)
            sys.stdout.buffer.flush()
            return
        with replacing(output, "Nothing was exported.") as file:
            _note(who, view, reading.count(view), screen.plain(str(output)))
            with screen.progress(f"exporting {book}") as advance:
                count = _write(reading, view, wanted, file, advance)
    screen.say(f"{output}: {count} card{'' if count == 1 else 's'} of {label_of(view.book)}")


def _note(who: Acting, view: VisibleBook, count: int, to: str) -> None:
    """Tell the audit trail, before anything leaves the house."""
    with who.writing() as writing:
        writing.note(AuditAction.CARD_EXPORT, label_of(view.book), f"{count} cards to {to}")


def _write(
    reading: Reading, view: VisibleBook, wanted: Wanted, file: BinaryIO, advance: screen.Advance
) -> int:
    total = reading.count(view)
    done = 0

    def bodies() -> Iterator[bytes]:
        nonlocal done
        # Some formats go through the cards to see how wide they are, and then to write them.
        done = 0
        for _card, body in reading.exported(view):
            yield body
            done += 1
            advance(done, total)

    safety = Safety(wanted.raw, reading.plan)
    for part in write_cards(bodies, wanted.kind, label_of(view.book), safety):
        file.write(part)
    return done
