"""Which encoding the bytes of a file are in, where nothing says so."""

from __future__ import annotations

import codecs
from collections.abc import Callable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16LE"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16BE"),
)
# The code pages of Windows, the western one first: it is the most frequent by far.
_CODE_PAGES = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257")
_SAMPLE = 65_536


def decoded(data: bytes, knows: Callable[[str], int]) -> tuple[str, str]:
    """Return the text of a file, and the name of its encoding.

    Where it is neither marked nor UTF-8, the code page is taken under which ``knows`` counts the
    most known words at its beginning. What is not in the code page becomes U+FFFD.
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace"), name
    if (wide := _without_mark(data)) is not None:
        codec, name = wide
        return data.decode(codec, "replace"), name
    try:
        return data.decode(), "ASCII" if data.isascii() else "UTF-8"
    except UnicodeDecodeError:
        pass
    head = data[:_SAMPLE]
    page = max(_CODE_PAGES, key=lambda page: knows(head.decode(page, "replace")))
    return data.decode(page, "replace"), f"Windows-{page.removeprefix('cp')}"


def is_binary(data: bytes) -> bool:
    """Say whether this is no text in any encoding that is looked for."""
    head = data[:_SAMPLE]
    if any(head.startswith(mark) for mark, _, _ in _MARKS) or _without_mark(head):
        return False
    controls = sum(head.count(bytes((octet,))) for octet in (0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16))
    return 0 in head or controls * 50 > len(head)


def _without_mark(data: bytes) -> tuple[str, str] | None:
    """Tell UTF-16 without a mark by the zeros that western letters have in it."""
    head = data[:_SAMPLE]
    half = len(head) // 2
    if half < 4:
        return None
    if head[1::2].count(0) > half * 0.6 and head[::2].count(0) < half * 0.05:
        return "utf-16-le", "UTF-16LE"
    if head[::2].count(0) > half * 0.6 and head[1::2].count(0) < half * 0.05:
        return "utf-16-be", "UTF-16BE"
    return None
