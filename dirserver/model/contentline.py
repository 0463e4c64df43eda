"""Content lines: what vCard 3.0 and 4.0 are made of (RFC 6350 section 3, RFC 2425 section 5.8).

Every function takes time linear in the length of its input, whatever the input is. Nothing
here knows what a property means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

Params: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]

_LINE_END = re.compile(r"\r\n(?![ \t])|\n(?![ \t])|\r(?![ \t\n])")
_LF_FOLD = re.compile(r"\n[ \t]")
_FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")
# RFC 6350 knows letters, digits and "-"; KDE also writes X-messaging/aim-All.
_NAME = re.compile(r"[A-Za-z0-9/_.-]+")
_ESCAPE = re.compile(r'\\([nN,;:"\\])')
_CARET = re.compile(r"\^([n'^])")
_CARETS = {"n": "\n", "'": '"', "^": "^"}
_NOT_IN_NAME = frozenset('":;,=')
_NEEDS_QUOTES = frozenset(":;,")
_FOLD_AT = 75  # octets, without the line break (RFC 6350 section 3.2)

# What vCard 2.1 writes as bare parameters beside the types.
ENCODINGS = frozenset({"7bit", "8bit", "b", "base64", "quoted-printable"})
_NO_TYPES: frozenset[str] = frozenset()
# Heads repeat from card to card, but for those with more characters.
_WORTH_KEEPING = 100


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A line without its folds; ``start`` and ``end`` (after its line break) are its place.

    ``number`` counts the lines of the text as an editor does, from 1.
    """

    text: str
    start: int
    end: int
    number: int


# A tuple, since every card that is read is made of them: a frozen dataclass takes three times as
# long to make, and to compare with another one.
class ContentLine(NamedTuple):
    """One property: ``value`` is unfolded but still escaped.

    ``name`` and the parameters' names are in upper case and the parameters' values free of
    quotes and of RFC 6868's carets. A bare vCard 2.1 parameter such as CELL is a name as it is
    in the file, without values.
    """

    group: str
    name: str
    params: Params
    value: str

    def param(self, name: str) -> tuple[str, ...]:
        """All values of the parameter ``name`` (upper case), however often it is repeated."""
        if not self.params:
            return ()
        return tuple(value for key, values in self.params if key == name for value in values)

    def types(self) -> frozenset[str]:
        """The values of TYPE, lists taken apart, and the bare words of 2.1; in lower case."""
        if not self.params:
            return _NO_TYPES
        size = sum([len(name) + sum(map(len, values)) for name, values in self.params])
        return _cached_types(self.params) if size <= _WORTH_KEEPING else _types(self.params)


def _types(params: Params) -> frozenset[str]:
    found: set[str] = set()
    for name, values in params:
        if name == "TYPE":
            found.update(word.strip().lower() for value in values for word in value.split(","))
        elif not values:
            found.add(name.lower())
    found.discard("")
    return frozenset(found - ENCODINGS)


_cached_types = lru_cache(maxsize=512)(_types)


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """Unfold ``text``; the spans of the lines follow each other without a gap.

    A line ends with CRLF, LF or CR, and goes on when a space or a tab follows.
    """
    start, number = 0, 1
    for match in _LINE_END.finditer(text):
        line, folds = _unfold(text[start : match.start()])
        end = match.end()
        yield LogicalLine(line, start, end, number)
        start, number = end, number + folds + 1
    if start < len(text):
        yield LogicalLine(_unfold(text[start:])[0], start, len(text), number)


def without_folds(text: str) -> str:
    """``text`` with LF for all line breaks, and none within a line."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n " in text or "\n\t" in text:
        text = _LF_FOLD.sub("", text)
    return text


def unfolded(text: str) -> list[str]:
    """The texts of ``logical_lines``, at a fraction of the cost."""
    lines = without_folds(text).split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def parse_line(text: str) -> ContentLine:
    """Read one unfolded line.

    Raises ValueError, saying what is wrong in words that follow "line 7: ".
    """
    head, colon, value = text.partition(":")
    if '"' in head:
        at = _head_end(text)
        head, value = text[:at], text[at + 1 :]
    elif not colon:
        raise ValueError("there is no colon, so this is not a property")
    group, name, params = (_cached_head if len(head) <= _WORTH_KEEPING else _parse_head)(head)
    return ContentLine(group, name, params, value)


def format_line(line: ContentLine) -> str:
    """Write a property as one unfolded line, as ``parse_line`` reads it."""
    parts = [f"{line.group}.{line.name}" if line.group else line.name]
    for name, values in line.params:
        written = ",".join(_format_param(value) for value in values)
        parts.append(f"{name}={written}" if values else name)
    return f"{';'.join(parts)}:{line.value}"


def fold(line: str) -> bytes:
    """Encode one unfolded line and its line breaks, at most 75 octets in each piece.

    No character of more than one octet is cut (RFC 6350 section 3.2).
    """
    octets = line.encode()
    if len(octets) <= _FOLD_AT:
        return octets + b"\r\n"
    if octets.isascii():
        # Photos, for which nothing must be looked at letter by letter.
        rest = range(_FOLD_AT, len(octets), _FOLD_AT - 1)
        pieces = [octets[:_FOLD_AT], *(octets[at : at + _FOLD_AT - 1] for at in rest)]
        return b"\r\n ".join(pieces) + b"\r\n"
    pieces = []
    start, room = 0, _FOLD_AT
    while start < len(octets):
        end = start + room
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[start:end])
        start, room = end, _FOLD_AT - 1
    return b"\r\n ".join(pieces) + b"\r\n"


def split_value(value: str, separator: str) -> list[str]:
    """Split a value at each ``separator`` that no backslash precedes; the parts stay escaped."""
    if "\\" not in value:
        return value.split(separator)
    parts: list[str] = []
    start = at = 0
    while True:
        found = value.find(separator, at)
        if found < 0:
            parts.append(value[start:])
            return parts
        # Only an odd run of backslashes escapes: in "a\\,b" the backslash itself is meant.
        # ``start`` bounds the run, since a part begins behind a separator.
        run = found
        while run > start and value[run - 1] == "\\":
            run -= 1
        at = found + 1
        if (found - run) % 2 == 0:
            parts.append(value[start:found])
            start = at


def unescape(value: str) -> str:
    r"""The text meant by a value (RFC 6350 section 3.4).

    Apple and Google also escape the colon and the quote. Any other backslash stands for itself,
    as in a careless "C:\temp".
    """
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def escape(text: str) -> str:
    """Write ``text`` as a value, or as one part of a value with parts (RFC 6350 section 3.4)."""
    text = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _unfold(raw: str) -> tuple[str, int]:
    if "\n" in raw or "\r" in raw:
        return _FOLD.subn("", raw)
    return raw, 0


def _head_end(text: str) -> int:
    """Find the first colon that is not between quotes."""
    at, colon = 0, text.find(":")
    while colon >= 0:
        quote = text.find('"', at, colon)
        if quote < 0:
            return colon
        at = text.find('"', quote + 1) + 1
        if at == 0:
            raise ValueError("a quoted parameter has no closing quote")
        if colon < at:
            colon = text.find(":", at)
    raise ValueError("there is no colon, so this is not a property")


def _parse_head(head: str) -> tuple[str, str, Params]:
    if ";" not in head:
        group, _, name = head.rpartition(".")
        _check_name(head)
        return group, name.upper(), ()
    first, *rest = _split_unquoted(head, ";")
    _check_name(first)
    group, _, name = first.rpartition(".")
    params = tuple(param for part in rest if part.strip() for param in _parse_param(part))
    return group, name.upper(), params


_cached_head = lru_cache(maxsize=2048)(_parse_head)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise ValueError("this does not begin with the name of a property")


def _parse_param(part: str) -> Params:
    name, equals, value = part.partition("=")
    if not equals:
        # Bare words of 2.1, sometimes in a list.
        return tuple((_param_name(word), ()) for word in part.split(","))
    values = (_decode_carets(piece.replace('"', "")) for piece in _split_unquoted(value, ","))
    return ((_param_name(name).upper(), tuple(values)),)


def _param_name(part: str) -> str:
    name = part.strip()
    if not name or not _NOT_IN_NAME.isdisjoint(name):
        raise ValueError("a parameter has no proper name")
    return name


def _split_unquoted(text: str, separator: str) -> list[str]:
    if '"' not in text:
        return text.split(separator)
    parts: list[str] = []
    current: list[str] = []
    for index, piece in enumerate(text.split('"')):
        if index % 2:
            current.append(f'"{piece}"')
            continue
        first, *rest = piece.split(separator)
        current.append(first)
        for following in rest:
            parts.append("".join(current))
            current = [following]
    parts.append("".join(current))
    return parts


def _decode_carets(value: str) -> str:
    """Undo RFC 6868 section 3.2; a caret before anything else stands for itself."""
    return _CARET.sub(lambda found: _CARETS[found[1]], value) if "^" in value else value


def _format_param(value: str) -> str:
    value = value.replace("^", "^^").replace('"', "^'").replace("\n", "^n")
    return value if _NEEDS_QUOTES.isdisjoint(value) else f'"{value}"'
