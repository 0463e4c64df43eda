"""How the cards of a whole collection are written, some by name or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from dirserver.directory import Reading
from dirserver_radicale.properties.cardplan import CardPlan, card_plan
from dirserver_radicale.properties.propfind import Wanted
from dirserver_radicale.tree.collection import Collection, Part
from dirserver_radicale.xml.addressdata import AddressData

_BATCH = 100


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """Writes the cards of a collection, each by the plan for its book.

    That is made when there is a card to write: of many books few may have any.
    """

    collection: Collection
    wanted: Wanted
    data: AddressData | None = None
    _plans: dict[int, CardPlan] = field(default_factory=dict, init=False)

    def of(self, part: Part) -> CardPlan:
        """Return how the cards of ``part`` are written."""
        book_id = part.book.view.book.id
        if book_id not in self._plans:
            self._plans[book_id] = card_plan(part, self.wanted, self.data)
        return self._plans[book_id]

    def all(self, reading: Reading) -> Iterator[bytes]:
        """Write every card, book by book."""
        for part in self.collection.parts:
            yield from self.of(part).all(reading)

    def named(self, reading: Reading, names: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield each of ``names`` with its card as it is written, or None where there is none.

        In any order, so that nothing waits in memory for another.
        """
        iterator = iter(names)
        begun: set[int] = set()
        while batch := list(islice(iterator, _BATCH)):
            left = dict.fromkeys(batch)
            for part, asked in self.collection.by_part(batch):
                plan, book_id = self.of(part), part.book.view.book.id
                for href, card in plan.read(reading, list(asked), goes_on=book_id in begun):
                    left.pop(asked[href], None)
                    yield asked[href], card
                begun.add(book_id)
            for name in left:
                yield name, None
