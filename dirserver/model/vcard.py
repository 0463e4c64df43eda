"""Whole cards: what may be stored, and what of it one who may not see all is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from dirserver.errors import InvalidCard
from dirserver.model.contentline import (
    ContentLine,
    logical_lines,
    parse_line,
    unescape,
    unfolded,
    without_folds,
)

VERSIONS = frozenset({"3.0", "4.0"})
UID_MAX_BYTES = 1000

# What no XML document can hold (XML 1.0 section 2.2), and so no CardDAV answer.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CONTROLS = bytes(one for one in range(32) if chr(one) not in "\t\n\r")
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_UID = re.compile(r"^(?:[^:;\n]*\.)?UID[:;].*", re.ASCII | re.IGNORECASE | re.MULTILINE)
_DELIMITERS = frozenset({"BEGIN", "END"})
# Apple's lines that say something about the property of the same group, never for themselves.
_LABELS = frozenset({"X-ABLABEL", "X-ABADR"})


@dataclass(frozen=True, slots=True)
class VCard:
    """A card that may be stored: ``lines`` are its properties without BEGIN and END.

    ``uid`` is empty when the card has none.
    """

    version: str
    uid: str
    lines: tuple[ContentLine, ...]

    def first(self, name: str) -> ContentLine | None:
        """The first property of this name (upper case)."""
        for line in self.lines:
            if line.name == name:
                return line
        return None

    def all(self, name: str) -> tuple[ContentLine, ...]:
        """The properties of this name (upper case), in the order of the card."""
        return tuple(line for line in self.lines if line.name == name)


def parse_card(body: bytes) -> VCard:
    """Read the body of one vCard 3.0 or 4.0, as a client may store it.

    The body is kept as it is, so everything is refused that would have to be changed before it
    could be shown to a client. Forgiven is what every reader forgives: LF or CR for CRLF, blank
    lines, long lines, ``begin:vcard``, and a card without FN, N or UID.

    Raises InvalidCard.
    """
    lines: list[ContentLine] = []
    version: str | None = None
    uid: str | None = None
    text = _decode(body)
    for index, line in _properties(text):
        if line.name == "VERSION":
            if version is not None:
                raise _refusal(text, index, "this is a second VERSION")
            version = line.value.strip()
            if version not in VERSIONS:
                reason = f"this server keeps vCard 3.0 and 4.0, not {version[:20]!r}"
                raise _refusal(text, index, reason, unsupported_version=True)
        elif line.name == "UID":
            if uid is not None:
                raise _refusal(text, index, "this is a second UID")
            uid = unescape(line.value).strip()
            if len(uid.encode()) > UID_MAX_BYTES:
                raise _refusal(text, index, f"a UID has at most {UID_MAX_BYTES} bytes")
        lines.append(line)
    if version is None:
        raise InvalidCard("the card does not say its VERSION")
    return VCard(version, uid or "", tuple(lines))


def uid_of(body: bytes) -> str:
    """Return the UID that ``parse_card`` finds in a card, at a fraction of the cost.

    Whether it is a card is not asked.
    """
    found = _UID.search(without_folds(body.decode(errors="replace")))
    if found is None:
        return ""
    try:
        return unescape(parse_line(found[0]).value).strip()
    except ValueError:
        return ""


def lines_named(body: bytes, names: frozenset[str]) -> list[ContentLine]:
    """Return the properties named in ``names`` (upper case) of a card that was stored."""
    found: list[ContentLine] = []
    for text in unfolded(body.decode()):
        name = text.partition(":")[0].partition(";")[0].rpartition(".")[2].upper()
        if name in names and name not in _DELIMITERS:
            found.append(parse_line(text))
    return found


def without(body: bytes, hidden: frozenset[str]) -> bytes:
    """Take the properties named in ``hidden`` (upper case) out of a card that was stored.

    With them goes what only labels them (``item1.X-ABLabel`` of ``item1.TEL``). Every other
    byte stays.
    """
    text = body.decode()
    lines = [(logical, *_group_and_name(logical.text)) for logical in logical_lines(text)]
    bereft = {group for _, group, name in lines if group and name in hidden}
    addressless = {group for _, group, name in lines if name == "ADR" and name in hidden}
    told = hidden | _LABELS
    bereft -= {group for _, group, name in lines if name not in told}
    kept = [
        text[logical.start : logical.end]
        for logical, group, name in lines
        if not (
            name in hidden
            or (name in _LABELS and group in bereft)
            # It holds the country, or all of the address, whatever else is in the group.
            or (name == "X-ABADR" and group in addressless)
        )
    ]
    return "".join(kept).encode()


def _properties(text: str) -> Iterator[tuple[int, ContentLine]]:
    """Yield what is between BEGIN:VCARD and END:VCARD, each with its index in ``unfolded``."""
    begun = ended = False
    for index, unparsed in enumerate(unfolded(text)):
        if not unparsed or unparsed.isspace():
            continue
        if ended:
            raise _refusal(text, index, "there is something after END:VCARD")
        try:
            line = parse_line(unparsed)
        except ValueError as error:
            reason = str(error) if begun else "a card begins with BEGIN:VCARD"
            raise _refusal(text, index, reason) from error
        if not begun:
            if not _is_delimiter(line, "BEGIN"):
                raise _refusal(text, index, "a card begins with BEGIN:VCARD")
            begun = True
        elif line.name == "END":
            if not _is_delimiter(line, "END"):
                raise _refusal(text, index, "a card ends with END:VCARD")
            ended = True
        elif line.name == "BEGIN":
            raise _refusal(text, index, "there is a second BEGIN before END:VCARD")
        else:
            yield index, line
    if not begun:
        raise InvalidCard("the card is empty")
    if not ended:
        raise InvalidCard("the card is cut off: there is no END:VCARD")


def _is_delimiter(line: ContentLine, name: str) -> bool:
    return line.name == name and not line.group and line.value.strip().upper() == "VCARD"


def _decode(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        number = _line_number(body[: error.start].decode())
        raise InvalidCard(f"line {number}: the text is not UTF-8") from error
    if text.startswith("\ufeff"):
        raise InvalidCard("line 1: the card begins with a byte order mark")
    # To look at each character takes as long as to parse the card.
    is_suspect = len(body.translate(None, _CONTROLS)) != len(body) or b"\xef\xbf" in body
    if is_suspect and (found := _NOT_IN_XML.search(text)):
        number = _line_number(text[: found.start()])
        character = f"U+{ord(found[0]):04X}"
        raise InvalidCard(f"line {number}: a card cannot hold the character {character}")
    return text


def _refusal(
    text: str, index: int, reason: str, *, unsupported_version: bool = False
) -> InvalidCard:
    number = next(islice(logical_lines(text), index, None)).number
    return InvalidCard(f"line {number}: {reason}", unsupported_version=unsupported_version)


def _line_number(before: str) -> int:
    return len(_LINE_BREAK.findall(before)) + 1


def _group_and_name(text: str) -> tuple[str, str]:
    """The group, in lower case, and the name of a line; blank lines have neither."""
    if not text or text.isspace():
        return "", ""
    line = parse_line(text)
    return line.group.lower(), line.name
