"""Searches: what a query finds in some books, in the order that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Dialect, FromClause, Select, func, null, select

from dirserver.model.addressbook import Card, Entry
from dirserver.model.hits import PLAIN, Details, Hits, Row, book_of, persons_of
from dirserver.model.number import DialPlan
from dirserver.model.ordering import WHOLE, Span
from dirserver.model.query import Query, resolve
from dirserver.store.prepared import Prepared, among, listed
from dirserver.store.search import choosing, ordering
from dirserver.store.search.conditions import Asking, found_in, spelled
from dirserver.store.search.ordering import Term
from dirserver.store.search.probes import Bind, Named
from dirserver.store.search.question import Question
from dirserver.store.search.statements import Statement, Statements
from dirserver.store.tables import card, card_entry, card_version

# So many rows are taken from the database at once; with bodies, which may have pictures, fewer.
_ROWS = 500
_BODIES = 20
# Where all that is found is no more than this, it is ranked here.
_FEW = 200
_statements = Statements()
_ATTRIBUTES = Prepared(
    {
        engine: select(card_entry.c.card_id, card_entry.c.attributes).where(one)
        for engine, one in among(card_entry.c.card_id, "cards").items()
    }
)


def search(connection: Connection, question: Question, span: Span = WHOLE) -> Iterator[Entry]:
    """Yield the cards that ``question`` finds, in its order."""
    for found in hits(connection, question, span):
        yield from found.entries()


def hits(
    connection: Connection,
    question: Question,
    span: Span = WHOLE,
    details: Details = PLAIN,
) -> Iterator[Hits]:
    """Yield what ``question`` finds, in its order, with the ``details`` that are asked for."""
    most = span.limit
    from_start = most is not None and most <= _FEW and span == Span(most)
    if from_start and question.finds_once and not choosing.is_of_all(question):
        # Mostly a telephone asks who is calling, and there is little to be ranked.
        known = replace(details, person=True, brief=False)
        few = list(_hits(connection, replace(question, ranks=()), span, known))
        if most is not None and sum(map(len, few)) < most:
            yield from _once(few, dict(question.ranks))
            return
    yield from _hits(connection, question, span, details)


def _once(found: Sequence[Hits], ranks: dict[int, int]) -> Iterator[Hits]:
    """Yield all that is found without what is found in a better book, too."""
    rows = [row for some in found for row in some.rows]
    best: dict[str | int, int] = {}
    for row in rows:
        rank = ranks[book_of(row)]
        for same in persons_of(row):
            if same:
                best[same] = min(rank, best.get(same, rank))
    kept = [
        row
        for row in rows
        if all(ranks[book_of(row)] == best[same] for same in persons_of(row) if same)
    ]
    if kept:
        yield Hits(kept)


def _hits(
    connection: Connection, question: Question, span: Span, details: Details
) -> Iterator[Hits]:
    dialect = connection.dialect
    place = span.after or ()
    values = ordering.texts(place)
    asked = [
        (books, hidden, spelled(query, question.plan, dialect, values))
        for books, hidden, query in question.resolved()
    ]
    plain = (span.limit, span.skip, span.backwards, ordering.shape(place))
    persons = (question.ranks, question.has_links)
    shape = (dialect.name, tuple(asked), question.order, persons, plain, details)
    statement = _statements.get(shape)
    if statement is None:
        select = _statement(question, dialect, span, Named(), details)
        if select is None:
            return
        is_short = span.limit is not None and span.limit <= _ROWS
        at_once = _BODIES if details.body else _ROWS
        statement = Statement(select, at_once, is_short=is_short)
        _statements.put(shape, statement)
    for rows in statement.run(connection, values):
        # They have the columns of ``_statement``.
        yield Hits(cast("Sequence[Row]", rows))


def _statement(
    question: Question, dialect: Dialect, span: Span, bind: Bind, details: Details
) -> Select[Any] | None:
    terms = ordering.terms(question.order, question.scopes)
    if span.backwards:
        terms = ordering.turned(terms)
    after = None if span.after is None else ordering.bound(span.after, bind)
    is_brief = details.brief and ordering.is_by_name(question.order)
    if is_brief and details.attributes and choosing.is_of_whole_book(question):
        return choosing.whole_book(question, terms, span, after)
    has_link = details.person and question.has_links
    if not (question.finds_once or details.attributes or details.body):
        # Nothing is to be looked up of those that are chosen: SQLite would copy each row once more.
        parts = _parts(card, details, has_link, null(), terms, is_brief=is_brief)
        of_cards = choosing.of_cards(question, dialect, parts, terms, span, after, bind)
        return cast("Select[Any] | None", of_cards)
    wanted = {
        card.c.revision: details.revision,
        card.c.uid: details.person,
        card.c.link_id: has_link,
        card.c.created: details.moments,
        card.c.modified: details.moments,
    }
    more = [column.name for column, is_wanted in wanted.items() if is_wanted]
    chosen = choosing.chosen(question, dialect, terms, span, after, bind, more)
    if chosen is None:
        return None
    sorted_by = [term.of(chosen, at) for at, term in enumerate(terms)]
    one = chosen.c
    # The entries come in after the sort, so that it moves names and not blobs.
    attributes = (
        select(card_entry.c.attributes).where(card_entry.c.card_id == one.id).scalar_subquery()
    )
    shown: ColumnElement[Any] = attributes if details.attributes else null()
    parts = _parts(chosen, details, has_link, shown, sorted_by, is_brief=is_brief)
    statement = select(*parts).select_from(chosen)
    if dialect.name == "sqlite" and not details.body:
        # It comes in the order that it was chosen in; a limit keeps SQLite from making one SELECT
        # of both, which would look up the entries of all that is found.
        return statement.limit(-1)
    statement = statement.order_by(*ordering.order_by(sorted_by))
    if not details.body:
        return statement
    return statement.join(card, card.c.id == chosen.c.id).join(
        card_version, card_version.c.id == card.c.version_id
    )


def _parts(
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
    if is_brief:
        return [*parts, terms[0].value]
    return [
        *parts,
        one.uid if details.person else null(),
        one.link_id if has_link else null(),
        *((one.created, one.modified) if details.moments else (null(), null())),
        card_version.c.body if details.body else null(),
        *(term.value for term in terms),
    ]


def attributes(connection: Connection, cards: Sequence[int]) -> dict[int, bytes]:
    """Return what the LDAP face made of ``cards``, by their ids."""
    return dict(_ATTRIBUTES.rows(connection, cards=listed(cards)))


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
        .execution_options(yield_per=_BODIES)
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
