"""Each person once, where some is wanted of what is found in several books.

To rank the cards of each person, a database reads all that is found. But who is among those that
come first by name is mostly told by these: a card is left out for another that is there as well.
So they are taken as they come, and it is looked up whether any has a copy in a better book that is
called otherwise; most have none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from dirserver.model.hits import Row, book_of, persons_of
from dirserver.store.prepared import Prepared, among, listed
from dirserver.store.tables import card

# So many of the first may be copies of others before it has to be looked for more of them.
_SPARE = 8
# Where more are, as in books that were copied, it is looked for so many times as many, but for no
# more than so many beyond these.
_TIMES, _BEYOND = 4, 1000

_UID, _LINK = card.c.uid, card.c.link_id
# The id, the book, the name, and what is the same of cards that may be of a person.
_COPIES = tuple(
    Prepared(
        {
            engine: select(card.c.id, card.c.addressbook_id, card.c.sort_name, value).where(
                one, *more[engine]
            )
            for engine, one in among(value, "persons").items()
        }
    )
    for value, more in (
        (_UID, {name: (one,) for name, one in among(card.c.addressbook_id, "books").items()}),
        # Most are not linked, and those are not in the index.
        (_LINK, dict.fromkeys(among(_LINK, "books"), (_LINK.is_not(None),))),
    )
)


@dataclass(frozen=True, slots=True)
class Window:
    """The names between which all that is found is known. None is where that has no end."""

    after: str | None
    last: str | None

    def tells_of(self, name: str) -> bool:
        """Say whether a card with this name is known if it is found."""
        begun = self.after is None or name > self.after
        return begun and (self.last is None or name < self.last)


def fronts(most: int) -> tuple[int, ...]:
    """Return how many of the first to take, and how many if that turns out to be too few."""
    return most + _SPARE, min(_TIMES * most, most + _BEYOND) + _SPARE


def best_of(rows: Sequence[Row], ranks: Mapping[int, int]) -> list[Row]:
    """Return ``rows`` without those that are in a better book as well, by the books' ranks."""
    best: dict[str | int, int] = {}
    for row in rows:
        rank = ranks[book_of(row)]
        for same in persons_of(row):
            if same:
                best[same] = min(rank, best.get(same, rank))
    return [
        row
        for row in rows
        if all(ranks[book_of(row)] == best[same] for same in persons_of(row) if same)
    ]


def known_once(
    connection: Connection,
    rows: Sequence[Row],
    ranks: Mapping[int, int],
    window: Window,
    finds: Callable[[Sequence[int]], Collection[int]],
) -> list[Row]:
    """Return ``rows``, which are all in the ``window``, without those that are in a better book.

    ``finds`` returns those of the ids of cards that are found, wherever they are.
    """
    best = best_of(rows, ranks)
    if window.after is None and window.last is None:
        return best
    better: list[tuple[int, int, int, str | int]] = []
    lowest = min(ranks.values())
    for part, copies in enumerate(_COPIES):
        mine: dict[str | int, int] = {}
        for row in best:
            rank, same = ranks[book_of(row)], persons_of(row)[part]
            if same and rank > lowest:
                mine[same] = rank
        if not mine:
            continue
        books = [book for book, rank in ranks.items() if rank < max(mine.values())]
        there = copies.rows(connection, books=listed(books), persons=listed(mine))
        for id_, book, name, same in there:
            if book in books and ranks[book] < mine[same] and not window.tells_of(name):
                better.append((id_, part, ranks[book], same))
    if not better:
        return best
    found = set(finds([id_ for id_, *_ in better]))
    return [
        row
        for row in best
        if not any(
            id_ in found and persons_of(row)[part] == same and rank < ranks[book_of(row)]
            for id_, part, rank, same in better
        )
    ]
