"""Searches that the order of the values leads to, as that for who is calling, on SQLite.

One SELECT of all that is found has SQLite make a table of its own for each list in it, to have each
card once, and to sort them; to make these takes longer than to find one number. So what is found is
taken as it comes, and put in order here, where it is little. Where it is much, such a SELECT finds
it after all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Dialect, Select, or_, select, union_all

from dirserver.store.prepared import Found, Prepared
from dirserver.store.search.conditions import MOST_SELECTS, tests_in
from dirserver.store.search.probes import Named, named
from dirserver.store.search.question import Question
from dirserver.store.search.values import probes
from dirserver.store.tables import card

# So many comparisons take less than to look into a table.
_MOST_BOOKS = 8
_id_of = itemgetter(4)


class Whole(Protocol):
    """What finds all, in order, as much as is wanted."""

    def run(self, connection: Connection, values: Sequence[str]) -> Iterator[Sequence[Found]]:
        """Yield the rows, with ``values`` bound."""


class Lookup:
    """What a question finds, by name, mostly not more than the ``most`` that are wanted."""

    def __init__(
        self, selects: Sequence[Select[Any]], whole: Whole, most: int, names: itemgetter[Any]
    ) -> None:
        """Take rows from ``selects``, each of some books, or from the ``whole`` of them.

        Rows are sorted by what ``names`` has of them.
        """
        self._each = list(map(Prepared, selects))
        self._whole = whole
        self._most = most
        self._names = names

    def run(self, connection: Connection, values: Sequence[str]) -> Iterator[Sequence[Found]]:
        """Yield the rows of the cards, if there are any."""
        bound = named(values)
        found: list[Found] = []
        for one in self._each:
            found += one.some(connection, bound, self._most + 1)
        if len(found) > self._most:
            return self._whole.run(connection, values)
        if len(found) > 1:
            once = {_id_of(row): row for row in found}
            found = sorted(once.values(), key=self._names)
        return iter((found,) if found else ())


def selects(
    question: Question, dialect: Dialect, columns: Sequence[ColumnElement[Any]]
) -> list[Select[Any]] | None:
    """Return what finds the cards, in any order and some of them twice, or None if it takes more.

    These are ``columns`` of theirs, for the values of ``spelled``.
    """
    if dialect.name != "sqlite" or question.finds_once:
        return None
    bind = Named()
    found: list[Select[Any]] = []
    for books, _, query in question.resolved():
        tests = tests_in(query)
        asked = [] if tests is None else probes(tests, question.plan)
        if not asked or len(books) > _MOST_BOOKS or not all(one.is_in_order for one in asked):
            return None
        parts = [part for one in asked for part in one.each(bind, dialect)]
        if len(parts) > MOST_SELECTS:
            return None
        there = union_all(*parts).subquery()
        is_in_book = or_(*(card.c.addressbook_id == book for book in books))
        # The sum keeps SQLite from beginning with the cards.
        cards = select(*columns).join_from(there, card, card.c.id == there.c.card_id + 0)
        found.append(cards.where(is_in_book))
    return found
