"""Comparing many cards: those that a key brings together, each pair once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dirserver.model.duplicates.evidence import Reason, weigh
from dirserver.model.duplicates.facts import Facts
from dirserver.model.duplicates.keys import CONTACTS, MOST_ALIKE, OTHERS, Keys
from dirserver.model.duplicates.verdict import POSSIBLE, Verdict, verdict_on

# So many names at one address or number are a house's, or a family's.
_FEWEST_SHARING = 3
# A bar is slower to draw than a card to compare.
TOLD_EVERY = 500

Advance: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cards that may be of one person, by their keys, with what there is to be said of it."""

    one: str
    other: str
    verdict: Verdict
    weight: float
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]


def judged(one: Facts, other: Facts, shared: Container[str]) -> Pair | None:
    """Return what two cards are to each other; None when they are of two."""
    if one.key > other.key:
        one, other = other, one
    evidence = weigh(one, other, shared, POSSIBLE)
    verdict = None if evidence is None else verdict_on(evidence)
    if evidence is None or verdict is None:
        return None
    return Pair(one.key, other.key, verdict, evidence.weight, evidence.reasons, evidence.against)


def is_shared(sharing: Iterable[Facts]) -> bool:
    """Say whether an address or a number that these cards have tells nothing of who has it."""
    cards = list(sharing)
    if len(cards) > MOST_ALIKE:
        return True
    return len({one.name.initials for one in cards}) >= _FEWEST_SHARING


def shared_among(cards: Sequence[Facts]) -> frozenset[str]:
    """Return the mail addresses and numbers of ``cards`` that tell nothing of who has them."""
    return frozenset(
        value
        for keys in CONTACTS
        for value, group in _grouped(cards, keys)
        if is_shared(cards[at] for at in group)
    )


def certain_among(
    asked: Facts, others: Sequence[Facts], common: Container[str] = ()
) -> list[tuple[Facts, Pair]]:
    """Return which of ``others`` certainly are of the person of ``asked``, and why.

    ``others`` are all cards that have an address or a number of it, but for those of what is so
    ``common`` that it tells nothing.
    """
    everybody = [asked, *others]
    shared = {
        value
        for value in asked.mails | asked.numbers
        if value in common
        or is_shared(one for one in everybody if value in one.mails or value in one.numbers)
    }
    found = ((one, judged(asked, one, shared)) for one in others)
    return [
        (one, pair) for one, pair in found if pair is not None and pair.verdict is Verdict.CERTAIN
    ]


def scan(
    cards: Sequence[Facts],
    shared: Container[str],
    advance: Advance,
    among: Container[str] | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of ``cards`` that may be of one person, in the order of the cards.

    ``shared`` is what tells nothing; ``advance`` hears how many of how many cards are through.
    With ``among``, only pairs with one of these keys are looked at.
    """
    groups: list[Sequence[int]] = []
    groups_of: list[list[int]] = [[] for _ in cards]
    for keys in (*CONTACTS, *OTHERS):
        for key, group in _grouped(cards, keys):
            if len(group) > MOST_ALIKE or (keys in CONTACTS and key in shared):
                continue
            for at in group:
                groups_of[at].append(len(groups))
            groups.append(array("L", group))
    for at, one in enumerate(cards):
        if at % TOLD_EVERY == 0:
            advance(at, len(cards))
        for with_it in sorted({b for number in groups_of[at] for b in groups[number] if b > at}):
            if among is not None and one.key not in among and cards[with_it].key not in among:
                continue
            if (pair := judged(one, cards[with_it], shared)) is not None:
                yield pair
    advance(len(cards), len(cards))


def _grouped(cards: Sequence[Facts], keys: Keys) -> Iterator[tuple[str, list[int]]]:
    """Yield each key that several cards have, with the places of these cards."""
    found: dict[str, int | list[int]] = {}
    for at, one in enumerate(cards):
        for key in set(keys(one)):
            before = found.setdefault(key, at)
            if isinstance(before, list):
                before.append(at)
            elif before != at:
                found[key] = [before, at]
    return ((key, group) for key, group in found.items() if isinstance(group, list))
