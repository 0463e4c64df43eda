"""What a search finds, as the store has it: many cards, and little of each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, repeat
from operator import add, itemgetter
from typing import Final, TypeAlias, cast

from dirserver.model.addressbook import Entry
from dirserver.model.ordering import Place
from dirserver.model.record import record

# A book, by its id, the key of a card in it, and the revision at which that last changed: of all
# that a card ever says, each has three of its own.
Version: TypeAlias = tuple[int, str, int]

# Of each card its book's id, key, attributes, revision, id, UID, link, two moments, and body, but
# None for what is not asked for; then its place.
FullRow: TypeAlias = tuple[
    int,
    str,
    bytes | None,
    int | None,
    int,
    str | None,
    int | None,
    datetime | None,
    datetime | None,
    bytes | None,
    *tuple[str | datetime | None, ...],
]
# Of each card as much of that as was asked for, which is the attributes or up to the id, and then
# perhaps the name that it is sorted by: so little where there is nothing else to tell.
BriefRow: TypeAlias = (
    tuple[int, str, bytes]
    | tuple[int, str, bytes, str]
    | tuple[int, str, None, int | None, int]
    | tuple[int, str, None, int | None, int, str]
)
Row: TypeAlias = FullRow | BriefRow
_ATTRIBUTES: Final = 2
_BODY: Final = 9
_PLACE: Final = 10
# How long brief rows are with that name.
_PLACED: Final = frozenset({4, 6})

# Parts of a row.
book_of = itemgetter(0)
key_of = itemgetter(1)
attributes_of = itemgetter(_ATTRIBUTES)
_place_of_brief = itemgetter(-1, 1)
# Of one that is up to the id.
version_of = itemgetter(0, 1, 3)
id_of = itemgetter(4)
# What the cards of one person have in common, as far as there is something.
persons_of = itemgetter(5, 6)
_body_of = itemgetter(_BODY)


@record
class Details:
    """What is wanted of each card that is found, beside which it is.

    Without any of these, the index by which cards are sorted has all there is to tell. Who wants
    nothing but the attributes or the revision may take ``brief`` rows, which there are where they
    are sorted by name. Rows that are not ``placed`` may be without what ``last_place`` says.
    """

    revision: bool = False
    person: bool = False
    attributes: bool = False
    moments: bool = False
    body: bool = False
    brief: bool = False
    placed: bool = True


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
        rows = [
            (*row[:2], attributes[id_of(row)], *row[3:])
            for row in cast("Sequence[FullRow]", self.rows)
        ]
        return Hits(rows)

    def entries(self) -> list[Entry]:
        """Return the cards, each by itself; their attributes and ids were asked for."""
        found = []
        for row in map(_full, self.rows):
            book, key, attributes, _revision, _id, uid, link, created, modified, body = row[:_PLACE]
            place = row[_PLACE:]
            found.append(
                Entry(book, key, uid or "", attributes or b"", created, modified, body, place, link)
            )
        return found

    def are_one_piece(self, most: int, octets: int) -> bool:
        """Say whether there would be one of ``pieces``, if there are any hits."""
        rows = self.rows
        if not rows or len(rows) > most:
            return not rows
        # As of nearly all that is asked by name.
        is_light = attributes_of(rows[0]) is None and not self._has_bodies
        return is_light or sum(self._sizes()) < octets

    def pieces(self, most: int, octets: int) -> Iterator[Hits]:
        """Yield them in pieces of ``most`` at the most, each over when it has so many octets."""
        rows = self.rows
        if not rows:
            return
        if self.are_one_piece(most, octets):
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
        attributes = self._lengths(attributes_of)
        return map(add, attributes, self._lengths(_body_of)) if self._has_bodies else attributes

    @property
    def _has_bodies(self) -> bool:
        first = self.rows[0]
        return len(first) >= _PLACE and _body_of(first) is not None

    def _lengths(self, part: itemgetter[int]) -> Iterator[int]:
        rows = self.rows
        return repeat(0, len(rows)) if part(rows[0]) is None else map(len, map(part, rows))

    @property
    def last_place(self) -> Place:
        """Where the last of them stands in the order."""
        last = self.rows[-1]
        place: Place = _place_of_brief(last) if len(last) < _PLACE else last[_PLACE:]
        return place


def _full(row: tuple[object, ...]) -> FullRow:
    known = len(row)
    if known < _PLACE:
        place = _place_of_brief(row) if known in _PLACED else ()
        known -= bool(place)
        row = (*row[:known], *[None] * (_PLACE - known), *place)
    return cast("FullRow", row)
