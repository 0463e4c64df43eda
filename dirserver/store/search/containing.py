"""What contains some words, in the order of the cards' names, on SQLite.

The trigram index tells where to look, in that order; what the cards say there is looked at in
memory.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, repeat

from sqlalchemy import Connection

from dirserver.store.index import lines, trigram
from dirserver.store.moment import Moment, Said
from dirserver.store.search import knowing
from dirserver.store.search.probes import Op, Probe

# So many rows are looked at beyond the cards that are wanted, to see where a walk may end; then so
# many more each time until it is seen: hundreds may have the same name.
_BEYOND, _STEPS = 3, (24, 100, 500)
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


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at what is known of the cards in some books, for the first ``most`` of them."""

    connection: Connection
    moment: Moment
    books: frozenset[int]
    most: int

    def walk(self, index: str, match: str, parts: _Parts) -> list[int] | None:
        """Return the ids of the first cards by name with any of ``parts``, and maybe of more.

        None where it would be looked at too many.
        """
        found: list[tuple[int, int]] = []
        alike: tuple[int, int] | None = None
        places = trigram.PLACES[index]
        steps = chain((self.most + _BEYOND, *_STEPS), repeat(_STEPS[-1]))
        with closing(places.found(self.connection, {"match": match}, steps)) as walk:
            for steps_before, rows in enumerate(walk):
                if steps_before > len(_STEPS):
                    # Such parts are in many cards, but not where they are asked for.
                    return None
                found += self._with(parts, [place for (place,) in rows])
                if alike is None and len(found) >= self.most:
                    last, _ = found[self.most - 1]
                    alike = knowing.alike(self.connection, self.moment, last)
                if alike is None:
                    continue
                if rows[-1][0] > alike[1]:
                    # Who is found behind it comes behind by name.
                    break
                if steps_before or alike[0] in self.moment.orders:
                    # Of many that are alike, their names tell which are the first.
                    return self._first_of(found, parts, alike)
        return [card for _, card in found]

    def _first_of(
        self, found: Sequence[tuple[int, int]], parts: _Parts, alike: tuple[int, int]
    ) -> list[int] | None:
        first = [one for one in found if one[0] < alike[0]]
        order = knowing.in_order(self.connection, self.moment, *alike)
        if order is None:
            return None
        begin, step = 0, self.most
        while len(first) < self.most and begin < len(order):
            if begin > step + sum(_STEPS):
                return None
            first += self._with(parts, order[begin : begin + step])
            begin += step
        return [card for _, card in first]

    def _with(self, parts: _Parts, places: Sequence[int]) -> list[tuple[int, int]]:
        """Return the places, and the ids of the cards there, that have any of ``parts``."""
        there = knowing.at(self.connection, self.moment, places)
        having: Container[int] = ()
        if parts.numbers:
            numbers = knowing.numbers(self.connection, self.moment, map(there.get, places))
            having = {card for card, said in numbers.items() if parts.are_in_numbers(said)}
        found: list[tuple[int, int]] = []
        texts, books = parts.texts, self.books
        for place in places:
            line = there[place]
            if line is None:
                continue
            card, book, said = line
            # A call for each would take twice as long.
            for at, part in texts:
                if part in said[at]:
                    break
            else:
                if card not in having:
                    continue
            if book in books:
                found.append((place, card))
        return found


def find(
    connection: Connection,
    moment: Moment,
    asked: Sequence[Contained],
    values: Sequence[str],
    books: frozenset[int],
    most: int,
) -> list[list[int]] | None:
    """Return the ids of the first ``most`` cards in ``books`` by name, and of others, in lists.

    They contain any of what is ``asked``, as it is bound in ``values``. In no list is a card twice.
    ``most`` is not 0. None is where some hundreds more would have to be looked at: to look at many
    is for the database, which lets others go on meanwhile.
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
    look = _Look(connection, moment, books, most)
    found: list[list[int]] = []
    for (index, match), parts in wanted.items():
        some = look.walk(index, match, parts)
        if some is None:
            return None
        found.append(some)
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
