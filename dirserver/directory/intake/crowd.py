"""What cards on their way into a book have in common with each other, and with stored ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dirserver.directory.intake.arrivals import Arrival
from dirserver.directory.reading import Reading
from dirserver.directory.same.duplicates import facts_in, wanted_of
from dirserver.model.duplicates.facts import Facts, facts_of, seen_fields
from dirserver.model.duplicates.keys import MOST_ALIKE
from dirserver.model.policy import VisibleBook
from dirserver.store.same.duplicates import Indexed, Wanted, of_cards
from dirserver.store.same.sharing import Sharing

_SEEN = seen_fields()


@dataclass(frozen=True, slots=True)
class Known:
    """A card that has something in common with an arrival: an arrival, too, or a stored one."""

    facts: Facts
    number: int | None = None
    stored: Indexed | None = None


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """An arrival, and all that has something in common with it but for what is too ``common``."""

    number: int
    arrival: Arrival
    facts: Facts
    others: Sequence[Known]
    common: frozenset[str]


class Books:
    """The books in which those who come may be known."""

    def __init__(self, reading: Reading, views: Sequence[VisibleBook]) -> None:
        """Look into ``views``."""
        self.views = views
        self._connection = reading.connection
        self.sharing = Sharing(reading.connection, [view.book.id for view in views], MOST_ALIKE)

    def cards(self, card_ids: Sequence[int]) -> Iterator[tuple[Indexed, Facts]]:
        """Yield cards, with what they say of who they are of."""
        return facts_in(self.views, of_cards(self._connection, card_ids))


class Crowd:
    """The cards that are about to come together, beside those of some books."""

    def __init__(self, books: Books, arrivals: Sequence[Arrival]) -> None:
        """Look at each of ``arrivals``."""
        self._books = books
        self._arrivals = arrivals
        self.facts = [_facts(arrival) for arrival in arrivals]
        # What has no UID is known again by nothing but its bytes, and stays by itself.
        self._wanted = [
            wanted_of(facts, arrival.derived.values) if arrival.coming.uid else Wanted()
            for arrival, facts in zip(arrivals, self.facts, strict=True)
        ]
        self._having: dict[str, set[int]] = {}
        for number, wanted in enumerate(self._wanted):
            for value in _said(wanted):
                self._having.setdefault(value, set()).add(number)

    def acquaintances(self) -> Iterator[Acquaintance]:
        """Yield those arrivals that are new and share something, in their order."""
        new = [number for number, one in enumerate(self._arrivals) if not one.has_place]
        found = self._books.sharing.among([self._wanted[number] for number in new])
        # A card that is about to be replaced says what the arrival does.
        replaced = {one.replaces.id for one in self._arrivals if one.replaces is not None}
        ids = {card_id for of_one in found for card_id in of_one} - replaced
        stored = {row.id: Known(facts, stored=row) for row, facts in self._books.cards(sorted(ids))}
        for number, sharing in zip(new, found, strict=True):
            common = set(self._books.sharing.common)
            numbers: set[int] = set()
            for value in _said(self._wanted[number]):
                if len(self._having[value]) > MOST_ALIKE:
                    common.add(value)
                else:
                    numbers |= self._having[value]
            others = [stored[one] for one in sorted(sharing - replaced)]
            others += [Known(self.facts[one], one) for one in sorted(numbers - {number})]
            if others:
                arrival, facts = self._arrivals[number], self.facts[number]
                yield Acquaintance(number, arrival, facts, others, frozenset(common))


def _facts(arrival: Arrival) -> Facts:
    coming = arrival.coming
    return facts_of(coming.key, coming.uid, arrival.derived.values, _SEEN)


def _said(wanted: Wanted) -> Iterator[str]:
    """Yield all by which somebody may be known, but for the UID, which arrivals have once."""
    for values in (wanted.mails, wanted.numbers, wanted.names, wanted.birthdays):
        yield from values
