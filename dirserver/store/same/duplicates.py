"""What tells who cards are of, out of the search index, and who is not the same person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
)

from dirserver.model.fields import PHONES, Field
from dirserver.store.search.probes import IS_ORDERED
from dirserver.store.storable import is_storable
from dirserver.store.tables import card, card_value, distinct_pair, source_card

_MOST = 500
# Sorts after every character, so that it ends the range of values with a given beginning.
_LAST = "\U0010ffff"


_IN_BOOKS = card.c.addressbook_id.in_(bindparam("books", expanding=True))
_VALUE: ColumnElement[str] = bindparam("value")


def _by(condition: ColumnElement[bool]) -> Select[int]:
    # The sum keeps SQLite from walking through the books; see ``conditions``.
    in_books = (card.c.addressbook_id + 0).in_(bindparam("books", expanding=True))
    return (
        select(card_value.c.card_id)
        .join(card, card.c.id == card_value.c.card_id)
        .where(condition, in_books)
        .limit(bindparam("most"))
    )


def _is(*fields: Field) -> ColumnElement[bool]:
    asked = card_value.c.field.in_(list(map(str, fields)))
    return and_(asked, card_value.c.value == _VALUE, IS_ORDERED)


# Put together once; see ``cards``.
_BY_MAIL = _by(_is(Field.MAIL))
_BY_NUMBER = _by(_is(*sorted(PHONES - {Field.ANY_PHONE, Field.PREFERRED_PHONE})))
_BY_NAME = _by(_is(Field.FULL_NAME))
_BY_BIRTHDAY = _by(
    and_(
        card_value.c.field == str(Field.BIRTHDAY),
        card_value.c.value >= _VALUE,
        card_value.c.value < bindparam("last"),
        IS_ORDERED,
    )
)
_BY_UID = select(card.c.id).where(_IN_BOOKS, card.c.uid == _VALUE).limit(bindparam("most"))
_VALUES = (
    select(card_value.c.card_id, card_value.c.field, card_value.c.value)
    # Of all fields: to ask for most of them costs a look into the index for each.
    .where(card_value.c.card_id.in_(bindparam("ids", expanding=True)))
    .order_by(card_value.c.card_id)
)
_CARDS = (
    select(
        card.c.id,
        card.c.addressbook_id,
        card.c.key,
        card.c.href,
        card.c.uid,
        source_card.c.source,
    )
    .join_from(card, source_card, source_card.c.card_id == card.c.id, isouter=True)
    .where(card.c.id.in_(bindparam("ids", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Indexed:
    """A card as the search index has it: pairs of a field and one of its values.

    ``source`` is the one that it came of, if it did.
    """

    id: int
    book_id: int
    key: str
    href: str
    uid: str
    values: tuple[tuple[str, str], ...]
    source: str = ""


def count(connection: Connection, books: Sequence[int]) -> int:
    """Return how many cards ``books`` have together."""
    statement = select(func.count()).where(card.c.addressbook_id.in_(books))
    return int(connection.scalar(statement) or 0)


def indexed(connection: Connection, books: Sequence[int]) -> Iterator[Indexed]:
    """Yield all cards of ``books``, in no particular order."""
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
        yield from _indexed(connection, batch)
        last = batch[-1]


def _indexed(connection: Connection, ids: Sequence[int]) -> Iterator[Indexed]:
    rows = connection.execute(_VALUES, {"ids": ids})
    said = {
        number: tuple((field, value) for _, field, value in of_card)
        for number, of_card in groupby(rows, key=itemgetter(0))
    }
    for row in connection.execute(_CARDS, {"ids": ids}):
        values, source = said.get(row.id, ()), row.source or ""
        yield Indexed(row.id, row.addressbook_id, row.key, row.href, row.uid, values, source)


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
    most: int,
) -> Iterator[Indexed]:
    """Yield the cards of ``books`` that have something of ``wanted``, through indexes alone.

    Of a mail address or a number the first ``most`` cards; a name or a birthday that so many have
    is passed over.
    """
    ids: set[int] = set()
    for statement, values, is_telling in (
        (_BY_MAIL, wanted.mails, True),
        (_BY_NUMBER, wanted.numbers, True),
        (_BY_NAME, wanted.names, False),
        (_BY_BIRTHDAY, wanted.birthdays, False),
        (_BY_UID, [wanted.uid] if wanted.uid else [], True),
    ):
        for value in filter(is_storable, values):
            asked = {"books": books, "value": value, "last": value + _LAST, "most": most}
            found = connection.scalars(statement, asked).all()
            ids.update(found if is_telling or len(found) < most else ())
    yield from of_cards(connection, sorted(ids))


def of_cards(connection: Connection, ids: Iterable[int]) -> Iterator[Indexed]:
    """Yield the cards with these ids, in no particular order."""
    rest = iter(ids)
    while some := list(islice(rest, _MOST)):
        yield from _indexed(connection, some)


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
