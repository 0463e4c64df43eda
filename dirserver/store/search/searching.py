"""Searches: what a query finds in some books, in the order that is asked for."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Dialect, Select, func, null, select

from dirserver.model.addressbook import Card, Entry
from dirserver.model.hits import PLAIN, Details, Hits, Row
from dirserver.model.number import DialPlan
from dirserver.model.ordering import BY_NAME, WHOLE, Span
from dirserver.model.query import NOTHING, Query, resolve
from dirserver.store.moment import Moment
from dirserver.store.prepared import Prepared, among, listed
from dirserver.store.search import choosing, once, ordering
from dirserver.store.search.conditions import Asking, found_in
from dirserver.store.search.details import at_once, columns, rows
from dirserver.store.search.probes import Bind, Named, named
from dirserver.store.search.question import Question
from dirserver.store.search.spelled import spelled
from dirserver.store.search.statements import Statement, Statements
from dirserver.store.search.walks import Walks, walks
from dirserver.store.tables import card, card_entry, card_version

# Where all that is found is no more than this, or no more is wanted, it is ranked here; with
# bodies, where it is less.
_FEW, _FEW_BODIES = 1000, 50
_statements = Statements[Statement | Walks]()
# What says of some cards which are found.
_tests = Statements[Prepared]()
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
    return Finder(question, span, details).hits(connection, question.query)


class Finder:
    """Finds what questions do that are like one but for the query.

    So much of a search does not depend on what somebody types.
    """

    __slots__ = ("_details", "_fronts", "_kind", "_question", "_span", "_values")

    def __init__(self, question: Question, span: Span, details: Details) -> None:
        """Find the cards of ``span``, with ``details``."""
        self._question = question
        self._span = span
        self._details = details
        place = span.after or ()
        self._values = ordering.texts(place)
        self._kind = _kind(
            tuple([(tuple(books), hidden) for hidden, books in question.scopes]),
            question.order,
            question.ranks,
            question.has_links,
            question.links_only,
            (span.limit, span.skip, span.backwards, ordering.shape(place)),
            details,
        )
        self._fronts = self._each_front()

    def _each_front(self) -> tuple[Finder, ...]:
        """Return what finds the first cards of all, where these mostly tell who is found once."""
        question, span, details = self._question, self._span, self._details
        most, is_by_name = span.limit, question.order == BY_NAME
        if most is None or not question.finds_once or span.skip or span.backwards:
            return ()
        if question.links_only:
            # Of cards that are not linked, each is found.
            return ()
        if most > (_FEW_BODIES if details.body else _FEW) or not (is_by_name or span.after is None):
            return ()
        each = replace(question, ranks=())
        known = replace(details, person=True, brief=False, placed=True)
        # Mostly a telephone asks who is calling, and there is little to be ranked in any order.
        numbers = once.fronts(most) if is_by_name else (most,)
        if details.body:
            # There may be pictures in them, and all of these are held at once.
            numbers = numbers[:1]
        return tuple([Finder(each, replace(span, limit=one), known) for one in numbers])

    def hits(
        self, connection: Connection, query: Query, moment: Moment | None = None
    ) -> Iterator[Hits]:
        """Yield what is found, in its order; at this ``moment``, if that is known."""
        moment = moment or Moment()
        if self._fronts:
            question = replace(self._question, query=query)
            if not choosing.is_of_all(question):
                rows = self._each_once(connection, query, moment)
                if rows is not None:
                    return iter((Hits(rows),) if rows else ())
        return self._hits(connection, query, moment)

    def _each_once(self, connection: Connection, query: Query, moment: Moment) -> list[Row] | None:
        """Return what is found, where the first of it tell who is found once; else None."""
        ranks, most = dict(self._question.ranks), self._span.limit or 0
        after = None if self._span.after is None else str(self._span.after[0])
        for front in self._fronts:
            rows = [row for some in front.hits(connection, query, moment) for row in some.rows]
            is_all = len(rows) < (front._span.limit or 0)
            if not is_all and self._question.order != BY_NAME:
                return None
            last = None if is_all else str(Hits(rows).last_place[0])
            finds = partial(self._found_among, connection, query)
            found = once.known_once(connection, rows, ranks, once.Window(after, last), finds)
            if is_all or len(found) >= most:
                return found[:most]
        return None

    def _found_among(
        self, connection: Connection, query: Query, cards: Sequence[int]
    ) -> Sequence[int]:
        """Return those of the ids of cards that are found, whoever else is."""
        question, dialect = replace(self._question, query=query), connection.dialect
        values: list[str] = []
        shape = self._kind, dialect.name, self._asked(query, dialect, values)
        test = _tests.get(shape)
        if test is None:
            some = among(card.c.id, "cards", is_optional=True)[dialect.name]
            found = choosing.which(question, dialect, Named())
            test = Prepared(select(card.c.id).where(some, found))
            _tests.put(shape, test)
        rows = test.rows(connection, cards=listed(cards), **named(values))
        return [id_ for (id_,) in rows]

    def _hits(self, connection: Connection, query: Query, moment: Moment) -> Iterator[Hits]:
        question, dialect = self._question, connection.dialect
        values = self._values.copy()
        shape = self._kind, dialect.name, self._asked(query, dialect, values)
        statement = _statements.get(shape)
        if statement is None:
            statement = self._statement(replace(question, query=query), dialect)
            if statement is None:
                return iter(())
            _statements.put(shape, statement)
        if isinstance(statement, Walks):
            found = statement.run(connection, values, moment)
        else:
            found = statement.run(connection, values)
        # The rows have the columns of ``_select``.
        return map(Hits, cast("Iterator[Sequence[Row]]", found))

    def _asked(self, query: Query, dialect: Dialect, values: list[str]) -> Hashable:
        """Return what statements depend on of ``query``; what is bound is added to ``values``."""
        asked: list[Hashable] = []
        for hidden, books in self._question.scopes:
            resolved = resolve(query, hidden)
            can_be = books and resolved is not NOTHING
            plan = self._question.plan
            asked.append(spelled(resolved, plan, dialect, values) if can_be else None)
        return tuple(asked)

    def _statement(self, question: Question, dialect: Dialect) -> Statement | Walks | None:
        span, details = self._span, self._details
        found = _select(question, dialect, span, Named(), details)
        if found is None:
            return None
        most = at_once(details)
        is_short = span.limit is not None and span.limit <= at_once(PLAIN)
        whole = Statement(found, most, is_short=is_short)
        made = rows(details, has_links=question.has_links)
        return walks(question, dialect, span, made, whole) or whole


# What is a part of a key is to be compared at once.
@lru_cache(maxsize=512)
def _kind(*_constant: Hashable) -> object:
    """Return what stands for all on which a statement depends but for what is asked."""
    return object()


def _select(
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
        parts = columns(card, details, has_link, null(), terms, is_brief=is_brief)
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
    parts = columns(chosen, details, has_link, shown, sorted_by, is_brief=is_brief)
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
        .execution_options(yield_per=at_once(Details(body=True)))
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
