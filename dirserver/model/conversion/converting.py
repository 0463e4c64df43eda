"""One card from one version to the other."""

from __future__ import annotations

import re

from dirserver.errors import UnsupportedVersion
from dirserver.model.contentline import (
    ContentLine,
    escape,
    fold,
    format_line,
    parse_line,
    unfolded,
)
from dirserver.model.conversion import parameters
from dirserver.model.conversion.rules import FOR_FOUR, FOR_THREE
from dirserver.model.conversion.source import Source
from dirserver.model.naming import name_of
from dirserver.model.vcard import VERSIONS, VCard, parse_card

_BEGINNING = re.compile(rb"BEGIN:VCARD\r?\nVERSION:(3\.0|4\.0)\r?\n", re.IGNORECASE)
_DELIMITERS = frozenset({"BEGIN", "END", "VERSION"})


def convert(body: bytes, version: str) -> bytes:
    """Return the card ``body`` as vCard ``version``: itself when it has that version already.

    ``body`` is a card that ``parse_card`` accepts. The properties keep their order and, as far as
    the other version allows, each its spelling; lines end with CRLF and have 75 octets at most.

    Raises UnsupportedVersion, and InvalidCard when the card cannot be read.
    """
    if version not in VERSIONS:
        raise UnsupportedVersion(version)
    if (found := _BEGINNING.match(body)) and found[1].decode() == version:
        return body
    texts, read = _read(body)
    if not found and any(line.name == "VERSION" and line.value.strip() == version for line in read):
        return body
    lines = [parameters.tidied(line) if line.params else line for line in read]
    if version == "4.0":
        rules = FOR_FOUR
        lines = [parameters.for_four(line) if line.params else line for line in lines]
    else:
        rules = FOR_THREE
        lines = parameters.for_three(lines)
    if all(line.name != "FN" for line in lines):
        made = _made_name(lines)
        texts, read, lines = [format_line(made), *texts], [made, *read], [made, *lines]
    source = Source(lines)
    written = [b"BEGIN:VCARD\r\n", fold(f"VERSION:{version}")]
    for text, original, line in zip(texts, read, lines, strict=True):
        if rule := rules.get(line.name):
            for new in rule(line, source):
                written.append(fold(text if new is original else format_line(new)))
        elif line.name not in _DELIMITERS:
            is_kept = line is original or line.name.startswith("X-")
            written.append(fold(text if is_kept else format_line(line)))
    written.append(b"END:VCARD\r\n")
    return b"".join(written)


def _read(body: bytes) -> tuple[list[str], list[ContentLine]]:
    """The lines of a card, as they are written and as they are read."""
    try:
        texts = [text for text in unfolded(body.decode()) if text and not text.isspace()]
        lines = [parse_line(text) for text in texts]
    except ValueError:
        lines = []
    if not lines or lines[0].name != "BEGIN" or lines[-1].name != "END":
        parse_card(body)
    return texts, lines


def _made_name(lines: list[ContentLine]) -> ContentLine:
    """The FN of a card without one, which both versions must have."""
    name, _ = name_of(VCard("", "", tuple(lines)))
    return ContentLine("", "FN", (), escape(name))
