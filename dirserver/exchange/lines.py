"""The lines of a file, a piece at a time: however large it is, little of it is in memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, TypeAlias

from dirserver.model.charsets import BYTE_ORDER_MARKS

NumberedLine: TypeAlias = tuple[int, bytes]

_PIECE = 1 << 20
_LINE = re.compile(rb"[^\r\n]+")
# Some programs leave the mark out; every card begins with these letters.
_UNMARKED = {b"B\0E\0": "utf-16-le", b"\0B\0E": "utf-16-be"}


def physical_lines(file: BinaryIO) -> Iterator[NumberedLine]:
    """Split at CRLF, LF and CR, and at the CR CR LF of damaged files; number from 1.

    The lines are without byte order mark, and in UTF-8 if the mark says UTF-16. Empty lines
    between two lines come as one, so that a file full of them costs nothing.
    """
    number, breaks = 1, 0
    for piece in _pieces(_as_utf8(file)):
        at = 0
        for found in _LINE.finditer(piece):
            gap = piece[at : found.start()]
            breaks += 1 if gap == b"\r\n" else _count_breaks(gap)
            if breaks > 1:
                yield number + 1, b""
            number, breaks, at = number + breaks, 0, found.end()
            yield number, found[0]
        breaks += _count_breaks(piece[at:])


def _pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield all that there is in pieces that end with a whole line break."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        if b"\n" not in chunk and b"\r" not in chunk:
            continue
        end = max(rest.rfind(b"\n"), rest.rfind(b"\r")) + 1
        if end == len(rest) and rest.endswith(b"\r"):
            # There may be more of it: CR LF, or CR CR LF.
            end -= 2 if rest.endswith(b"\r\r") else 1
        yield bytes(rest[:end])
        del rest[:end]
    yield bytes(rest)


def _as_utf8(file: BinaryIO) -> Iterator[bytes]:
    first = file.read(_PIECE)
    if first.startswith(codecs.BOM_UTF8):
        first = first[len(codecs.BOM_UTF8) :]
    for mark, charset in BYTE_ORDER_MARKS:
        if first.startswith(mark):
            yield from _decoded(first[len(mark) :], file, charset)
            return
    if charset := _UNMARKED.get(first[:4].upper(), ""):
        yield from _decoded(first, file, charset)
        return
    while first:
        yield first
        first = file.read(_PIECE)


def _decoded(first: bytes, file: BinaryIO, charset: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(charset)("replace")
    while first:
        yield decoder.decode(first).encode()
        first = file.read(_PIECE)
    yield decoder.decode(b"", final=True).encode()


def _count_breaks(gap: bytes) -> int:
    if len(gap) < 2:
        return len(gap)
    # CR CR LF is what becomes of CRLF when a file goes through a text mode once too often.
    gap = gap.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
    return len(gap)
