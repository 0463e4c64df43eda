"""What cards on their way into a book have in common with each other, and with stored ones.

That is looked up for many at once, and kept as hashes, so that neither the time nor the memory
that it takes grows with more than the number of those that come.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from dirserver.directory.arrivals import Arrival, Arrivals
from dirserver.directory.duplicates import facts_in, wanted_of
from dirserver.directory.reading import Reading
from dirserver.model.duplicates.facts import Facts, facts_of, seen_fields
from dirserver.model.duplicates.keys import MOST_ALIKE
from dirserver.model.duplicates.scan import Advance
from dirserver.model.policy import VisibleBook
from dirserver.store.duplicates import Indexed, Wanted, of_cards
from dirserver.store.sharing import Sharing

_BATCH = 500
# An arrival is remembered by numbers of 64 bits: so many of the hash of a value that it has, and
# then its own number. Who has the same hash by chance is compared in vain.
_HASH_BITS, _NUMBER_BITS = 36, 28
_NUMBER = (1 << _NUMBER_BITS) - 1
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


class Crowd:
    """All cards that are about to come, beside those of the books ``views``."""

    def __init__(
        self, reading: Reading, views: Sequence[VisibleBook], arrivals: Arrivals, advance: Advance
    ) -> None:
        """Look at each of ``arrivals``."""
        self._reading = reading
        self._views = views
        self._arrivals = arrivals
        self._index = Sharing(reading.connection, [view.book.id for view in views], MOST_ALIKE)
        # By the number of an arrival: which stored cards have something in common with it.
        self._stored: dict[int, set[int]] = {}
        # A card that is about to be replaced says what the arrival does.
        self._replaced: set[int] = set()
        self._keys = array("Q", sorted(self._gathered(advance)))

    def facts(self, number: int) -> Facts:
        """Return what the arrival ``number`` says of who it is of."""
        return _facts(self._arrivals[number])

    def stored(self, card_ids: Sequence[int]) -> Iterator[tuple[Indexed, Facts]]:
        """Yield stored cards, with what they say of who they are of."""
        return facts_in(self._views, of_cards(self._reading.connection, card_ids))

    def acquaintances(self) -> Iterator[Acquaintance]:
        """Yield those arrivals that are new and share something, in their order."""
        numbers = iter(sorted(self._stored.keys() | set(self._not_alone())))
        while batch := list(islice(numbers, _BATCH)):
            ids = {one for number in batch for one in self._stored.get(number, ())}
            known = {
                row.id: Known(facts, stored=row)
                for row, facts in self.stored(sorted(ids - self._replaced))
            }
            for number in batch:
                arrival = self._arrivals[number]
                if arrival.coming.stored is None:
                    yield self._acquaintance(number, arrival, known)

    def _gathered(self, advance: Advance) -> Iterator[int]:
        numbers = iter(range(total := len(self._arrivals)))
        while batch := list(islice(numbers, _BATCH)):
            asking: list[tuple[int, Wanted]] = []
            for number in batch:
                arrival = self._arrivals[number]
                # What has no UID is known again by nothing but its bytes, and stays by itself.
                if arrival.coming.uid:
                    wanted = _wanted(arrival, _facts(arrival))
                    yield from (_key(value) | number for value in _said(wanted))
                    if arrival.coming.stored is None:
                        asking.append((number, wanted))
                    elif arrival.coming.replaces is not None:
                        self._replaced.add(arrival.coming.replaces.id)
            found = self._index.among([wanted for _, wanted in asking])
            for (number, _), ids in zip(asking, found, strict=True):
                if ids:
                    self._stored[number] = ids
            advance(batch[-1] + 1, total)

    def _not_alone(self) -> Iterator[int]:
        for _, group in groupby(self._keys, key=lambda key: key >> _NUMBER_BITS):
            numbers = {key & _NUMBER for key in group}
            if len(numbers) > 1:
                yield from numbers

    def _acquaintance(self, number: int, arrival: Arrival, known: dict[int, Known]) -> Acquaintance:
        facts = _facts(arrival)
        common = set(self._index.common)
        numbers: set[int] = set()
        for value in _said(_wanted(arrival, facts)):
            having = self._having(value)
            if len(having) > MOST_ALIKE:
                common.add(value)
            else:
                numbers |= having
        others = [known[one] for one in sorted(self._stored.get(number, ())) if one in known]
        others += [Known(self.facts(one), one) for one in sorted(numbers - {number})]
        return Acquaintance(number, arrival, facts, others, frozenset(common))

    def _having(self, value: str) -> set[int]:
        """Return the numbers of the arrivals that have ``value``."""
        first, last = (bisect_left(self._keys, _key(value) + one) for one in (0, _NUMBER + 1))
        return {key & _NUMBER for key in self._keys[first:last]}


def _facts(arrival: Arrival) -> Facts:
    coming = arrival.coming
    return facts_of(coming.key, coming.uid, arrival.derived.values, _SEEN)


def _wanted(arrival: Arrival, facts: Facts) -> Wanted:
    return wanted_of(facts, arrival.derived.values)


def _said(wanted: Wanted) -> Iterator[str]:
    """Yield all by which somebody may be known, but for the UID, which arrivals have once."""
    for values in (wanted.mails, wanted.numbers, wanted.names, wanted.birthdays):
        yield from values


def _key(value: str) -> int:
    return (hash(value) & ((1 << _HASH_BITS) - 1)) << _NUMBER_BITS
