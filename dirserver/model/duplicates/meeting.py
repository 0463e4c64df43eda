"""A card that comes into a book, and certainly is of somebody who is known already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class OnDuplicate(StrEnum):
    """What is to become of such a card; ``ASK`` is for whoever is there to be asked."""

    UPDATE = "update"
    SKIP = "skip"
    ADD = "add"
    ASK = "ask"


class Fate(StrEnum):
    """What became of it.

    ``UNCHANGED`` is when the other card says all of it already, and ``ELSEWHERE`` when the other
    one is in another book, where it is left alone.
    """

    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    ADDED = "added"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A card of a file, and another one of the same person.

    ``file`` and ``place`` say which card it is. The other one is ``href`` with the ``key`` in the
    ``book``; where it is one of the files, too, ``other`` says which.
    """

    file: int
    place: int
    fate: Fate
    book: str
    href: str
    key: str
    other: tuple[int, int] | None
    reasons: tuple[str, ...]


# Says of a meeting what is to be done, and never to ask.
Decide: TypeAlias = Callable[[Meeting], OnDuplicate]
