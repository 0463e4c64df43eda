"""A card taken apart into what it says, each with its place in the text.

What two cards say is compared by meaning: neither the order and case of parameters nor folds
count, nor the number that Apple's programs give to a group. Lines that only label a property
(``item1.X-ABLabel``) are a part of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dirserver.model.contentline import (
    ENCODINGS,
    ContentLine,
    LogicalLine,
    logical_lines,
    parse_line,
)

Meaning: TypeAlias = tuple[object, ...]

# How a card is written rather than what it says: nobody's change.
NOISE = frozenset({"BEGIN", "END", "VERSION", "REV", "PRODID"})
LABELS = frozenset({"X-ABLABEL", "X-ABADR"})
# A card has at most one of these, or reads as if it had (RFC 6350 section 6).
SINGLE = frozenset(
    {
        *("FN", "N", "UID", "KIND", "BDAY", "ANNIVERSARY", "GENDER", "NOTE", "ORG", "TITLE"),
        *("ROLE", "PHOTO", "LOGO", "SOUND", "NICKNAME", "CATEGORIES", "TZ", "GEO", "CLASS"),
    }
)
# Types that do not say whose or what it is.
NEUTRAL = frozenset({"voice", "pref", "internet", "msg", "text", "dom", "intl", "postal", "parcel"})
# Of other parameters, such as the LABEL of an ADR, the case counts.
_CASELESS = frozenset({"ENCODING", "VALUE", "CHARSET", "LANGUAGE", "CALSCALE", "MEDIATYPE"})
_LONGEST_LABEL = 200
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Written:
    """One line as it is written: its place, its ``text`` without folds, and all of it, raw."""

    start: int
    end: int
    text: str
    raw: str


# The lines that label a group, and what they say.
Labels: TypeAlias = tuple[tuple[tuple[ContentLine, Written], ...], Meaning]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a card says: a property, with the lines that label it."""

    line: ContentLine
    written: Written
    labels: tuple[tuple[ContentLine, Written], ...]
    meaning: Meaning

    @property
    def name(self) -> str:
        """The name of the property, in upper case."""
        return self.line.name

    @property
    def label_meaning(self) -> Meaning:
        """What the labels say."""
        return self.meaning[-1:]

    @property
    def field(self) -> Meaning:
        """What this is about, whatever it says of it: two values of one field are a change."""
        if self.name in SINGLE:
            return (self.name,)
        return self.name, tuple(sorted(self.line.types() - NEUTRAL)), self.label_meaning

    @property
    def value(self) -> Meaning:
        """What this says, whatever it is about."""
        return self.meaning[0], self.meaning[2]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A card taken apart.

    ``members`` says how many items are in each group (lower case); in ``crowded`` ones there
    are also labels too many.
    """

    text: str
    items: tuple[Item, ...]
    groups: frozenset[str]
    members: Counter[str]
    crowded: frozenset[str]
    end: int


def read(body: bytes) -> Sheet:
    """Take a card apart that was stored, and so can be read."""
    text = body.decode()
    lines = [
        (parse_line(logical.text), logical)
        for logical in logical_lines(text)
        if logical.text and not logical.text.isspace()
    ]
    owners = {_group(line) for line, _ in lines if line.name not in LABELS | NOISE} - {""}
    labels: dict[str, dict[str, tuple[ContentLine, Written]]] = {}
    others = []
    for line, logical in lines:
        written, of_group = _written(text, logical), labels.setdefault(_group(line), {})
        if _group(line) in owners and _is_label(line) and line.name not in of_group:
            of_group[line.name] = (line, written)
        elif line.name not in NOISE:
            others.append((line, written))
    said = {group: _said(of_group) for group, of_group in labels.items()}
    nothing: Labels = ((), ())
    items = [
        # A label too many labels nothing, and is not labelled itself.
        _item(line, written, *(nothing if line.name in LABELS else said[_group(line)]))
        for line, written in others
    ]
    return Sheet(
        text,
        tuple(items),
        frozenset(_group(line) for line, _ in lines),
        Counter(_group(item.line) for item in items if item.name not in LABELS),
        frozenset(_group(item.line) for item in items if item.name in LABELS),
        lines[-1][1].start,
    )


def surplus(those: Sequence[Item], these: Iterable[Item]) -> list[Item]:
    """Return which of ``those`` say what none of ``these`` says; each stands for one only."""
    left = Counter(item.meaning for item in these)
    found = []
    for item in those:
        if left[item.meaning]:
            left[item.meaning] -= 1
        else:
            found.append(item)
    return found


def _is_label(line: ContentLine) -> bool:
    """Whether a line labels those of its group. Nobody's label is long, and all repeat it."""
    return line.name in LABELS and len(line.value) <= _LONGEST_LABEL


def _said(labels: dict[str, tuple[ContentLine, Written]]) -> Labels:
    """Return the labels of a group, and what they say; once for all that they label."""
    meaning = tuple(sorted((line.name, _value(line)) for line, _ in labels.values()))
    return tuple(labels.values()), meaning


def _group(line: ContentLine) -> str:
    return line.group.lower()


def _written(text: str, line: LogicalLine) -> Written:
    return Written(line.start, line.end, line.text, text[line.start : line.end])


def _item(
    line: ContentLine,
    written: Written,
    labels: tuple[tuple[ContentLine, Written], ...],
    said: Meaning,
) -> Item:
    meaning = (line.name, _others(line), _value(line), tuple(sorted(line.types())), said)
    return Item(line, written, labels, meaning)


def _others(line: ContentLine) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The parameters but for the types, in one order and spelling."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for name, values in line.params:
        if not values and name.lower() in ENCODINGS:
            found.append(("ENCODING", (name.lower(),)))
        elif values and name != "TYPE":
            caseless = name in _CASELESS
            found.append((name, tuple(map(str.lower, values)) if caseless else values))
    return tuple(sorted(found))


def is_binary(line: ContentLine) -> bool:
    """Say whether the value is no text but bytes, in the line itself."""
    said = {value.lower() for value in line.param("ENCODING")}
    return not said.isdisjoint({"b", "base64"}) or line.value[:5].lower() == "data:"


def _value(line: ContentLine) -> str:
    if is_binary(line):
        return _SPACE.sub("", line.value)
    if "\\" not in line.value:
        return line.value
    # Some programs escape more than they must (RFC 6350 section 3.4).
    return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[0]), line.value)


_MEANT = {"N": r"\n", ":": ":", '"': '"'}
