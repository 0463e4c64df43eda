"""Where in a file the cards are, before anything is known of what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dirserver.exchange.lines import NumberedLine, physical_lines

# More lines than a photo of ten megabytes has.
MAX_CARD_LINES = 300_000

# Of BEGIN and END.
_FIRST_LETTERS = b"BbEe"
_AGENT = re.compile(rb"(?:[^.:;]{1,100}\.)?AGENT(?:;[^:]{0,1000})?:[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundCard:
    """The lines of one card, BEGIN:VCARD included, END:VCARD too if it is ``complete``.

    A card with more than MAX_CARD_LINES lines is ``too_long``; its further lines are left out.
    """

    lines: tuple[NumberedLine, ...]
    complete: bool
    too_long: bool


@dataclass(frozen=True, slots=True)
class Stray:
    """Lines that belong to no card; ``first`` and ``last`` count from 1."""

    first: int
    last: int


def find_cards(file: BinaryIO) -> Iterator[FoundCard | Stray]:
    """Find the cards of a file and what is between them, in order; blank lines are nothing.

    A card ends with its END:VCARD, at the next BEGIN:VCARD, or with the file. Only an AGENT
    of vCard 2.1 has a card within the card.
    """
    card: _OpenCard | None = None
    stray: list[int] = []
    for numbered in physical_lines(file):
        number, line = numbered
        if card is not None and line and line[0] not in _FIRST_LETTERS:
            # Nearly all lines, of which there are dozens in a card.
            card.add(numbered)
            continue
        if card is None:
            if delimiter(line.lstrip()) == b"BEGIN":
                if stray:
                    yield Stray(stray[0], stray[-1])
                    stray = []
                card = _OpenCard(number, line)
            elif line.strip():
                stray[1:] = [number]
            continue
        match delimiter(line):
            case b"BEGIN" if not opens_nested_card(card.last):
                yield card.closed(complete=False)
                card = _OpenCard(number, line)
                continue
            case b"BEGIN":
                card.depth += 1
            case b"END":
                card.depth -= 1
        card.add(numbered)
        if card.depth == 0:
            yield card.closed(complete=True)
            card = None
    if card is not None:
        yield card.closed(complete=False)
    if stray:
        yield Stray(stray[0], stray[-1])


def delimiter(line: bytes) -> bytes:
    """Tell BEGIN:VCARD (BEGIN) and END:VCARD (END) from other lines (empty)."""
    if len(line) > 50 or line[:1] not in _FIRST_LETTERS:
        return b""
    name, _, value = line.upper().partition(b":")
    return name.strip() if value.strip() == b"VCARD" and name.strip() in (b"BEGIN", b"END") else b""


def opens_nested_card(line: bytes) -> bool:
    """Whether a line is an AGENT without value, whose card then follows (vCard 2.1)."""
    return _AGENT.fullmatch(line) is not None


class _OpenCard:
    """A card whose end was not yet seen."""

    __slots__ = ("depth", "lines", "too_long")

    def __init__(self, number: int, line: bytes) -> None:
        self.lines: list[NumberedLine] = [(number, line.strip())]
        self.depth = 1
        self.too_long = False

    def add(self, numbered: NumberedLine) -> None:
        if len(self.lines) == MAX_CARD_LINES:
            self.too_long = True
        else:
            self.lines.append(numbered)

    @property
    def last(self) -> bytes:
        """The last line that is not blank; the first never is."""
        return next(line for _, line in reversed(self.lines) if line.strip())

    def closed(self, *, complete: bool) -> FoundCard:
        return FoundCard(tuple(self.lines), complete, self.too_long)
