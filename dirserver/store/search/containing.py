"""What contains some words, in the order of the cards' names, on SQLite.

The trigram index tells where to look, in that order; what the cards say there is looked at in
memory.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from dirserver.store.index import lines, trigram
from dirserver.store.moment import Moment, Said
from dirserver.store.search import knowing
from dirserver.store.search.probes import Op, Probe

# So many rows are looked at beyond the cards that are wanted, to see where a walk may end; then so
# many at once, until it is seen.
_BEYOND, _STEP = 3, 24
_AT_TEXT = {name: at for at, name in enumerate(lines.FIELDS)}
_AT_NUMBER = {name: at for at, name in enumerate(knowing.NUMBERS)}


@dataclass(frozen=True, slots=True)
class Contained:
    """A part to look for in some texts and numbers, where these are known of a card.

    What is bound for it begins ``at`` there.
    """

    index: str
    texts: tuple[int, ...]
    numbers: tuple[int, ...]
    is_short: bool
    at: int


def contained(probe: Probe, at: int) -> Contained | None:
    """Return what ``probe`` looks for, where that is a part of what is known of cards."""
    fields = probe.fields
    indexes = {trigram.index_of(name) for name in fields}
    is_known = all(name in _AT_TEXT or name in _AT_NUMBER for name in fields)
    if not (probe.is_of_part and is_known and len(indexes) == 1):
        return None
    return Contained(
        indexes.pop(),
        tuple([_AT_TEXT[name] for name in fields if name in _AT_TEXT]),
        tuple([_AT_NUMBER[name] for name in fields if name in _AT_NUMBER]),
        probe.comparisons[0].op is Op.CONTAINS_SHORT,
        at,
    )


def steps(most: int) -> tuple[int, int]:
    """Return how many rows to take at once of a walk to the first ``most`` cards, and then."""
    return most + _BEYOND, _STEP


class _Parts:
    """Parts to look for: each with where to."""

    __slots__ = ("numbers", "texts")

    def __init__(self) -> None:
        self.texts: list[tuple[int, str]] = []
        self.numbers: list[tuple[int, str]] = []

    def are_in_texts(self, said: Said) -> bool:
        """Say whether a card has any of those that are looked for in texts."""
        return any(part in said[at] for at, part in self.texts)

    def are_in_numbers(self, said: Said) -> bool:
        """Say the same of numbers."""
        return any(part in said[at] for at, part in self.numbers)


def find(
    connection: Connection,
    moment: Moment,
    asked: Sequence[Contained],
    values: Sequence[str],
    books: frozenset[int],
    most: int,
) -> list[list[int]]:
    """Return the ids of the first ``most`` cards in ``books`` by name, and of others, in lists.

    They contain any of what is ``asked``, as it is bound in ``values``. In no list is a card twice.
    ``most`` is not 0.
    """
    wanted: dict[tuple[str, str], _Parts] = {}
    for one in asked:
        if one.is_short:
            first, until, part = values[one.at : one.at + 3]
            match = trigram.match_between(connection, one.index, first, until)
        else:
            match, part = values[one.at : one.at + 2]
        parts = wanted.setdefault((one.index, match), _Parts())
        parts.texts += [(at, part) for at in one.texts]
        parts.numbers += [(at, part) for at in one.numbers]
    found = [
        _walk(connection, moment, index, match, parts, books, most)
        for (index, match), parts in wanted.items()
    ]
    behind = knowing.behind(connection, moment)
    if behind:
        found.append(
            [
                card
                for (card, book, said), numbers in behind
                if book in books
                and any(
                    parts.are_in_texts(said) or parts.are_in_numbers(numbers)
                    for parts in wanted.values()
                )
            ]
        )
    return found


def _walk(
    connection: Connection,
    moment: Moment,
    index: str,
    match: str,
    parts: _Parts,
    books: frozenset[int],
    most: int,
) -> list[int]:
    found: list[int] = []
    at: list[int] = []
    last = None
    for places in trigram.PLACES[index].found(connection, {"match": match}, *steps(most)):
        there = knowing.at(connection, moment, places)
        having: Container[int] = ()
        if parts.numbers:
            numbers = knowing.numbers(connection, moment, [there[place] for (place,) in places])
            having = {card for card, said in numbers.items() if parts.are_in_numbers(said)}
        for (place,) in places:
            line = there[place]
            if line is None:
                continue
            card, book, texts = line
            # A call for each would take twice as long.
            for field, part in parts.texts:
                if part in texts[field]:
                    break
            else:
                if card not in having:
                    continue
            if book in books:
                found.append(card)
                at.append(place)
        if last is None and len(found) >= most:
            last = knowing.last_alike(connection, moment, at[most - 1])
        if last is not None and places[-1][0] > last:
            # Who is found behind it comes behind by name.
            break
    return found
