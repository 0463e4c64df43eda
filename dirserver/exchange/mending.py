"""From a card as it is in a file to one that may be stored, with as little change as may be."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID, uuid5

from dirserver.errors import InvalidCard
from dirserver.exchange.cardfile import FoundCard
from dirserver.exchange.lines import NumberedLine
from dirserver.exchange.notes import Notes
from dirserver.exchange.properties import RawProperty, read_properties
from dirserver.exchange.rewriting import (
    UNREADABLE,
    has_base64,
    is_rewritten,
    is_sound_base64,
    rewrite,
    unreadable,
)
from dirserver.model.charsets import without_controls
from dirserver.model.contentline import (
    ContentLine,
    escape,
    fold,
    format_line,
    parse_line,
    unescape,
)
from dirserver.model.naming import name_of
from dirserver.model.vcard import UID_MAX_BYTES, VERSIONS, VCard, parse_card

_MADE_UIDS = UUID("0b9d3d4c-5f0e-5d0c-9d55-3f1b6a3c9a57")
# What is noted of a card that has no end.
CUT_OFF = "the card is cut off: END:VCARD was missing and was added"
_LONGEST_LINE = 75
_OLD_VERSIONS = frozenset({"1.0", "2.0", "2.1", "2"})
# What programs write anew with each export, though the card is the same.
_VOLATILE = (b"REV:", b"REV;", b"PRODID:", b"PRODID;")
# A card that has only these tells nobody anything.
_SAYS_NOTHING = frozenset({"VERSION", "UID", "REV", "PRODID", UNREADABLE})


def as_found(found: FoundCard) -> tuple[bytes, VCard] | None:
    """The card with CRLF for its line ends, if nothing else of it must change; else None."""
    lines = [line for _, line in found.lines]
    if not found.complete or not all(lines) or max(map(len, lines)) > _LONGEST_LINE:
        return None
    body = b"\r\n".join((*lines, b""))
    try:
        card = parse_card(body)
    except InvalidCard:
        return None
    name = card.first("FN")
    if not card.uid or name is None or not unescape(name.value).strip():
        return None
    if not all(_is_fine(line) and not _is_damaged_uri(line) for line in card.lines):
        return None
    return body, card


def mended(found: FoundCard, notes: Notes) -> tuple[bytes, VCard] | None:
    """The card as vCard 3.0 or 4.0, with a UID and a name, or None if it says nothing.

    The properties that are as they should be stay as they are, byte for byte.
    """
    inner = found.lines[1:-1] if found.complete else found.lines[1:]
    if not found.complete:
        notes.add(CUT_OFF)
    version, is_legacy = _version(inner, notes)
    card = _Card(version)
    for raw in read_properties(inner, notes, is_legacy=is_legacy):
        line, written = _property(raw, notes, is_legacy=is_legacy)
        card.add(line, written, raw.number, notes)
    if not card.has_version:
        card.lines.insert(0, fold(f"VERSION:{version}"))
    if not card.uid:
        made = str(_uid(inner))
        card.lines.append(fold(f"UID:urn:uuid:{made}" if version == "4.0" else f"UID:{made}"))
        notes.add("UID was missing; one was made from the card's content")
    if not card.has_name:
        nameless = parse_card(_body(found, card.lines))
        if all(_says_nothing(line) for line in nameless.lines):
            return None
        name, source = name_of(nameless)
        card.lines.append(fold(f"FN:{escape(name)}"))
        if source == "ORG":
            card.lines += _shown_as_organisation(nameless)
        made_from = f"one was made from {source}" if source else "it has no name at all"
        notes.add(f"FN was missing; {made_from}")
    body = _body(found, card.lines)
    return body, parse_card(body)


class _Card:
    """The written properties of a card, and which of the needed ones are among them."""

    __slots__ = ("_version", "has_name", "has_version", "lines", "uid")

    def __init__(self, version: str) -> None:
        self._version = version
        self.lines: list[bytes] = []
        self.uid = ""
        self.has_name = self.has_version = False

    def add(self, line: ContentLine, written: bytes, number: int, notes: Notes) -> None:
        match line.name.upper():
            case "VERSION":
                if self.has_version:
                    notes.add("a second VERSION was left out", number)
                    return
                self.has_version = True
                if line.value.strip() != self._version:
                    written = fold(f"VERSION:{self._version}")
            case "UID":
                uid = unescape(line.value).strip()
                if not uid:
                    return
                if self.uid or len(uid.encode()) > UID_MAX_BYTES:
                    notes.add("this UID cannot be the card's and was kept as X-OTHER-UID", number)
                    written = fold(format_line(line._replace(name="X-OTHER-UID")))
                else:
                    self.uid = uid
            case "FN":
                if not unescape(line.value).strip():
                    return
                self.has_name = True
        self.lines.append(written)


def _version(lines: Sequence[NumberedLine], notes: Notes) -> tuple[str, bool]:
    """The version that the card is to have, and whether it is written as vCard 2.1."""
    for number, line in lines:
        head, colon, value = line.partition(b":")
        if colon and head.upper().partition(b";")[0].strip() == b"VERSION":
            said = value.strip().decode("ascii", "replace")
            if said in VERSIONS:
                return said, False
            if said in _OLD_VERSIONS:
                return "3.0", True
            version = "4.0" if said == "4" else "3.0"
            notes.add(f"VERSION was {said[:20]!r} and is read as {version}", number)
            return version, False
    notes.add("VERSION was missing; the card is read as 3.0")
    return "3.0", False


def _property(raw: RawProperty, notes: Notes, *, is_legacy: bool) -> tuple[ContentLine, bytes]:
    """A property and how it is written: as it was, if it may be."""
    if not raw.head:
        line = unreadable(raw, notes)
        return line, fold(format_line(line))
    if not is_legacy and (strict := _as_written(raw, notes)):
        return strict
    line = rewrite(raw, notes, is_legacy=is_legacy)
    return line, fold(format_line(line))


def _as_written(raw: RawProperty, notes: Notes) -> tuple[ContentLine, bytes] | None:
    try:
        text = (raw.head + b":" + raw.value).decode()
        line = parse_line(text)
    except ValueError:
        return None
    if line.name in ("BEGIN", "END") or "\n" in text or without_controls(text)[1]:
        return None
    if not _is_fine(line):
        if is_rewritten(line):
            notes.add("this is written as in vCard 2.1 and was rewritten", raw.number)
        return None
    if _is_damaged_uri(line):
        notes.add("the base64 of this data URI is damaged; it was kept as it is", raw.number)
    if raw.is_strict and all(_is_whole(piece) for piece in raw.pieces):
        return line, b"".join(piece + b"\r\n" for piece in raw.pieces)
    return line, fold(text)


def _is_fine(line: ContentLine) -> bool:
    return not is_rewritten(line) and (not has_base64(line) or is_sound_base64(line.value))


def _is_damaged_uri(line: ContentLine) -> bool:
    if line.value[:5].lower() != "data:":
        return False
    _, is_base64, data = line.value.partition(";base64,")
    return bool(is_base64) and not is_sound_base64(data)


def _is_whole(piece: bytes) -> bool:
    """Whether a line is short enough, and no fold goes through a character."""
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return len(piece) <= _LONGEST_LINE


def _uid(lines: Sequence[NumberedLine]) -> UUID:
    """A UID that is the same whenever the same card is read, whatever this program makes of it."""
    content = sha256()
    for _, line in lines:
        stripped = line.strip()
        if stripped and not stripped.upper().startswith(_VOLATILE):
            content.update(stripped + b"\n")
    return uuid5(_MADE_UIDS, content.hexdigest())


def _says_nothing(line: ContentLine) -> bool:
    return line.name in _SAYS_NOTHING or not line.value.strip(" ;,")


def _shown_as_organisation(card: VCard) -> list[bytes]:
    """Lest clients sort it as a person without a name; 3.0 has only Apple's word for it."""
    name, value = ("KIND", "org") if card.version == "4.0" else ("X-ABSHOWAS", "COMPANY")
    return [] if card.first(name) else [fold(f"{name}:{value}")]


def _body(found: FoundCard, lines: Sequence[bytes]) -> bytes:
    begin, end = found.lines[0][1].strip(), found.lines[-1][1].strip()
    # Some write vCard, which may stay; some have blanks around the colon, which may not.
    begin = begin if begin.upper() == b"BEGIN:VCARD" else b"BEGIN:VCARD"
    end = end if end.upper() == b"END:VCARD" else b"END:VCARD"
    return b"".join((begin, b"\r\n", *lines, end, b"\r\n"))
