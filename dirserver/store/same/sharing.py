"""Cards that have something in common with many others, which need not be stored themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select

from dirserver.model.fields import PHONES, Field
from dirserver.store.same.duplicates import Wanted
from dirserver.store.search.probes import IS_ORDERED
from dirserver.store.storable import is_storable
from dirserver.store.tables import card, card_value

_AT_ONCE = 5_000
# An index holds a birthday as the card has it, and some programs write a time behind it.
_TIMES = ("", "t00:00:00", "t00:00:00z", "t000000", "t000000z")


def _by(*fields: Field) -> Select[str, int]:
    # The sum keeps SQLite from walking through the books; see ``conditions``.
    in_books = (card.c.addressbook_id + 0).in_(bindparam("books", expanding=True))
    return (
        select(card_value.c.value, card_value.c.card_id)
        .join(card, card.c.id == card_value.c.card_id)
        .where(
            card_value.c.field.in_(list(map(str, fields))),
            card_value.c.value.in_(bindparam("values", expanding=True)),
            in_books,
            IS_ORDERED,
        )
    )


_IN_BOOKS: ColumnElement[bool] = card.c.addressbook_id.in_(bindparam("books", expanding=True))
_BY_UID = select(card.c.uid, card.c.id).where(
    _IN_BOOKS, card.c.uid.in_(bindparam("values", expanding=True))
)


def _birthdays(wanted: Wanted) -> Sequence[str]:
    return [day + time for day in wanted.birthdays for time in _TIMES]


_ASKED: Sequence[tuple[Select[str, int], Callable[[Wanted], Sequence[str]]]] = (
    (_by(Field.MAIL), lambda wanted: wanted.mails),
    (
        _by(*sorted(PHONES - {Field.ANY_PHONE, Field.PREFERRED_PHONE})),
        lambda wanted: wanted.numbers,
    ),
    (_by(Field.FULL_NAME), lambda wanted: wanted.names),
    (_by(Field.BIRTHDAY), _birthdays),
    (_BY_UID, lambda wanted: [wanted.uid] if wanted.uid else []),
)


class Sharing:
    """Finds the cards of some books that share something with others, many at a time.

    What more than ``most`` cards have is in ``common``, and brings nobody together. It is asked of
    the index once and not again, so that all of it takes as long as there are values, however many
    have one and the same.
    """

    def __init__(self, connection: Connection, books: Sequence[int], most: int) -> None:
        """Look into ``books``."""
        self.common: set[str] = set()
        self._connection = connection
        self._books = books
        self._most = most

    def among(self, wanted: Sequence[Wanted]) -> list[set[int]]:
        """Return for each of ``wanted`` the ids of the cards that have something of it."""
        found: list[set[int]] = [set() for _ in wanted]
        for statement, values_of in _ASKED:
            asking: dict[str, list[int]] = {}
            for place, one in enumerate(wanted):
                for value in values_of(one):
                    if value not in self.common and is_storable(value):
                        asking.setdefault(value, []).append(place)
            for value, ids in self._having(statement, asking):
                if len(ids) > self._most:
                    self.common.add(value)
                    continue
                for place in asking[value]:
                    found[place] |= ids
        return found

    def _having(
        self, statement: Select[str, int], values: Iterable[str]
    ) -> Iterable[tuple[str, set[int]]]:
        having: dict[str, set[int]] = {}
        rest = iter(values)
        while some := list(islice(rest, _AT_ONCE)):
            asked = {"books": self._books, "values": some}
            for value, card_id in self._connection.execute(statement, asked):
                having.setdefault(value, set()).add(card_id)
        return having.items()
