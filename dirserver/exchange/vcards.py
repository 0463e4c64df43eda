"""vCard files: the cards that other programs wrote, made ready to be stored, and back again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from dirserver.errors import InvalidCard
from dirserver.exchange.cardfile import MAX_CARD_LINES, FoundCard, Stray, find_cards
from dirserver.exchange.mending import as_found, mended
from dirserver.exchange.notes import Notes
from dirserver.model.contentline import unescape


@dataclass(frozen=True, slots=True)
class ReadCard:
    """What was made of one card of a file, or of something between the cards.

    ``body`` is a vCard 3.0 or 4.0 that ``parse_card`` accepts, or None if nothing could be read;
    ``notes`` are sentences for an admin on what was repaired, guessed or lost. ``number`` counts
    what was found in the file, ``line`` is where it begins, both from 1. ``lost`` counts the values
    that could not be read and are not in the body.
    """

    number: int
    line: int
    body: bytes | None
    name: str
    uid: str
    notes: tuple[str, ...]
    lost: int = 0


def read_vcards(source: BinaryIO | bytes) -> Iterator[ReadCard]:
    """Read a file of vCards 2.1, 3.0 and 4.0, one after the other; never fail but in reading.

    ``source`` is the file, of which a piece at a time is read, or all of its bytes.

    A card that may be stored as it is comes back byte for byte but for its line ends. The same
    file gives the same cards, with the same UIDs, whenever it is read.
    """
    file = BytesIO(source) if isinstance(source, bytes) else source
    items = enumerate(find_cards(file), 1)
    number, first = next(items, (1, None))
    if first is None:
        yield _left_out(1, 1, "the file is empty")
        return
    second = next(items, None)
    if isinstance(first, Stray) and second is None:
        yield _left_out(1, first.first, "this is no vCard file: there is no BEGIN:VCARD in it")
        return
    yield _read(number, first)
    if second is not None:
        yield _read(*second)
    for number, found in items:
        yield _read(number, found)


def write_vcards(bodies: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the parts of a file that holds the cards: each body, ended by a line break."""
    for body in bodies:
        yield body if body.endswith((b"\n", b"\r")) else body + b"\r\n"


def _read(number: int, found: FoundCard | Stray) -> ReadCard:
    if isinstance(found, Stray):
        lines = f"lines {found.first} to {found.last}"
        where = lines if found.last > found.first else f"line {found.first}"
        return _left_out(number, found.first, f"{where}: this belongs to no card")
    line = found.lines[0][0]
    if found.too_long:
        return _left_out(number, line, f"the card has more than {MAX_CARD_LINES} lines")
    notes = Notes()
    try:
        result = as_found(found) or mended(found, notes)
    except InvalidCard as error:
        return _left_out(number, line, error.reason)
    if result is None:
        notes.add("there is nothing in it that a person could read")
        return ReadCard(number, line, None, "", "", notes.sentences())
    body, card = result
    name = card.first("FN")
    return ReadCard(
        number,
        line,
        body,
        unescape(name.value).strip() if name else "",
        card.uid,
        notes.sentences(),
    )


def _left_out(number: int, line: int, reason: str) -> ReadCard:
    return ReadCard(number, line, None, "", "", (reason,))
