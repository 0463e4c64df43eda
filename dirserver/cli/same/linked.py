"""Where cards are that are of one person, as programs read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dirserver.directory.same.bykey import Keyed


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A card, as somebody names it to a command."""

    book: str
    href: str
    key: str


def places(cards: Sequence[Keyed]) -> tuple[ShownPlace, ...]:
    """Return where ``cards`` are."""
    return tuple(ShownPlace(card.label, card.href, card.key) for card in cards)
