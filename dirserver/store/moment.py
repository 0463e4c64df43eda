"""Moments: what the database holds between two changes, and what is known of it meanwhile."""

from __future__ import annotations

from array import array
from typing import TypeAlias, TypeVar

# What stands for a card's place in the order of searches by name; its row, its UID and its link.
Known: TypeAlias = tuple[str, tuple[int, str, None, int, int], str, int | None]
# What a card says in each of some fields, with a character between two values that no card can
# hold; and a card's id, its book's, and that of its texts.
Said: TypeAlias = tuple[str, ...]
Line: TypeAlias = tuple[int, int, Said]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

# Of each kind so many are kept, of some 600 octets each; then it begins anew.
_MOST_KEPT = 15_000


class Moment:
    """What the database holds until anything changes, as a thing of its own. For one thread.

    Telephones ask ever anew for some of the same cards: what a search looks at of each is read
    once. It is gone with the moment.
    """

    __slots__ = ("behind", "cards", "crowds", "lines", "numbers", "orders")

    def __init__(self) -> None:
        """Begin knowing nothing."""
        # By their ids.
        self.cards: dict[int, Known] = {}
        # By their places in the trigram index; None where it is behind with the card.
        self.lines: dict[int, Line | None] = {}
        # Their numbers, by kind, by the cards' ids.
        self.numbers: dict[int, Said] = {}
        # By the last place of those whose names begin alike: whether it is crowded there.
        self.crowds: dict[int, bool] = {}
        # By the first place of some whose names begin alike: their places, in the cards' order, and
        # their ids.
        self.orders: dict[int, tuple[array[int], array[int]]] = {}
        # The cards that the trigram index is behind with, each with its numbers.
        self.behind: list[tuple[Line, Said]] | None = None


def place_of(name: str, key: str) -> str:
    """Return what sorts cards by their names and then by their keys, as one text: half the work."""
    return f"{name}\0{key}"


def name_at(place: str) -> str:
    """Return the name of a card at that place; names have no such character."""
    return place.partition("\0")[0]


def keep(known: dict[_Key, _Value], more: dict[_Key, _Value]) -> None:
    """Keep ``more`` of what is ``known``, or these alone where it would be too much."""
    if len(known) + len(more) > _MOST_KEPT:
        known.clear()
    if len(more) <= _MOST_KEPT:
        known.update(more)
