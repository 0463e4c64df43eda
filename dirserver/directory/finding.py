"""Searches through several books at once, by whoever reads the directory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

from dirserver.directory import membership
from dirserver.directory.lookups import Lookups
from dirserver.model.addressbook import Card, Entry
from dirserver.model.audit import AuditEvent
from dirserver.model.grant import Privilege
from dirserver.model.hits import PLAIN, Details, Hits, book_of, id_of, key_of
from dirserver.model.identical import Followed
from dirserver.model.number import DialPlan
from dirserver.model.ordering import BY_NAME, WHOLE, Order, Span
from dirserver.model.policy import Policy, VisibleBook
from dirserver.model.query import (
    EVERYTHING,
    And,
    BookIs,
    InQuarantine,
    KeyIs,
    Not,
    Or,
    Query,
    fields_of,
    resolve,
)
from dirserver.model.standards.rules import Handling
from dirserver.model.vcard import without
from dirserver.store import deadline
from dirserver.store.engine import Connection
from dirserver.store.moment import Moment
from dirserver.store.search import searching as store
from dirserver.store.search.question import Question

# As many as the audit trail hears of at once.
_TOLD_AT_ONCE = 100


@dataclass(frozen=True, slots=True, eq=False)
class Finder:
    """Finds cards in the same views, whatever is asked of them, and ``limit`` of them at most.

    ``shows_all`` is where no card of the views is to be left out, whatever it says.
    """

    views: Sequence[VisibleBook]
    limit: int | None
    shows_all: bool
    within: store.Finder


class Finding(ABC):
    """The part of a reading that finds cards by what they say.

    A property that is hidden in a book finds nothing there, however it is asked for, and no order
    tells of it. Views may hide more than the grants do.
    """

    connection: Connection
    # Whether everything is broken off that takes longer than some milliseconds.
    at_once = False
    # What stands for all that the database holds, where others read at the same moment.
    moment: Moment | None = None
    plan: DialPlan
    policy: Policy
    _lookups: Lookups | None

    @abstractmethod
    def count(self, view: VisibleBook) -> int:
        """Return how many cards of ``view`` are shown."""

    @abstractmethod
    def note_copy(self, view: VisibleBook, revision: int | None = None) -> None:
        """Note that the client is told what ``view`` holds."""

    @abstractmethod
    def _bodies(
        self, view: VisibleBook, hrefs: Iterable[str] | None
    ) -> Iterator[tuple[Card, bytes]]:
        """Yield cards of ``view`` with their bytes: those of ``hrefs``, or all that are shown."""

    @abstractmethod
    def _read(self, view: VisibleBook, hrefs: Iterable[str] | None) -> Iterator[tuple[Card, bytes]]:
        """Yield the same of cards that are known to be shown."""

    @abstractmethod
    def _seen(self, card: Card, view: VisibleBook) -> Card:
        """Return ``card`` as it is seen in ``view``."""

    @abstractmethod
    def _read_event(self, view: VisibleBook) -> AuditEvent:
        """Return the event that tells of cards of ``view`` being read."""

    def search(
        self,
        query: Query,
        views: Sequence[VisibleBook],
        limit: int | None = None,
        beyond: int = 0,
        *,
        span: Span = WHOLE,
        moments: bool = False,
    ) -> Iterator[Entry]:
        """Yield what ``hits`` does, by name and card by card; with ``moments``, with these."""
        details = replace(PLAIN, moments=moments)
        for found in self.hits(query, views, limit, beyond, span=span, details=details):
            yield from found.entries()

    def hits(
        self,
        query: Query,
        views: Sequence[VisibleBook],
        limit: int | None = None,
        beyond: int = 0,
        *,
        order: Order = BY_NAME,
        span: Span = WHOLE,
        details: Details,
    ) -> Iterator[Hits]:
        """Yield the cards in ``views`` that ``query`` finds, in ``order``.

        There are ``limit`` at the most, and ``beyond`` that many for one who only wants to know
        whether there are more; of them those of ``span``. Somebody who is found in several books,
        by the UID or by a link, is found once: where the principal may write, if they may. They
        have the ``details`` that are asked for: bodies, whatever the views hide of them, and
        moments, which are when the cards were written.
        """
        finder = self.finder(views, limit, beyond, order=order, span=span, details=details)
        return self.found(finder, query)

    def finder(
        self,
        views: Sequence[VisibleBook],
        limit: int | None = None,
        beyond: int = 0,
        *,
        order: Order = BY_NAME,
        span: Span = WHOLE,
        details: Details,
    ) -> Finder:
        """Return what ``found`` takes to find what ``hits`` does, by ever other queries."""
        most = None if limit is None else limit + beyond
        asked = Span(most, span.after, span.skip, span.backwards)
        question = self._question(EVERYTHING, views, order)
        shows_all = question.query == EVERYTHING
        return Finder(views, limit, shows_all, store.Finder(question, asked, details))

    def found(self, finder: Finder, query: Query) -> Iterator[Hits]:
        """Yield what ``hits`` does; the finder is one of the same policy, for the same reader."""
        views = finder.views
        shown = query if finder.shows_all else _shown(query, views)
        found = finder.within.hits(self.connection, shown, self.moment)
        if self._lookups is None:
            return found
        return self._as_told(self._lookups, found, query, views, finder.limit)

    def _as_told(
        self,
        lookups: Lookups,
        found: Iterator[Hits],
        query: Query,
        views: Sequence[VisibleBook],
        limit: int | None,
    ) -> Iterator[Hits]:
        """Yield what is found once the audit trail knows of it."""
        events = {view.book.id: self._read_event(view) for view in views}
        rows = (row for some in found for row in some.rows)
        told = lookups.followed(
            rows,
            lambda row: (events[book_of(row)], key_of(row)),
            map(str, fields_of(query)),
            limit,
        )
        while some := list(islice(told, _TOLD_AT_ONCE)):
            yield Hits(some)

    def with_attributes(self, hits: Hits) -> Hits:
        """Return cards that were found without their attributes with these."""
        attributes = store.attributes(self.connection, list(map(id_of, hits.rows)))
        return hits.stored(attributes)

    def candidates(self, view: VisibleBook, query: Query) -> Iterator[tuple[Card, bytes]]:
        """Yield the cards of the book that ``query`` finds, with their bytes, by name.

        They are for ``matching``, which tells of those that are an answer.
        """
        query = And((view.shown, query))
        if resolve(query, view.hidden) == EVERYTHING:
            yield from self._read(view, None)
            return
        hrefs = store.hrefs_found(self.connection, query, view.hidden, view.book.id, self.plan)
        yield from self._read(view, hrefs)

    def matching(
        self,
        view: VisibleBook,
        query: Query,
        is_meant: Callable[[Card, bytes], bool],
        named: Iterable[str],
        *,
        only: str = "",
        limit: int | None = None,
    ) -> Iterator[tuple[Card, bytes]]:
        """Yield those that ``is_meant`` says of the cards that ``query`` finds.

        ``named`` are the properties that were asked for, in the caller's words. With ``only``,
        it is about the card of this name alone. There are ``limit`` at the most, and one beyond
        that for one who wants to know whether there are more.
        """
        self.note_copy(view)
        asked = self._bodies(view, [only]) if only else self.candidates(view, query)
        meant = (pair for pair in asked if is_meant(*pair))
        found = meant if limit is None else islice(meant, limit + 1)
        if self._lookups is None:
            return found
        event = self._read_event(view)
        return self._lookups.followed(found, lambda pair: (event, pair[0].key), named, limit)

    def limit_time(self, seconds: float) -> None:
        """Break off whatever still is being looked for ``seconds`` from now: raise TimeIsUp."""
        if not self.at_once:
            deadline.limit(self.connection, seconds)

    def number_found(self, query: Query, views: Sequence[VisibleBook]) -> int:
        """Return how many cards ``search`` would yield."""
        return store.number_found(self.connection, self._question(query, views, BY_NAME))

    def number_in(self, views: Sequence[VisibleBook]) -> int:
        """Return how many cards there are in ``views``."""
        if len(views) == 1:
            return self.count(views[0])
        return self.number_found(EVERYTHING, views)

    def number_before(
        self, query: Query, views: Sequence[VisibleBook], order: Order, value: object
    ) -> int:
        """Return how many of those cards come before the first that ``value`` stands for.

        It is one for the first key of ``order``, folded.
        """
        return store.number_before(self.connection, self._question(query, views, order), value)

    def _question(self, query: Query, views: Sequence[VisibleBook], order: Order) -> Question:
        scopes, ranked = _followed(views if isinstance(views, tuple) else tuple(views))
        linked = self.policy.linked_books
        # No cards are linked within a book.
        has_links = bool(linked) and len(linked.intersection(book for book, _ in ranked)) > 1
        return Question(_shown(query, views), scopes, self.plan, order, ranked, has_links)

    def has_key(self, views: Sequence[VisibleBook], key: str) -> bool:
        """Say whether a card in ``views`` has the key ``key``."""
        question = self._question(KeyIs(key), views, BY_NAME)
        return next(store.hits(self.connection, question, Span(1), Details()), None) is not None

    def members(
        self, book_id: int, key: str, views: Sequence[VisibleBook]
    ) -> list[tuple[VisibleBook, str]]:
        """Return the members of the group ``key`` of a book: in which view, and the card's key.

        Who is in none of ``views`` is left out.
        """
        by_id = {view.book.id: view for view in views}
        found = membership.members(self.connection, book_id, key, dict(ranks(views)))
        return [(by_id[book], member) for book, member in found]

    def groups_of(self, view: VisibleBook, key: str, views: Sequence[VisibleBook]) -> Query:
        """Return the query that finds the groups that ``members`` says have this card."""
        return membership.groups_of(self.connection, view.book.id, key, dict(ranks(views)))

    def has_cards(self, views: Sequence[VisibleBook]) -> bool:
        """Say whether there is anything in ``views``."""
        question = self._question(EVERYTHING, views, BY_NAME)
        return next(store.hits(self.connection, question, Span(1), Details()), None) is not None

    def cards_found(
        self,
        query: Query,
        views: Sequence[VisibleBook],
        limit: int | None = None,
        beyond: int = 0,
        *,
        linked_once: bool = False,
    ) -> Iterator[tuple[VisibleBook, Card, bytes]]:
        """Yield the cards that ``query`` finds by name: in which book, the card and its bytes.

        Those of somebody who is in several books are all there, but with ``linked_once`` of those
        that are linked only the one where the principal may write, if they may.
        """
        most = None if limit is None else limit + beyond
        found = self._cards_found(query, views, most, linked_once=linked_once)
        if self._lookups is None:
            return found
        events = {view.book.id: self._read_event(view) for view in views}
        named = map(str, fields_of(query))
        return self._lookups.followed(
            found, lambda one: (events[one[0].book.id], one[1].key), named, limit
        )

    def _cards_found(
        self, query: Query, views: Sequence[VisibleBook], most: int | None, *, linked_once: bool
    ) -> Iterator[tuple[VisibleBook, Card, bytes]]:
        by_id = {view.book.id: view for view in views}
        question = replace(self._question(query, views, BY_NAME), links_only=True)
        if not linked_once:
            question = replace(question, ranks=())
        for book_id, card, body in store.cards_found(self.connection, question, most):
            view = by_id[book_id]
            yield view, self._seen(card, view), without(body, view.hidden) if view.hidden else body


def _shown(query: Query, views: Sequence[VisibleBook]) -> Query:
    """Return ``query`` for those cards only that are shown in ``views``.

    Those in quarantine are not, of books that may only be searched.
    """
    shown = _through(views)
    if shown != EVERYTHING:
        query = And((shown, query))
    books = frozenset(
        view.book.id
        for view in views
        if view.access is Privilege.SEARCH
        and view.book.standards is not None
        and view.book.standards.does(Handling.QUARANTINE)
    )
    return And((query, Not(InQuarantine(books)))) if books else query


def _through(views: Sequence[VisibleBook]) -> Query:
    """Return what finds the cards that a smart book shows, of each book by what it asks there."""
    if all(view.shown is EVERYTHING for view in views):
        return EVERYTHING
    books: dict[Query, list[Query]] = {}
    for view in views:
        books.setdefault(view.shown, []).append(BookIs(view.book.id))
    if len(books) < 2:
        return next(iter(books), EVERYTHING)
    return Or(tuple(And((Or(tuple(some)), shown)) for shown, some in books.items()))


_Scopes: TypeAlias = tuple[tuple[frozenset[str], tuple[int, ...]], ...]


def _scopes(views: Sequence[VisibleBook]) -> _Scopes:
    """Return the ids of books, grouped by what is hidden in them."""
    scopes: dict[frozenset[str], list[int]] = {}
    for view in views:
        scopes.setdefault(view.hidden, []).append(view.book.id)
    return tuple((hidden, tuple(books)) for hidden, books in scopes.items())


def ranks(views: Sequence[VisibleBook]) -> tuple[tuple[int, int], ...]:
    """Return which of two books somebody is shown in who is in both, as the lower number.

    That is where the principal may write, and else where more of the card is shown.
    """
    preferred = sorted(
        views,
        key=lambda view: (view.access < Privilege.WRITE, len(view.hidden), view.access * -1),
    )
    return tuple((view.book.id, rank) for rank, view in enumerate(preferred))


# Most ask again and again for the same books.
_followed = Followed[Sequence[VisibleBook], tuple[_Scopes, tuple[tuple[int, int], ...]]](
    lambda views: (_scopes(views), ranks(views))
)
