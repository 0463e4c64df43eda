"""What a new body of a card does to the one before: which lines are gone, which have come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dirserver.model.contentline import ContentLine
from dirserver.model.vcard import VCard


@dataclass(frozen=True, slots=True)
class Edit:
    """A card ``before`` and ``after``: the lines that are ``gone``, and those that have ``come``.

    A line that is only written in another way may be among both.
    """

    before: VCard
    after: VCard
    gone: tuple[ContentLine, ...]
    come: tuple[ContentLine, ...]


def edited(before: VCard, after: VCard) -> Edit:
    """Return what was changed of the card ``before`` when it became the one ``after``."""
    there, here = Counter(before.lines), Counter(after.lines)
    return Edit(before, after, tuple((there - here).elements()), tuple((here - there).elements()))
