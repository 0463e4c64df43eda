"""Cards to convert, and their lines."""

from __future__ import annotations

from collections.abc import Sequence

from dirserver.model.contentline import unfolded
from dirserver.model.conversion import convert

NAMES = ("FN:Zoë", "N:Å;Zoë;;;")


def card(version: str, lines: Sequence[str], names: Sequence[str] = NAMES) -> bytes:
    """Return a card with a name and these lines."""
    text = "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *names, *lines, "END:VCARD", ""])
    return text.encode()


def lines_of(body: bytes) -> list[str]:
    """Return the unfolded lines of a card, without BEGIN, VERSION and END."""
    begin, version, *lines, end = unfolded(body.decode())
    assert (begin, end) == ("BEGIN:VCARD", "END:VCARD")
    assert version in ("VERSION:3.0", "VERSION:4.0")
    return lines


def converted(version: str, lines: Sequence[str]) -> list[str]:
    """Return what becomes of the lines of a card of the other version, without the names."""
    other = {"3.0": "4.0", "4.0": "3.0"}[version]
    made = lines_of(convert(card(other, lines), version))
    assert made[:2] == list(NAMES)
    return made[2:]
