"""The shield: how much one client may take out of a book in a short time.

A telephone that was reset, or a program with a fault, takes a whole book away in seconds; a
person does not. Nothing is lost by it, since deleted cards are history, but everybody's next
sync would take the book away from them, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dirserver.model.contentline import ContentLine
from dirserver.model.edit import Edit

# What a card is for: how to reach somebody.
_WAYS = frozenset({"TEL", "EMAIL", "ADR", "IMPP"})
_EMPTY = frozenset(" ;,\t")


@dataclass(frozen=True, slots=True)
class Shield:
    """A client that takes more than ``cards`` and more than ``percent`` of a book is stopped.

    What it took in the last ``minutes`` counts.
    """

    enabled: bool = True
    cards: int = 20
    percent: int = 10
    minutes: int = 10

    @property
    def window(self) -> timedelta:
        """For how long what a client took counts."""
        return timedelta(minutes=self.minutes)

    def is_crossed(self, taken: int, whole: int) -> bool:
        """Say whether ``taken`` cards are too much of a book that had ``whole`` many."""
        return self.enabled and taken > self.cards and taken * 100 > self.percent * whole

    def spares(self, taken: int) -> int:
        """Return how many cards a book may have had at least for ``taken`` not to be too much."""
        return taken * 100 // max(1, self.percent) + 1


@dataclass(frozen=True, slots=True)
class Stop:
    """A client that may no longer write to a book: a user's device, or their own password.

    ``reason`` says in a clause what it did.
    """

    book_id: int
    login: str
    device: str
    at: datetime
    reason: str


def is_blanked(edit: Edit) -> bool:
    """Say whether a card has lost most of what it said.

    That is when all numbers, addresses and mails are gone where there were some, or more than
    two thirds of the properties. One with an empty value says nothing.
    """
    gone, come, left = _said(edit.gone), _said(edit.come), _said(edit.after.lines)
    if _WAYS.intersection(gone) and not _WAYS.intersection(left):
        return True
    return 3 * len(left) < len(left) - len(come) + len(gone)


def _said(lines: Iterable[ContentLine]) -> list[str]:
    return [line.name for line in lines if not _EMPTY.issuperset(line.value)]
