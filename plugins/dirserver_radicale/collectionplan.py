"""How the cards of a whole collection are written, some by name or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from dirserver.directory import Reading
from dirserver_radicale.addressdata import AddressData
from dirserver_radicale.cardplan import CardPlan, card_plan
from dirserver_radicale.collection import Collection, Part
from dirserver_radicale.propfind import Wanted

_BATCH = 100


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """Writes the cards of a collection, each by the plan for its book, by the book's id."""

    collection: Collection
    plans: Mapping[int, CardPlan]

    def of(self, part: Part) -> CardPlan:
        """Return how the cards of ``part`` are written."""
        return self.plans[part.book.view.book.id]

    def all(self, reading: Reading) -> Iterator[str]:
        """Write every card, book by book."""
        for plan in self.plans.values():
            yield from plan.all(reading)

    def named(self, reading: Reading, names: Iterable[str]) -> Iterator[tuple[str, str | None]]:
        """Yield each of ``names`` with its card as it is written, or None where there is none."""
        iterator = iter(names)
        begun: set[int] = set()
        while batch := list(islice(iterator, _BATCH)):
            found: dict[str, str] = {}
            for book_id, asked in self._by_book(batch).items():
                plan, goes_on = self.plans[book_id], book_id in begun
                for card, written in plan.read(reading, list(asked), goes_on=goes_on).items():
                    found[asked[card]] = written
                begun.add(book_id)
            for name in batch:
                yield name, found.get(name)

    def _by_book(self, names: Iterable[str]) -> dict[int, dict[str, str]]:
        """Return which cards ``names`` mean, by the ids of books: what each is called here."""
        meant: dict[int, dict[str, str]] = {}
        for name in names:
            placed = self.collection.placed(name)
            # What is called otherwise by now is not there, though changes still find it.
            if placed is not None and placed[0].name_of(placed[1]) == name:
                part, href = placed
                meant.setdefault(part.book.view.book.id, {})[href] = name
        return meant


def collection_plan(
    collection: Collection, wanted: Wanted, data: AddressData | None = None
) -> CollectionPlan:
    """Work out how the cards of ``collection`` are written when ``wanted`` is asked for.

    ``data`` is what a report asks for of their text.
    """
    plans = {part.book.view.book.id: card_plan(part, wanted, data) for part in collection.parts}
    return CollectionPlan(collection, plans)
