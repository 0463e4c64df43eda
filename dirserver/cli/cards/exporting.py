"""``dirserver export``: a book as a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dirserver.cli import screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.outfile import replacing
from dirserver.config.faults import listing
from dirserver.directory import Reading, label_of
from dirserver.exchange.formats.choices import TABLES, XML, Format, Separator, format_of
from dirserver.exchange.formats.csvwriting import Safety
from dirserver.exchange.formats.writing import write_cards
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook

_STDOUT = Path("-")
_NOTHING = "Nothing was exported."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written, and where to; None is standard output.

    Without a ``kind``, the ending of ``output`` says it; ``separator`` is None where nobody has
    said it. ``force`` replaces a file that is there.
    """

    book: str
    output: Path | None
    kind: Format | None
    separator: Separator | None
    raw: bool
    force: bool


def export_cards(invocation: Invocation, wanted: Wanted, login: str) -> None:
    """Write all cards of a book, or those that a smart one shows, to a file or standard output.

    What is hidden from the user ``login`` is left out. Raises Failed.
    """
    kind = wanted.kind or _kind_of(wanted.output)
    if wanted.separator is not None and kind not in TABLES:
        raise Failed(
            f"--separator is of CSV, and this would be {kind}; add --format csv. {_NOTHING}"
        )
    with acting(invocation, login) as who, who.reading() as reading:
        output, book = wanted.output, wanted.book
        views = who.views(reading, book, Privilege.READ, AuditAction.CARD_EXPORT)
        counts = {label_of(view.book): reading.count(view) for view in views}
        if output is None or output == _STDOUT:
            _note(who, counts, "standard output")
            _write(reading, views, wanted, kind, sys.stdout.buffer, lambda _done, _total: None)
            sys.stdout.buffer.flush()
            return
        with replacing(output, _NOTHING, force=wanted.force) as file:
            _note(who, counts, screen.plain(str(output)))
            with screen.progress(f"exporting {book}") as advance:
                count = _write(reading, views, wanted, kind, file, advance)
    title = _title(wanted, views)
    kept = "" if title in counts or not counts else f" (kept in {listing(counts, 'and')})"
    screen.say(f"{output}: {screen.counted(count, 'card')} of {title}{kept}")


def _kind_of(output: Path | None) -> Format:
    """Return the format that a file's ending says, or vCards. Raises Failed for .xml."""
    if output is None:
        return Format.VCARD
    if output.suffix.lower() == ".xml":
        raise Failed(
            f"{output}: several phone books are XML; say which with --format: "
            f"{listing(XML, 'or')}. {_NOTHING}"
        )
    return format_of(output.name) or Format.VCARD


def _title(wanted: Wanted, views: Sequence[VisibleBook]) -> str:
    """Return what the book is called, however it was typed."""
    return next((label_of(view.shelf) for view in views), wanted.book)


def _note(who: Acting, counts: Mapping[str, int], to: str) -> None:
    """Tell the audit trail, before anything leaves the house; of each book that cards are from."""
    with who.writing() as writing:
        for label, count in counts.items():
            writing.note(AuditAction.CARD_EXPORT, label, f"{screen.counted(count, 'card')} to {to}")


def _write(
    reading: Reading,
    views: Sequence[VisibleBook],
    wanted: Wanted,
    kind: Format,
    file: BinaryIO,
    advance: screen.Advance,
) -> int:
    total = sum(map(reading.count, views))
    done = 0

    def bodies() -> Iterator[bytes]:
        nonlocal done
        # Some formats go through the cards to see how wide they are, and then to write them.
        done = 0
        for view in views:
            for _card, body in reading.exported(view):
                yield body
                done += 1
                advance(done, total)

    safety = Safety(wanted.raw, reading.plan, wanted.separator or Separator.COMMA)
    for part in write_cards(bodies, kind, _title(wanted, views), safety):
        file.write(part)
    return done
