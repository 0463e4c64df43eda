"""Searches: what a query finds in some books, in the order that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Select,
    case,
    func,
    null,
    or_,
    select,
    union_all,
)

from dirserver.model.addressbook import Card, Entry
from dirserver.model.fields import Field
from dirserver.model.number import DialPlan
from dirserver.model.ordering import BY_NAME, WHOLE, Order, Span
from dirserver.model.query import EVERYTHING, NOTHING, PERSONS, Query, resolve
from dirserver.store.search import ordering
from dirserver.store.search.conditions import Asking, found_in, spelled
from dirserver.store.search.ordering import BoundPlace, Term
from dirserver.store.search.probes import IS_ORDERED, Bind, Named, in_place
from dirserver.store.search.statements import Statement, Statements
from dirserver.store.tables import card, card_entry, card_value, card_version

_ROWS = 200
_statements = Statements()


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and the books to look in, by id, grouped by the properties that are hidden there.

    A test of a hidden property finds nothing, however it is negated. Where the books have
    ``ranks``, somebody who is found in several of them, by the UID, is found once: in the book
    of the lowest rank. With ``has_links``, so are cards that are linked, and with ``links_only``
    these alone.
    """

    query: Query
    scopes: Sequence[tuple[frozenset[str], Sequence[int]]]
    plan: DialPlan
    order: Order = BY_NAME
    ranks: tuple[tuple[int, int], ...] = ()
    has_links: bool = False
    links_only: bool = False

    @property
    def finds_once(self) -> bool:
        """Whether somebody may be in several of the books who is to be found once."""
        return len(self.ranks) > 1 and (self.has_links or not self.links_only)


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
    if from_start and question.finds_once and not _is_of_all(question):
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
        for books, hidden, query in _resolved(question)
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
    chosen = _chosen(question, dialect, terms, span, after, bind)
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
    found = _found(question, connection.dialect, [])
    if found is None:
        return 0
    return int(connection.scalar(select(func.count()).select_from(found)) or 0)


def number_before(connection: Connection, question: Question, value: object) -> int:
    """Return how many of what is found come before the first that ``value`` stands for.

    It is one for the first sort key of the order, folded.
    """
    (first, *_) = ordering.terms(question.order, question.scopes)
    found = _found(question, connection.dialect, [first])
    if found is None:
        return 0
    earlier = ordering.before(first.of(found, 0), value)
    return int(connection.scalar(select(func.count()).select_from(found).where(earlier)) or 0)


def _chosen(
    question: Question,
    dialect: Dialect,
    terms: Sequence[Term],
    span: Span,
    after: BoundPlace | None = None,
    bind: Bind = in_place,
) -> FromClause | None:
    if question.finds_once and _is_of_all(question):
        found: FromClause = _of_each_book(question, terms, span, after)
    else:
        by_name = question.order == BY_NAME and after is None and not span.backwards
        most = (
            None
            if span.limit is None or question.finds_once or not by_name
            else span.limit + span.skip
        )
        chosen = _selected(question, dialect, terms, after, bind, most)
        if chosen is None:
            return None
        if not question.finds_once:
            by = ordering.order_by(terms)
            return chosen.order_by(*by).limit(span.limit).offset(span.skip or None).subquery()
        found = chosen.subquery()
    sorted_by = [term.of(found, at) for at, term in enumerate(terms)]
    return (
        select(found)
        .order_by(*ordering.order_by(sorted_by))
        .limit(span.limit)
        .offset(span.skip or None)
        .subquery()
    )


def _is_of_all(question: Question) -> bool:
    """Say whether all cards of all the books are found, or all but those of groups."""
    asked = {resolve(question.query, hidden) for hidden, _ in question.scopes}
    return asked in ({EVERYTHING}, {PERSONS})


def _kept(question: Question, cards: FromClause) -> list[ColumnElement[bool]]:
    """Return the condition for ``cards`` where ``_is_of_all`` is true."""
    if any(resolve(question.query, hidden) == EVERYTHING for hidden, _ in question.scopes):
        return []
    return [
        cards.c.id.not_in(
            select(card_value.c.card_id).where(card_value.c.field == str(Field.KIND), IS_ORDERED)
        )
    ]


def _of_each_book(
    question: Question, terms: Sequence[Term], span: Span, after: BoundPlace | None
) -> FromClause:
    """Return the first cards of each book, as many as may be among the first of all.

    Each book has its cards in order; to rank all of them first would cost all of the books. Only
    where all cards are found can a look at the books tell who is found in a better one.
    """
    most = None if span.limit is None else span.limit + span.skip
    behind = [] if after is None else [ordering.behind(terms, after)]
    parts = []
    better: list[int] = []
    for book, _ in sorted(question.ranks, key=lambda ranked: ranked[1]):
        other = card.alias("other")
        copy = (
            select(other.c.id)
            .where(
                other.c.addressbook_id.in_(better),
                other.c.uid == card.c.uid,
                *_kept(question, other),
            )
            .exists()
        )
        once = [or_(card.c.uid == "", ~copy)] if better and not question.links_only else []
        if better and question.has_links:
            linked = (other.c.link_id == card.c.link_id, other.c.addressbook_id.in_(better))
            twin = select(other.c.id).where(*linked, *_kept(question, other)).exists()
            once.append(or_(card.c.link_id.is_(None), ~twin))
        first = (
            select(*_columns(terms))
            .where(card.c.addressbook_id == book, *once, *behind, *_kept(question, card))
            .order_by(*ordering.order_by(terms))
            .limit(most)
            .subquery()
        )
        parts.append(select(first))
        better.append(book)
    return union_all(*parts).subquery()


def _columns(terms: Sequence[Term]) -> list[ColumnElement[object]]:
    kept = card.c
    own = (kept.id, kept.addressbook_id, kept.key, kept.uid, kept.created, kept.modified)
    return [*own, kept.link_id, *ordering.labelled(terms)]


def _found(question: Question, dialect: Dialect, terms: Sequence[Term]) -> FromClause | None:
    selected = _selected(question, dialect, terms)
    return None if selected is None else selected.subquery()


def _selected(
    question: Question,
    dialect: Dialect,
    terms: Sequence[Term],
    after: BoundPlace | None = None,
    bind: Bind = in_place,
    first: int | None = None,
) -> Select[*tuple[object, ...]] | None:
    """Return the cards that ``question`` finds behind ``after``, or None for none.

    With ``first``, some may be missing that come by name behind so many others.
    """
    condition = _condition(question, dialect, bind, first)
    if condition is None:
        return None
    columns = _columns(terms)
    behind = [] if after is None else [ordering.behind(terms, after)]
    if not question.finds_once:
        return select(*columns).where(condition, *behind)
    rank = case(dict(question.ranks), value=card.c.addressbook_id)
    copies: list[ColumnElement[int]] = []
    if not question.links_only:
        copies.append(func.row_number().over(partition_by=_person(), order_by=(rank, card.c.key)))
    if question.has_links:
        copies.append(func.rank().over(partition_by=_linked(), order_by=rank))
    named = {f"copy_{at}": copy for at, copy in enumerate(copies)}
    labelled = [copy.label(name) for name, copy in named.items()]
    ranked = select(*columns, *labelled).where(condition).subquery()
    shown = [column for column in ranked.c if column.key not in named]
    if after is not None:
        there = [term.of(ranked, at) for at, term in enumerate(terms)]
        behind = [ordering.behind(there, after)]
    return select(*shown).where(*(ranked.c[name] == 1 for name in named), *behind)


def _person() -> tuple[ColumnElement[str], ColumnElement[str]]:
    """Return what is the same of two cards that are of one person: the UID, if there is one."""
    return card.c.uid, case((card.c.uid == "", card.c.key), else_="")


def _linked() -> tuple[ColumnElement[int | None], ColumnElement[str]]:
    """Return what is the same of two cards that are linked."""
    return card.c.link_id, case((card.c.link_id.is_(None), card.c.key), else_="")


def _resolved(question: Question) -> list[tuple[tuple[int, ...], frozenset[str], Query]]:
    """Return which books are asked what, as far as that can find anything."""
    found = []
    for hidden, books in question.scopes:
        resolved = resolve(question.query, hidden)
        if books and resolved != NOTHING:
            found.append((tuple(books), hidden, resolved))
    return found


def _condition(
    question: Question, dialect: Dialect, bind: Bind, first: int | None
) -> ColumnElement[bool] | None:
    conditions = [
        found_in(query, Asking(books, question.plan, dialect, bind, first))
        for books, _, query in _resolved(question)
    ]
    return or_(*conditions) if conditions else None


def cards_found(
    connection: Connection, question: Question, limit: int | None = None
) -> Iterator[tuple[int, Card, bytes]]:
    """Yield what ``search`` finds, in its order, as the book's id, the card and its body."""
    terms = ordering.terms(question.order, question.scopes)
    found = _chosen(question, connection.dialect, terms, Span(limit))
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
