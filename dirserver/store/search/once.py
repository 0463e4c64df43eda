"""Each person once, where little is wanted of what is found in several books.

To rank the cards of each person, a database reads all that is found. But who is among the first by
name is told by the first by name: a card is left out for another that is there as well, and most
have no other. So these are taken as they come, and it is looked up whether any has a copy in a
better book that may be found further behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from dirserver.model.hits import Hits, Row, book_of, persons_of
from dirserver.store.prepared import Prepared, among, listed
from dirserver.store.tables import card

# So many of the first may be copies of others before it has to be looked for more of them.
_SPARE = 8
# Where more are, as in books that were copied, it is looked for so many times as many.
_TIMES = 4

_UID, _LINK = card.c.uid, card.c.link_id
# The book, the name, and what is the same of cards that may be of a person.
_COPIES = tuple(
    Prepared(
        {
            engine: select(card.c.addressbook_id, card.c.sort_name, value).where(one, *more[engine])
            for engine, one in among(value, "persons").items()
        }
    )
    for value, more in (
        (_UID, {name: (one,) for name, one in among(card.c.addressbook_id, "books").items()}),
        # Most are not linked, and those are not in the index.
        (_LINK, dict.fromkeys(among(_LINK, "books"), (_LINK.is_not(None),))),
    )
)


def fronts(most: int) -> tuple[int, ...]:
    """Return how many of the first to take, and how many if that turns out to be too few."""
    return most + _SPARE, _TIMES * most + _SPARE


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


def first_of(
    connection: Connection, rows: Sequence[Row], ranks: Mapping[int, int], most: int
) -> list[Row] | None:
    """Return the first ``most`` of all that is found, of which ``rows`` are the first by name.

    None where these do not tell.
    """
    found = best_of(rows, ranks)[:most]
    if len(found) < most:
        return None
    (last, *_) = Hits(rows).last_place
    lowest = min(ranks.values())
    for part, copies in enumerate(_COPIES):
        mine: dict[str | int, int] = {}
        for row in found:
            rank, same = ranks[book_of(row)], persons_of(row)[part]
            if same and rank > lowest:
                mine[same] = rank
        if not mine:
            continue
        better = [book for book, rank in ranks.items() if rank < max(mine.values())]
        for book, name, same in copies.rows(connection, books=listed(better), persons=listed(mine)):
            # One before the last would be among them, if it were found.
            if name >= last and book in better and ranks[book] < mine[same]:
                return None
    return found
