"""What tells who cards are of, out of the search index, and who is not the same person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select

from dirserver.model.fields import PHONES, Field
from dirserver.store.storable import is_storable
from dirserver.store.tables import card, card_value, distinct_pair

_MOST = 500
_PHONES = sorted(map(str, PHONES - {Field.ANY_PHONE, Field.PREFERRED_PHONE}))
# Sorts after every character, so that it ends the range of values with a given beginning.
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Indexed:
    """A card as the search index has it: pairs of a field and one of its values."""

    book_id: int
    key: str
    href: str
    uid: str
    values: tuple[tuple[str, str], ...]


def count(connection: Connection, books: Sequence[int]) -> int:
    """Return how many cards ``books`` have together."""
    statement = select(func.count()).where(card.c.addressbook_id.in_(books))
    return int(connection.scalar(statement) or 0)


def indexed(
    connection: Connection, books: Sequence[int], fields: Collection[str]
) -> Iterator[Indexed]:
    """Yield all cards of ``books``, with their values of ``fields``, in no particular order."""
    last = 0
    while True:
        batch = list(
            connection.scalars(
                select(card.c.id)
                .where(card.c.id > last, card.c.addressbook_id.in_(books))
                .order_by(card.c.id)
                .limit(_MOST)
            )
        )
        if not batch:
            return
        yield from _indexed(connection, batch, fields)
        last = batch[-1]


def _indexed(
    connection: Connection, ids: Sequence[int], fields: Collection[str]
) -> Iterator[Indexed]:
    rows = connection.execute(
        select(card_value.c.card_id, card_value.c.field, card_value.c.value)
        .where(card_value.c.card_id.in_(ids), card_value.c.field.in_(sorted(fields)))
        .order_by(card_value.c.card_id)
    )
    said = {
        number: tuple((field, value) for _, field, value in of_card)
        for number, of_card in groupby(rows, key=itemgetter(0))
    }
    statement = select(card.c.id, card.c.addressbook_id, card.c.key, card.c.href, card.c.uid).where(
        card.c.id.in_(ids)
    )
    for row in connection.execute(statement):
        yield Indexed(row.addressbook_id, row.key, row.href, row.uid, said.get(row.id, ()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for, as it is in the index; ``birthdays`` are beginnings of one."""

    uid: str = ""
    mails: Sequence[str] = ()
    numbers: Sequence[str] = ()
    names: Sequence[str] = ()
    birthdays: Sequence[str] = ()


def sharing(
    connection: Connection,
    books: Sequence[int],
    wanted: Wanted,
    fields: Collection[str],
    most: int,
) -> Iterator[Indexed]:
    """Yield the cards of ``books`` that have something of ``wanted``, through indexes alone.

    Of a mail address or a number the first ``most`` cards; a name or a birthday that so many have
    is passed over.
    """
    told = [
        *(_is_of(_PHONES, value) for value in filter(is_storable, wanted.numbers)),
        *(_is_of([str(Field.MAIL)], value) for value in filter(is_storable, wanted.mails)),
    ]
    many = [
        *(_is_of([str(Field.FULL_NAME)], value) for value in filter(is_storable, wanted.names)),
        *(_begins(str(Field.BIRTHDAY), value) for value in filter(is_storable, wanted.birthdays)),
    ]
    ids: set[int] = set()
    for condition in told:
        ids.update(_cards(connection, books, condition, most))
    for condition in many:
        found = _cards(connection, books, condition, most)
        ids.update(found if len(found) < most else ())
    if wanted.uid and is_storable(wanted.uid):
        by_uid = select(card.c.id).where(card.c.addressbook_id.in_(books), card.c.uid == wanted.uid)
        ids.update(connection.scalars(by_uid.limit(most)))
    there = sorted(ids)
    for start in range(0, len(there), _MOST):
        yield from _indexed(connection, there[start : start + _MOST], fields)


def _is_of(fields: Sequence[str], value: str) -> ColumnElement[bool]:
    return and_(card_value.c.field.in_(fields), card_value.c.value == value)


def _begins(field: str, value: str) -> ColumnElement[bool]:
    column = card_value.c.value
    return and_(card_value.c.field == field, column >= value, column < value + _LAST)


def _cards(
    connection: Connection, books: Sequence[int], condition: ColumnElement[bool], most: int
) -> Sequence[int]:
    statement = select(card_value.c.card_id).join(card, card.c.id == card_value.c.card_id)
    # The sum keeps SQLite from walking through the books; see ``conditions``.
    in_books = (card.c.addressbook_id + 0).in_(books)
    return connection.scalars(statement.where(condition, in_books).limit(most)).all()


def of_card(connection: Connection, card_id: int, fields: Collection[str]) -> Indexed:
    """Return the card ``card_id`` with its values of ``fields``."""
    return next(_indexed(connection, [card_id], fields))


def place_of(connection: Connection, key: str) -> tuple[int, str] | None:
    """Return the book that the card ``key`` is in, by its id, and its name there."""
    if not is_storable(key):
        return None
    statement = select(card.c.addressbook_id, card.c.href).where(card.c.key == key)
    row = connection.execute(statement).one_or_none()
    return None if row is None else (row.addressbook_id, row.href)


def deny(connection: Connection, one: str, other: str, at: datetime, by: str) -> bool:
    """Remember that two cards, by their keys, are of two people; say whether that is new."""
    first, second = sorted((one, other))
    if is_denied(connection, first, second):
        return False
    row = {"one": first, "other": second, "at": at, "said_by": by}
    connection.execute(insert(distinct_pair), row)
    return True


def undeny(connection: Connection, one: str, other: str) -> bool:
    """Forget that two cards are of two people; say whether anybody had said so."""
    first, second = sorted((one, other))
    statement = delete(distinct_pair).where(
        distinct_pair.c.one == first, distinct_pair.c.other == second
    )
    return connection.execute(statement).rowcount > 0


def is_denied(connection: Connection, one: str, other: str) -> bool:
    """Say whether somebody said that two cards are of two people."""
    return (min(one, other), max(one, other)) in denied(connection, [one])


def denied(connection: Connection, keys: Iterable[str] | None = None) -> frozenset[tuple[str, str]]:
    """Return the pairs of keys that are of two people: all, or those with one of ``keys``."""
    statement = select(distinct_pair.c.one, distinct_pair.c.other)
    if keys is not None:
        some = list(keys)
        statement = statement.where(
            or_(distinct_pair.c.one.in_(some), distinct_pair.c.other.in_(some))
        )
    return frozenset((row.one, row.other) for row in connection.execute(statement))
