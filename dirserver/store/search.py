"""Searches: what a query finds in some books, sorted by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Dialect, Subquery, literal, or_, select, tuple_

from dirserver.model.addressbook import Card, Entry
from dirserver.model.number import DialPlan
from dirserver.model.query import NOTHING, Query, resolve
from dirserver.store.conditions import found_in
from dirserver.store.quarantine import is_shown
from dirserver.store.tables import card, card_entry, card_version

_ROWS = 200


def search(
    connection: Connection,
    query: Query,
    scopes: Sequence[tuple[frozenset[str], Sequence[int]]],
    plan: DialPlan,
    limit: int | None = None,
    after: Entry | None = None,
    holding_back: Collection[int] = (),
) -> Iterator[Entry]:
    """Yield the cards that ``query`` finds, sorted by name, ``limit`` at the most.

    With ``after``, a card that was found before, only those behind it.

    ``scopes`` are the books to look in, by id, grouped by the vCard properties that are hidden
    there: a test of a hidden property finds nothing, however it is negated. Of the books
    ``holding_back``, nothing is found that is in quarantine.
    """
    found = _found(query, scopes, plan, connection.dialect, limit, after, holding_back)
    if found is None:
        return
    # The entries come in after the sort, so that it moves names and not blobs.
    statement = (
        select(found, card_entry.c.attributes)
        .join(card_entry, card_entry.c.card_id == found.c.id)
        .order_by(found.c.sort_name, found.c.key)
        .execution_options(yield_per=_ROWS)
    )
    with connection.execute(statement) as rows:
        for row in rows:
            yield Entry(
                row.addressbook_id,
                row.key,
                row.sort_name,
                row.attributes,
                row.created,
                row.modified,
            )


def cards_found(
    connection: Connection,
    query: Query,
    scopes: Sequence[tuple[frozenset[str], Sequence[int]]],
    plan: DialPlan,
    limit: int | None = None,
    holding_back: Collection[int] = (),
) -> Iterator[tuple[int, Card, bytes]]:
    """Yield what ``search`` finds, in its order, as the book's id, the card and its body."""
    found = _found(query, scopes, plan, connection.dialect, limit, None, holding_back)
    if found is None:
        return
    statement = (
        select(card, card_version.c.body)
        .join(found, found.c.id == card.c.id)
        .join(card_version, card_version.c.id == card.c.version_id)
        .order_by(card.c.sort_name, card.c.key)
        .execution_options(yield_per=_ROWS)
    )
    with connection.execute(statement) as rows:
        for row in rows:
            seen = Card(row.href, row.etag, row.size, row.modified, row.uid, row.key)
            yield row.addressbook_id, seen, row.body


def _found(
    query: Query,
    scopes: Sequence[tuple[frozenset[str], Sequence[int]]],
    plan: DialPlan,
    dialect: Dialect,
    limit: int | None,
    after: Entry | None,
    holding_back: Collection[int],
) -> Subquery | None:
    """Return the cards that ``query`` finds, the first ``limit`` by name, or None for none."""
    conditions = []
    for hidden, books in scopes:
        resolved = resolve(query, hidden)
        if books and resolved != NOTHING:
            conditions.append(found_in(books, resolved, plan, dialect))
    if not conditions:
        return None
    return (
        select(
            card.c.id,
            card.c.addressbook_id,
            card.c.key,
            card.c.sort_name,
            card.c.created,
            card.c.modified,
        )
        .where(or_(*conditions), *_behind(after), is_shown(holding_back))
        .order_by(card.c.sort_name, card.c.key)
        .limit(limit)
        .subquery()
    )


def _behind(after: Entry | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    place = tuple_(literal(after.sort_name), literal(after.key))
    return [tuple_(card.c.sort_name, card.c.key) > place]


def hrefs_found(
    connection: Connection, query: Query, hidden: frozenset[str], book_id: int, plan: DialPlan
) -> list[str]:
    """Return the names of the cards in a book that ``query`` finds, in their order."""
    condition = found_in([book_id], resolve(query, hidden), plan, connection.dialect)
    return list(connection.scalars(select(card.c.href).where(condition).order_by(card.c.href)))
