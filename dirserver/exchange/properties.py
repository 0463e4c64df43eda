"""The properties of a card in a file, however their lines were continued.

Besides the folding of RFC 6350 section 3.2 there is vCard 2.1's, whose folds keep their space,
the soft line break of quoted-printable, after which a line goes on in its first column, and
base64 that was not folded at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dirserver.exchange.cardfile import delimiter
from dirserver.exchange.lines import NumberedLine
from dirserver.exchange.notes import Notes

# A property may be folded before its colon, but not before the first semicolon.
_BEGINS_PROPERTY = re.compile(rb"[A-Za-z0-9/_.-]+[ \t]*[:;]")
_HEX = re.compile(rb"[0-9A-Fa-f]{2}")
_PROSE = frozenset({b"NOTE", b"LABEL"})


@dataclass(frozen=True, slots=True)
class RawProperty:
    """One property as bytes: ``head`` is before its colon, ``value`` after it, both unfolded.

    ``pieces`` are its lines as they were. ``is_strict`` tells whether they are folded as
    RFC 6350 says, so that they may be kept. A line that is no property has no ``head``.
    """

    number: int
    head: bytes
    value: bytes
    pieces: tuple[bytes, ...]
    is_strict: bool


def read_properties(
    lines: Sequence[NumberedLine], notes: Notes, *, is_legacy: bool
) -> Iterator[RawProperty]:
    """Yield the properties between the BEGIN and the END of a card; ``lines`` are without them.

    Nothing is left out: a line that is no property and continues none is yielded too.
    ``is_legacy`` is for vCard 2.1.
    """
    current: _Open | None = None
    depth = 0
    for number, line in lines:
        if current is not None and (depth or delimiter(line)):
            # Only an AGENT has a card within the card, else there would be two.
            depth += {b"BEGIN": 1, b"END": -1}.get(delimiter(line), 0)
            current.add_nested(line)
        elif not line.strip():
            if current is not None:
                current.is_soft = False
        elif current is not None and line[:1] in b" \t":
            current.add_folded(line, is_legacy=is_legacy)
        elif current is not None and current.is_soft:
            current.add_continued(line)
        elif _BEGINS_PROPERTY.match(line):
            if current is not None:
                yield current.closed()
            current = _Open(number, line)
        elif current is not None and current.is_base64:
            notes.add("the base64 was not folded and was joined", current.number)
            current.add_continued(line)
        elif current is not None and current.name in _PROSE:
            notes.add("this is no property and was taken as going on with the text above", number)
            current.add_prose(line, is_legacy=is_legacy)
        else:
            if current is not None:
                yield current.closed()
            current = None
            yield RawProperty(number, b"", line.strip(), (line,), is_strict=False)
    if current is not None:
        yield current.closed()


class _Open:
    """A property whose last line was perhaps not yet seen."""

    __slots__ = (
        "_chunks",
        "_head_length",
        "_in_quotes",
        "_length",
        "_pieces",
        "is_base64",
        "is_quoted_printable",
        "is_soft",
        "is_strict",
        "name",
        "number",
    )

    def __init__(self, number: int, line: bytes) -> None:
        self.number = number
        self.name = re.split(rb"[:; \t]", line, maxsplit=1)[0].rpartition(b".")[2].upper()
        self.is_soft = self.is_base64 = self.is_quoted_printable = False
        self.is_strict = True
        self._pieces: list[bytes] = []
        self._chunks: list[bytes] = []
        self._length = 0
        self._head_length = -1
        self._in_quotes = False
        self._add(line, line)

    def add_folded(self, line: bytes, *, is_legacy: bool) -> None:
        if self.is_soft and not is_legacy and _HEX.match(line, 1):
            # The fold went through an "=3D"; its "=" was no soft break.
            self._chunks[-1] += b"="
        # Before the colon no version has a use for the space.
        keeps_space = is_legacy and self._head_length >= 0
        self._add(line if keeps_space else line[1:], line)

    def add_continued(self, line: bytes) -> None:
        self.is_strict = False
        self._add(line, line)

    def add_prose(self, line: bytes, *, is_legacy: bool) -> None:
        self.is_strict = False
        self._add((b"\n" if is_legacy else b"\\n") + line, line)

    def add_nested(self, line: bytes) -> None:
        """Take a line of a nested card as a line of text."""
        self.is_strict = False
        self._add(line + b"\n", line)

    def closed(self) -> RawProperty:
        text = b"".join(self._chunks)
        at = self._head_length
        if at < 0:
            # A quote that is never closed: vCard 2.1 knows no quotes.
            at = text.find(b":")
        if at < 0:
            return RawProperty(self.number, b"", text, tuple(self._pieces), is_strict=False)
        return RawProperty(
            self.number, text[:at], text[at + 1 :], tuple(self._pieces), self.is_strict
        )

    def _add(self, chunk: bytes, piece: bytes) -> None:
        self._pieces.append(piece)
        if self._head_length < 0:
            self._look_for_colon(chunk)
        stripped = chunk.rstrip(b" \t") if self.is_quoted_printable else b""
        self.is_soft = stripped.endswith(b"=")
        if self.is_soft:
            self.is_strict = False
            chunk = stripped[:-1]
        self._chunks.append(chunk)
        self._length += len(chunk)

    def _look_for_colon(self, chunk: bytes) -> None:
        at, colon = 0, chunk.find(b":")
        while True:
            quote = chunk.find(b'"', at)
            if not self._in_quotes and colon >= 0 and (quote < 0 or colon < quote):
                break
            if quote < 0:
                return
            self._in_quotes = not self._in_quotes
            at = quote + 1
            if 0 <= colon < at:
                colon = chunk.find(b":", at)
        self._head_length = self._length + colon
        head = (b"".join(self._chunks) + chunk[:colon]).upper()
        words = {word.strip() for word in re.split(rb"[;=]", head)[1:]}
        self.is_quoted_printable = b"QUOTED-PRINTABLE" in words
        self.is_base64 = not words.isdisjoint((b"BASE64", b"B"))
