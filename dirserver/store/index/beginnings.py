"""What the words of cards' names begin with, in the order in which the cards are shown.

Telephones look for it at every key that is pressed. That finds a large part of all cards, of
which a screen shows the first: so the rows are grouped by their ``head``, the first characters,
and sorted in each group as the cards are, and a walk along a group ends with the last card that
is wanted, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    select,
)

from dirserver.model.fields import NAMES, Field
from dirserver.model.spelling import beginnings, keyed
from dirserver.store.index.places import last_of, place_of
from dirserver.store.rows import GoneRows, NewRows
from dirserver.store.tables import card_beginning

# What the index calls a full name on the keys of a telephone.
KEYPAD = "keypad"
# A row says with a bit for each in which fields there is such a word.
_BITS = {name: 1 << at for at, name in enumerate((*sorted(map(str, NAMES)), KEYPAD))}
_FULL_NAME = _BITS[Field.FULL_NAME]
# A group for one character is walked along for two as well.
_HEADS = (1, 3)

# What makes conditions on the values in a table, or in an alias of it.
Compare: TypeAlias = Callable[[ColumnElement[str]], Iterable[ColumnElement[bool]]]


# A row, in the order of the columns.
Row: TypeAlias = tuple[int, str, int, int, str, int]

_NEW = NewRows(card_beginning)
_GONE = GoneRows(card_beginning)
_KEYS = len(card_beginning.primary_key)


def bits_of(names: Iterable[str]) -> int:
    """Return the bits that stand for fields, or for ``KEYPAD``."""
    return sum({_BITS[name] for name in names})


def words_of(values: Sequence[tuple[str, str]]) -> tuple[tuple[str, int], ...]:
    """Return the words of names among what a card says: each with the bits of its fields.

    It says ``values``, as the index has them, of fields. So what is kept of its words is known as
    long as these are.
    """
    found: dict[str, int] = {}
    full_names = []
    for field, value in values:
        if bit := _BITS.get(field):
            for part in (value, *beginnings(value)):
                found[part] = found.get(part, 0) | bit
            if bit == _FULL_NAME:
                full_names.append(value)
    for digits in keyed(full_names):
        found[digits] = found.get(digits, 0) | _BITS[KEYPAD]
    # What derives it in another process is to come to the same.
    return tuple(sorted(found.items()))


def head_of(initial: str) -> str:
    """Return the head of the group in which everything is that begins with ``initial``."""
    return initial[: max(length for length in _HEADS if length <= len(initial))]


def rows_of(
    book_id: int, card_id: int, sort_name: str, said: Iterable[tuple[str, int]]
) -> Iterator[Row]:
    """Yield what is kept for a card: each value, in the fields of its bits, in its groups."""
    place = place_of(sort_name)
    for value, bits in said:
        for head in {value[:length] for length in _HEADS}:
            yield book_id, head, place, card_id, value, bits


def clear(connection: Connection) -> None:
    """Keep nothing of any card."""
    connection.execute(delete(card_beginning))


def replace(connection: Connection, there: set[Row], new: set[Row]) -> None:
    """Keep ``new`` rows instead of those that are ``there``; write what differs."""
    # The key are the first columns.
    _GONE.delete(connection, sorted(row[:_KEYS] for row in there - new))
    _NEW.insert(connection, sorted(new - there))


def selects(
    books: Sequence[int],
    head: ColumnElement[str],
    names: Iterable[str],
    compare: Compare,
    first: int | None,
) -> list[Select[int]]:
    """Return what finds the ids of cards in ``books`` with such a value in one of the fields.

    Where there is a ``first``, more than so many cards of a book may be left out; they come behind
    those that are found.
    """
    bits = bits_of(names)
    rows = card_beginning

    def found(book: ColumnElement[bool]) -> list[ColumnElement[bool]]:
        is_in_field = rows.c.fields.bitwise_and(bits) != 0
        return [book, rows.c.head == head, *compare(rows.c.value), is_in_field]

    if not first:
        return [select(rows.c.card_id).where(*found(rows.c.addressbook_id.in_(books)))]
    selects = []
    for book in books:
        of_book = found(rows.c.addressbook_id == book)
        front = (
            select(rows.c.place, rows.c.card_id)
            .where(*of_book)
            .distinct()
            .order_by(rows.c.place, rows.c.card_id)
            .limit(first)
            .cte()
        )
        # Others may have the same place as the last that is wanted.
        alike = rows.c.place == last_of(front.c.place, first)
        selects += [select(front.c.card_id), select(rows.c.card_id).where(*of_book, alike)]
    return selects
