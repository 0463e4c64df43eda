"""Searches: what a query finds in some books, in the order that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Dialect, Select, func, null, select

from dirserver.model.addressbook import Card, Entry
from dirserver.model.number import DialPlan
from dirserver.model.ordering import WHOLE, Span
from dirserver.model.query import Query, resolve
from dirserver.store.search import choosing, ordering
from dirserver.store.search.conditions import Asking, found_in, spelled
from dirserver.store.search.probes import Bind, Named
from dirserver.store.search.question import Question
from dirserver.store.search.statements import Statement, Statements
from dirserver.store.tables import card, card_entry, card_version

_ROWS = 200
_statements = Statements()


def search(
    connection: Connection,
    question: Question,
    span: Span = WHOLE,
    *,
    bodies: bool = False,
    moments: bool = False,
) -> Iterator[Entry]:
    """Yield the cards that ``question`` finds, in its order.

    They have their ``bodies``, and ``moments``, if these are asked for.
    """
    shown = (bodies, moments)
    most = span.limit
    from_start = most is not None and most <= _ROWS and span == Span(most)
    if from_start and question.finds_once and not choosing.is_of_all(question):
        # Mostly a telephone asks who is calling, and there is little to be ranked.
        few = list(_search(connection, replace(question, ranks=()), span, shown))
        if most is not None and len(few) < most:
            yield from _once(few, dict(question.ranks))
            return
    yield from _search(connection, question, span, shown)


def _once(found: Sequence[Entry], ranks: dict[int, int]) -> Iterator[Entry]:
    """Yield all that is found without what is found in a better book, too."""
    best: dict[str | int, int] = {}
    for one in found:
        for same in _same(one):
            best[same] = min(ranks[one.book_id], best.get(same, ranks[one.book_id]))
    for one in found:
        if all(ranks[one.book_id] == best[same] for same in _same(one)):
            yield one


def _same(one: Entry) -> list[str | int]:
    """Return what other entries of the same person may have, too."""
    said: tuple[str | int | None, ...] = (one.uid, one.link_id)
    return [same for same in said if same]


def _search(
    connection: Connection, question: Question, span: Span, shown: tuple[bool, bool]
) -> Iterator[Entry]:
    dialect = connection.dialect
    place = span.after or ()
    values = ordering.texts(place)
    asked = [
        (books, hidden, spelled(query, question.plan, dialect, values))
        for books, hidden, query in question.resolved()
    ]
    plain = (span.limit, span.skip, span.backwards, ordering.shape(place))
    persons = (question.ranks, question.has_links)
    shape = (dialect.name, tuple(asked), question.order, persons, plain, shown)
    statement = _statements.get(shape)
    if statement is None:
        select = _statement(question, dialect, span, Named(), shown)
        if select is None:
            return
        statement = Statement(select, is_short=span.limit is not None and span.limit <= _ROWS)
        _statements.put(shape, statement)
    for book_id, key, uid, attributes, created, modified, body, link_id, *at in statement.run(
        connection, values
    ):
        yield Entry(book_id, key, uid, attributes, created, modified, body, tuple(at), link_id)


def _statement(
    question: Question, dialect: Dialect, span: Span, bind: Bind, shown: tuple[bool, bool]
) -> Select[Any] | None:
    terms = ordering.terms(question.order, question.scopes)
    if span.backwards:
        terms = ordering.turned(terms)
    after = None if span.after is None else ordering.bound(span.after, bind)
    chosen = choosing.chosen(question, dialect, terms, span, after, bind)
    if chosen is None:
        return None
    bodies, moments = shown
    sorted_by = [term.of(chosen, at) for at, term in enumerate(terms)]
    one = chosen.c
    # The entries come in after the sort, so that it moves names and not blobs.
    attributes = (
        select(card_entry.c.attributes).where(card_entry.c.card_id == one.id).scalar_subquery()
    )
    # As an Entry has it.
    columns = (
        *(one.addressbook_id, one.key, one.uid, attributes),
        *((one.created, one.modified) if moments else (null(), null())),
        card_version.c.body if bodies else null(),
        one.link_id if question.has_links else null(),
    )
    statement = select(*columns, *(term.value for term in sorted_by)).select_from(chosen)
    if dialect.name == "sqlite" and not bodies:
        # It comes in the order that it was chosen in; a limit keeps SQLite from making one SELECT
        # of both, which would look up the entries of all that is found.
        return statement.limit(-1)
    statement = statement.order_by(*ordering.order_by(sorted_by))
    if not bodies:
        return statement
    return statement.join(card, card.c.id == chosen.c.id).join(
        card_version, card_version.c.id == card.c.version_id
    )


def number_found(connection: Connection, question: Question) -> int:
    """Return how many cards ``question`` finds."""
    found = choosing.found(question, connection.dialect, [])
    if found is None:
        return 0
    return int(connection.scalar(select(func.count()).select_from(found)) or 0)


def number_before(connection: Connection, question: Question, value: object) -> int:
    """Return how many of what is found come before the first that ``value`` stands for.

    It is one for the first sort key of the order, folded.
    """
    (first, *_) = ordering.terms(question.order, question.scopes)
    found = choosing.found(question, connection.dialect, [first])
    if found is None:
        return 0
    earlier = ordering.before(first.of(found, 0), value)
    return int(connection.scalar(select(func.count()).select_from(found).where(earlier)) or 0)


def cards_found(
    connection: Connection, question: Question, limit: int | None = None
) -> Iterator[tuple[int, Card, bytes]]:
    """Yield what ``search`` finds, in its order, as the book's id, the card and its body."""
    terms = ordering.terms(question.order, question.scopes)
    found = choosing.chosen(question, connection.dialect, terms, Span(limit))
    if found is None:
        return
    sorted_by = [term.of(found, at) for at, term in enumerate(terms)]
    statement = (
        select(card, card_version.c.body)
        .join(found, found.c.id == card.c.id)
        .join(card_version, card_version.c.id == card.c.version_id)
        .order_by(*ordering.order_by(sorted_by))
        .execution_options(yield_per=_ROWS)
    )
    with connection.execute(statement) as rows:
        for row in rows:
            seen = Card(row.href, row.etag, row.size, row.modified, row.uid, row.key)
            yield row.addressbook_id, seen, row.body


def hrefs_found(
    connection: Connection, query: Query, hidden: frozenset[str], book_id: int, plan: DialPlan
) -> list[str]:
    """Return the names of the cards in a book that ``query`` finds, in their order."""
    asking = Asking([book_id], plan, connection.dialect)
    condition = found_in(resolve(query, hidden), asking)
    return list(connection.scalars(select(card.c.href).where(condition).order_by(card.c.href)))
