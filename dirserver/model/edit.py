"""What a new body of a card does to the one before: which lines are gone, which have come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dirserver.model.contentline import ContentLine, parse_line, unfolded
from dirserver.model.vcard import VCard

_NO_PROPERTIES = frozenset({"BEGIN", "END"})


@dataclass(frozen=True, slots=True)
class Edit:
    """A card as it is ``after``, the lines that are ``gone``, and those that have ``come``.

    A line that is only written in another way may be among both.
    """

    after: VCard
    gone: tuple[ContentLine, ...]
    come: tuple[ContentLine, ...]


def edited(before: bytes, body: bytes, after: VCard) -> Edit:
    """Return what became of the card ``before``, which was stored, when it became ``body``.

    ``after`` is what ``body`` says. Most lines stay as they are, and are not looked into.
    """
    there, here = (Counter(unfolded(one.decode())) for one in (before, body))
    return Edit(after, _parsed(there - here), _parsed(here - there))


def _parsed(lines: Counter[str]) -> tuple[ContentLine, ...]:
    parsed = [parse_line(line) for line in lines.elements() if line and not line.isspace()]
    return tuple(line for line in parsed if line.name not in _NO_PROPERTIES)
