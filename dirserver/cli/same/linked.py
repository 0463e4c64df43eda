"""Where cards are that are of one person, as programs read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dirserver.directory import Reading, label_of
from dirserver.directory.same.bykey import Keyed
from dirserver.model.history.wording import name_of
from dirserver.model.policy import VisibleBook
from dirserver.model.query import KeyIs, Or

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A card, as somebody names it to a command."""

    book: str
    href: str
    key: str


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """Whose cards are one; what they are called in each, if that differs."""

    name: str
    cards: tuple[ShownPlace, ...]


@dataclass(frozen=True, slots=True)
class LinkedPeople:
    """Whose cards were linked, or would be; ``batch`` takes that back, if anything was done."""

    dry_run: bool
    batch: int | None
    people: tuple[ShownPerson, ...]


@dataclass(frozen=True, slots=True)
class UnlinkedCard:
    """A card, and the cards that it was linked with; none if it was not."""

    book: str
    href: str
    key: str
    linked: tuple[ShownPlace, ...]


@dataclass(frozen=True, slots=True)
class UnlinkedCards:
    """What was taken out of its link; ``batch`` takes that back, if anything was done."""

    batch: int | None
    cards: tuple[UnlinkedCard, ...]


def people(
    reading: Reading, views: Sequence[VisibleBook], groups: Sequence[Sequence[str]]
) -> tuple[ShownPerson, ...]:
    """Return whose cards these are, by their keys, and where in ``views`` they are, in order."""
    keys = [key for of_one in groups for key in of_one]
    names: dict[str, str] = {}
    there: dict[str, ShownPlace] = {}
    for start in range(0, len(keys), _AT_ONCE):
        query = Or(tuple(map(KeyIs, keys[start : start + _AT_ONCE])))
        for view, card, body in reading.cards_found(query, views):
            names[card.key] = name_of(body) or card.key
            there[card.key] = ShownPlace(label_of(view.book), card.href, card.key)
    found = []
    for of_one in groups:
        cards = [there[key] for key in of_one if key in there]
        cards.sort(key=lambda one: (one.book, one.href))
        called = dict.fromkeys(names[card.key] for card in cards)
        found.append(ShownPerson(", ".join(called), tuple(cards)))
    return tuple(sorted(found, key=lambda one: one.name))


def places(cards: Sequence[Keyed]) -> tuple[ShownPlace, ...]:
    """Return where ``cards`` are."""
    return tuple(ShownPlace(card.label, card.href, card.key) for card in cards)
