"""Searches for the first by name of all that is found, on SQLite.

One SELECT of it would look up, test and sort each card, every time. Here it is walked through what
the index has in the order of names, until enough is found; the cards that it leads to are looked at
in memory, where they are known as long as nothing changes. What the order of the values leads to,
as to who is calling, is mostly little, and is put in order here as well. Where it is much, a SELECT
finds it after all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter

from sqlalchemy import Connection, Dialect, Select, text, union_all

from dirserver.model.hits import book_of
from dirserver.model.ordering import BY_NAME, Span
from dirserver.store.index import beginnings
from dirserver.store.index.places import group_at
from dirserver.store.moment import Known, Moment
from dirserver.store.prepared import Found, Prepared
from dirserver.store.search import containing, knowing
from dirserver.store.search.conditions import MOST_SELECTS, tests_in
from dirserver.store.search.containing import Contained
from dirserver.store.search.details import Rows, row_of
from dirserver.store.search.probes import Named, Op, Probe, Source, named
from dirserver.store.search.question import Question
from dirserver.store.search.statements import Statement
from dirserver.store.search.values import probes

# No more are wanted of what is walked to.
_MOST = 1000
# More that comes in no order is put in order by the database, which needs less for each.
_MOST_OTHERS = 400
# So many rows are looked at beyond those that may be needed, to see where a walk may end; then ever
# twice as many until it is seen: hundreds may have the same name.
_BEYOND = 12
# So many times as many as are wanted are put in order when they are known.
_MANY = 2
_place_of = itemgetter(0)
_BEGUN = (Op.HEAD, Op.AT_LEAST, Op.BELOW)
_BEGINNINGS = Prepared(
    text(
        "SELECT place, card_id FROM card_beginning WHERE addressbook_id = :book AND head = :head"
        " AND value >= :least AND value < :below AND fields & :bits <> 0 ORDER BY place, card_id"
    )
)


@dataclass(slots=True)
class _Steps:
    """How many rows of a walk to take next: what is beyond what is wanted costs as much."""

    step: int
    _taken: int = 0

    def __iter__(self) -> Iterator[int]:
        """Go on until there are no more."""
        return self

    def __next__(self) -> int:
        """Take the next step."""
        self._taken += self.step
        return self.step

    def go_on(self, times: float) -> None:
        """Take so many times as many rows as were taken, and some beyond, by the next step.

        Of a card there may be a row or a few.
        """
        self.step = int(self._taken * (times - 1)) + _BEYOND


@dataclass(frozen=True, slots=True)
class _Begun:
    """What words of names begin with. What is bound for it begins ``at`` there."""

    bits: int
    at: int

    def find(
        self,
        connection: Connection,
        moment: Moment,
        values: Sequence[str],
        book: int,
        most: int,
    ) -> Collection[int] | None:
        """Return the ids of the first ``most`` cards of a book by name, and maybe of more.

        None where there are too many with nearly the same name.
        """
        head, least, below = values[self.at : self.at + 3]
        asked = {"book": book, "bits": self.bits, "head": head, "least": least, "below": below}
        found: dict[int, int] = {}
        last = None
        steps = _Steps(most + _BEYOND)
        with closing(_BEGINNINGS.found(connection, asked, steps)) as walk:
            for rows in walk:
                if len(found) > most + knowing.MOST_ALIKE:
                    return None
                for place, card in rows:
                    found.setdefault(card, place)
                if last is None:
                    if len(found) < most:
                        steps.go_on(most / len(found))
                        continue
                    last = [*found.values()][most - 1]
                    steps.step = _BEYOND
                if rows[-1][0] > last:
                    # Who is found behind it comes behind by name.
                    break
                steps.step *= 2
        if last is None or len(found) < _MANY * most:
            return found
        return _first_of(connection, moment, found, last, most)


def _first_of(
    connection: Connection, moment: Moment, found: Mapping[int, int], last: int, most: int
) -> list[int]:
    """Return the first of what is ``found``, where many have the place that is ``last`` wanted."""
    first = [card for card, place in found.items() if place < last]
    alike = {card for card, place in found.items() if place == last}
    order = knowing.cards_in_order(connection, moment, group_at(last))
    if order is None:
        return [*first, *alike]
    number = most - len(first)
    known = list(islice(filter(alike.__contains__, order), number))
    # Those that the trigram index is behind with are looked at by themselves.
    behind = {card for (card, *_), _ in knowing.behind(connection, moment)}
    return [*first, *known, *(alike & behind)]


@dataclass(slots=True)
class _Scope:
    """What is asked of some books."""

    books: frozenset[int]
    begun: list[_Begun] = field(default_factory=list)
    contained: list[Contained] = field(default_factory=list)
    # Finds the ids for all else, in no order, and maybe in other books.
    others: Prepared | None = None

    def find(
        self, connection: Connection, values: Sequence[str], moment: Moment, most: int
    ) -> list[Known] | None:
        """Return the first ``most`` cards by name, in no order, and maybe more; None for many."""
        found: list[Collection[int]] = []
        if self.others is not None:
            rows = self.others.some(connection, named(values), _MOST_OTHERS + 1)
            if len(rows) > _MOST_OTHERS:
                return None
            found.append({card for (card,) in rows})
        for begun in self.begun:
            for book in self.books:
                some = begun.find(connection, moment, values, book, most)
                if some is None:
                    return None
                found.append(some)
        if self.contained:
            parts = containing.find(connection, moment, self.contained, values, self.books, most)
            if parts is None:
                return None
            found += parts
        ids = found[0] if len(found) == 1 else set().union(*found)
        if not ids:
            return []
        cards = knowing.cards(connection, moment, ids)
        if self.others is None:
            return cards
        return [one for one in cards if book_of(row_of(one)) in self.books]


class Walks:
    """What finds the first cards of all by name, whatever the words are."""

    def __init__(self, scopes: Sequence[_Scope], most: int, rows: Rows, whole: Statement) -> None:
        """Return ``rows`` of ``most`` cards at most; the ``whole`` of them where these are many."""
        self._scopes = scopes
        self._most = most
        self._rows = rows
        self._whole = whole

    def run(
        self, connection: Connection, values: Sequence[str], moment: Moment
    ) -> Iterator[Sequence[Found]]:
        """Yield the rows of the cards, in their order, if there are any."""
        cards: list[Known] = []
        for scope in self._scopes:
            some = scope.find(connection, values, moment, self._most)
            if some is None:
                return self._whole.run(connection, values)
            cards += some
        if len(cards) > 1:
            cards.sort(key=_place_of)
        return self._rows(connection, cards[: self._most]) if cards else iter(())


def walks(
    question: Question, dialect: Dialect, span: Span, rows: Rows, whole: Statement
) -> Walks | None:
    """Return what finds the cards of ``span``, for the values of ``spelled``.

    None where it takes another order, or more than the index.
    """
    most = span.limit
    if dialect.name != "sqlite" or question.finds_once or question.order != BY_NAME:
        return None
    if not most or most > _MOST or span != Span(most):
        return None
    scopes: list[_Scope] = []
    at = selects = 0
    for books, _, query in question.resolved():
        tests = tests_in(query)
        asked = [] if tests is None else probes(tests, question.plan)
        if not asked:
            return None
        scope = _Scope(frozenset(books))
        others: list[Select[int]] = []
        for probe in asked:
            part = containing.contained(probe, at)
            if part is not None:
                scope.contained.append(part)
            elif _is_begun(probe):
                scope.begun.append(_Begun(beginnings.bits_of(probe.fields), at))
            else:
                bind = Named(at)
                others += (
                    probe.each(bind, dialect)
                    if probe.is_in_order
                    else probe.selects(books, dialect, bind)
                )
            at += len(list(probe.values(dialect)))
        selects += len(books) * len(scope.begun) + len(scope.contained)
        if max(selects, len(others)) > MOST_SELECTS:
            return None
        if others:
            scope.others = Prepared(union_all(*others))
        scopes.append(scope)
    return Walks(scopes, most, rows, whole)


def _is_begun(probe: Probe) -> bool:
    ops = tuple([one.op for one in probe.comparisons])
    return probe.source is Source.BEGINNINGS and ops == _BEGUN
