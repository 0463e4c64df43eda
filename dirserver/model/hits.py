"""What a search finds, as the store has it: many cards, and little of each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, repeat
from operator import add, itemgetter
from typing import Final, TypeAlias

from dirserver.model.addressbook import Entry
from dirserver.model.ordering import Place
from dirserver.model.record import record

# A book, by its id, the key of a card in it, and the revision at which that last changed: of all
# that a card ever says, each has three of its own.
Version: TypeAlias = tuple[int, str, int]

# Of each card its book's id, key, revision, id, UID, link, attributes, two moments, and body, but
# None for what is not asked for; then its place.
Row: TypeAlias = tuple[
    int,
    str,
    int | None,
    int,
    str | None,
    int | None,
    bytes | None,
    datetime | None,
    datetime | None,
    bytes | None,
    *tuple[str | datetime | None, ...],
]
_ATTRIBUTES: Final = 6
_BODY: Final = 9
_PLACE: Final = 10

# Parts of a row.
version_of = itemgetter(0, 1, 2)
book_of = itemgetter(0)
key_of = itemgetter(1)
id_of = itemgetter(3)
# What the cards of one person have in common, as far as there is something.
persons_of = itemgetter(4, 5)
stored_of = itemgetter(0, 1, _ATTRIBUTES)
_attributes_of = itemgetter(_ATTRIBUTES)
_body_of = itemgetter(_BODY)


@record
class Details:
    """What is wanted of each card that is found, beside which it is.

    Without any of these, the index by which cards are sorted has all there is to tell.
    """

    revision: bool = False
    person: bool = False
    attributes: bool = False
    moments: bool = False
    body: bool = False


# What an ``Entry`` has at least.
PLAIN = Details(person=True, attributes=True)


@record
class Hits:
    """Some of what a search finds, one card behind the other.

    There may be many, to be sent as they are: hence rows, and an ``Entry`` only for who looks
    closer.
    """

    rows: Sequence[Row]

    def __len__(self) -> int:
        """Return how many cards these are."""
        return len(self.rows)

    def first(self, number: int) -> Hits:
        """Return so many of them, or all when there are fewer."""
        return self if number >= len(self.rows) else Hits(self.rows[:number])

    def stored(self, attributes: Mapping[int, bytes]) -> Hits:
        """Return the same with their attributes, of each by its id."""
        rows = [(*row[:6], attributes[id_of(row)], *row[7:]) for row in self.rows]
        return Hits(rows)

    def entries(self) -> list[Entry]:
        """Return the cards, each by itself; their attributes were asked for."""
        found = []
        for row in self.rows:
            book, key, _revision, _id, uid, link, attributes, created, modified, body = row[:_PLACE]
            place = row[_PLACE:]
            found.append(
                Entry(book, key, uid or "", attributes or b"", created, modified, body, place, link)
            )
        return found

    def pieces(self, most: int, octets: int) -> Iterator[Hits]:
        """Yield them in pieces of ``most`` at the most, each over when it has so many octets."""
        rows = self.rows
        if 0 < len(rows) <= most and _attributes_of(rows[0]) is _body_of(rows[0]) is None:
            # As of nearly all that is asked by name.
            yield self
            return
        sizes = list(accumulate(self._sizes()))
        begin, end = 0, len(rows)
        while begin < end:
            enough = octets + (sizes[begin - 1] if begin else 0)
            stop = 1 + bisect_left(sizes, enough, begin, min(begin + most, end) - 1)
            yield self if stop - begin == end else Hits(self.rows[begin:stop])
            begin = stop

    def _sizes(self) -> Iterator[int]:
        """Yield how large each is; what was not asked for is missing from all of them."""
        rows = self.rows
        parts = (
            repeat(0, len(rows)) if not rows or of(rows[0]) is None else map(len, map(of, rows))
            for of in (_attributes_of, _body_of)
        )
        return map(add, *parts)

    @property
    def last_place(self) -> Place:
        """Where the last of them stands in the order."""
        return self.rows[-1][_PLACE:]
