"""The rows of cards that are found: as much of each as is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import Any, TypeAlias, cast

from sqlalchemy import ColumnElement, Connection, FromClause, null, select

from dirserver.model.hits import Details, Row, id_of, key_of
from dirserver.model.ordering import BY_NAME
from dirserver.store.moment import Known, name_at
from dirserver.store.prepared import Prepared, among, listed
from dirserver.store.search import ordering
from dirserver.store.search.ordering import Term
from dirserver.store.tables import card, card_entry, card_version

# So many rows are taken from the database at once; with bodies, which may have pictures, fewer.
_ROWS, _BODIES = 500, 20
# Of a card that is known, as much as a brief row has.
row_of = itemgetter(1)

# Makes rows of cards that are known, in the order that they are in.
Rows: TypeAlias = Callable[[Connection, Sequence[Known]], Iterator[Sequence[Row]]]


def at_once(details: Details) -> int:
    """Return how many rows to take from the database at once."""
    return _BODIES if details.body else _ROWS


def columns(
    cards: FromClause,
    details: Details,
    has_link: bool,
    attributes: ColumnElement[Any],
    terms: Sequence[Term],
    *,
    is_brief: bool,
) -> list[ColumnElement[Any]]:
    """Return the columns of a Row."""
    one = cards.c
    parts = [one.addressbook_id, one.key, attributes]
    if not (is_brief and details.attributes):
        parts += (one.revision if details.revision else null(), one.id)
    placed = terms if details.placed else ()
    if is_brief:
        return [*parts, *[term.value for term in placed[:1]]]
    return [
        *parts,
        one.uid if details.person else null(),
        one.link_id if has_link else null(),
        *((one.created, one.modified) if details.moments else (null(), null())),
        card_version.c.body if details.body else null(),
        *[term.value for term in placed],
    ]


def rows(details: Details, *, has_links: bool) -> Rows:
    """Return what makes rows of cards that are in the order of their names."""
    has_link = details.person and has_links
    if details.attributes or details.moments or details.body:
        return partial(_looked_up, _shown(details, has_link), at_once(details))
    if details.brief:
        return _brief_and_placed if details.placed else _brief
    return partial(_whole, details, has_link)


def _brief(_connection: Connection, cards: Sequence[Known]) -> Iterator[Sequence[Row]]:
    yield list(map(row_of, cards))


def _brief_and_placed(_connection: Connection, cards: Sequence[Known]) -> Iterator[Sequence[Row]]:
    yield [(*row, name_at(place)) for place, row, _, _ in cards]


def _whole(
    details: Details, has_link: bool, _connection: Connection, cards: Sequence[Known]
) -> Iterator[Sequence[Row]]:
    yield [
        (
            *row,
            uid if details.person else None,
            link if has_link else None,
            None,
            None,
            None,
            *((name_at(place), key_of(row)) if details.placed else ()),
        )
        for place, row, uid, link in cards
    ]


def _looked_up(
    shown: Prepared, most: int, connection: Connection, cards: Sequence[Known]
) -> Iterator[Sequence[Row]]:
    wanted = {"cards": listed(map(id_of, map(row_of, cards)))}
    found = shown.found(connection, wanted, repeat(most))
    return cast("Iterator[Sequence[Row]]", found)


def _shown(details: Details, has_link: bool) -> Prepared:
    terms = ordering.terms(BY_NAME, ())
    attributes: ColumnElement[Any] = null()
    if details.attributes:
        entry = select(card_entry.c.attributes).where(card_entry.c.card_id == card.c.id)
        attributes = entry.scalar_subquery()
    parts = columns(card, details, has_link, attributes, terms, is_brief=details.brief)
    found = select(*parts).order_by(*ordering.order_by(terms))
    if details.body:
        found = found.join(card_version, card_version.c.id == card.c.version_id)
    some = among(card.c.id, "cards")
    return Prepared({engine: found.where(one) for engine, one in some.items()})
