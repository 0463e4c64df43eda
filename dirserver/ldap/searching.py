"""The search operation (RFC 4511 section 4.5): from a request to entries and a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dirserver.ldap import dn
from dirserver.ldap.asked import asked_numbers, spelled
from dirserver.ldap.containers import Container
from dirserver.ldap.dn import DN
from dirserver.ldap.encode import ResultCode, encode_entry
from dirserver.ldap.entries import encode_operational
from dirserver.ldap.filters import Naming
from dirserver.ldap.filters import compile as compile_filter
from dirserver.ldap.matching import matches_container
from dirserver.ldap.messages import SearchRequest
from dirserver.ldap.selection import Projection, Selection
from dirserver.ldap.settings import LDAPSettings
from dirserver.ldap.tree import Target, Tree
from dirserver.model.addressbook import Entry
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.query import And, KeyIs

# No client waits longer, and a snapshot of the database is open for so long.
_LONGEST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Result:
    """How a search ended."""

    code: ResultCode
    matched_dn: str = ""


class Search:
    """One search. ``result`` says how it ended when the entries have.

    What was broken off goes on, from another tree, behind what was shown.
    """

    def __init__(
        self,
        request: SearchRequest,
        message_id: int,
        settings: LDAPSettings,
        address: str,
        clock: Callable[[], float],
    ) -> None:
        """Answer ``request``, which has this message id and comes from ``address``."""
        self.result = Result(ResultCode.SUCCESS)
        self.hits = 0
        self._request = request
        self._message_id = message_id
        self._settings = settings
        self._clock = clock
        self._shown: set[str] = set()
        self._last: Entry | None = None
        self._looked_up = 0
        self._profile = settings.profile_for(address)
        self._selection = Selection.parse(request.attributes)
        # Linphone, which compares, asks for all there is. Who names attributes is a telephone that
        # would show the number twice.
        compares = self._profile.as_asked or not request.attributes
        self._asked = asked_numbers(request.filter) if compares else ()
        self._limit = self._most_entries()
        asked = request.time_limit or _LONGEST_SECONDS
        self._deadline = clock() + min(asked, _LONGEST_SECONDS)

    def among(self, containers: Iterable[Container]) -> Iterator[bytes]:
        """Yield those of ``containers`` that are found, encoded as messages."""
        yield from self._limited(self._containers(containers))

    def within(self, tree: Tree, target: Target | None, base: DN) -> Iterator[bytes]:
        """Yield what is found of ``target`` in ``tree``; the cards are sorted by name.

        ``base`` is the name that the client has used for it.
        """
        if target is None:
            self.result = Result(ResultCode.NO_SUCH_OBJECT, tree.matched(base))
            return
        yield from self._limited(self._found(tree, target))
        if target.key and not self.hits and not tree.has_card(target.views[0], target.key):
            self.result = Result(ResultCode.NO_SUCH_OBJECT, tree.matched(base))

    def _most_entries(self) -> int | None:
        """Return the most entries to send: what the client can take, or its network's profile."""
        limits = [self._request.size_limit, self._profile.max_hits or 0]
        return min((limit for limit in limits if limit > 0), default=None)

    def _limited(self, entries: Iterator[bytes]) -> Iterator[bytes]:
        for entry in entries:
            if self._limit is not None and self.hits >= self._limit:
                self.result = Result(ResultCode.SIZE_LIMIT_EXCEEDED)
                return
            self.hits += 1
            yield entry

    def _found(self, tree: Tree, target: Target) -> Iterator[bytes]:
        yield from self._containers(target.containers)
        if target.views:
            yield from self._cards(tree, target)

    def _containers(self, containers: Iterable[Container]) -> Iterator[bytes]:
        projection = Projection(self._selection, types_only=self._request.types_only)
        for container in containers:
            if container.dn in self._shown:
                continue
            self._shown.add(container.dn)
            if matches_container(self._request.filter, container.attributes):
                shown = projection.select(*container.encoded())
                yield encode_entry(self._message_id, container.dn.encode(), shown)

    def _cards(self, tree: Tree, target: Target) -> Iterator[bytes]:
        books = {view.book.slug: view.book.id for view in target.views}
        naming = Naming(self._settings.suffix_dn, books)
        query = compile_filter(self._request.filter, naming)
        if target.key:
            query = And((KeyIs(target.key), query))
        views = {view.book.id: view for view in target.views}
        looks: dict[int, _Look] = {}
        lookups_only = {view.book.id for view in target.views if view.access < Privilege.READ}
        most = self._most_cards(target.views, lookups_only)
        for entry in tree.reading.search(query, target.views, most, 1, self._last):
            self._last = entry
            if self._clock() > self._deadline:
                self.result = Result(ResultCode.TIME_LIMIT_EXCEEDED)
                return
            if entry.book_id in lookups_only:
                self._looked_up += 1
                if self._looked_up > self._settings.max_hits:
                    # Whoever may only look things up does not get to walk through the book.
                    self.result = Result(ResultCode.SIZE_LIMIT_EXCEEDED)
                    continue
            look = looks.get(entry.book_id)
            if look is None:
                look = looks[entry.book_id] = self._look(views[entry.book_id])
            yield look.encode(self._message_id, entry)

    def _most_cards(self, views: Sequence[VisibleBook], lookups_only: set[int]) -> int | None:
        """Return how many cards will be sent at the most."""
        limit = self._limit
        if len(lookups_only) == len(views):
            limit = min(limit or self._settings.max_hits, self._settings.max_hits)
        elif lookups_only:
            return None
        return limit

    def _look(self, view: VisibleBook) -> _Look:
        projection = Projection(
            self._selection,
            view.hidden,
            types_only=self._request.types_only,
            rewrite_numbers=spelled(self._profile.numbers, self._settings.plan, self._asked),
        )
        book = dn.book_dn(view.book.slug, self._settings.suffix)
        return _Look(book, projection, self._selection.wants_operational)


@dataclass(frozen=True, slots=True)
class _Look:
    """How the cards of one book look to the principal."""

    book: str
    projection: Projection
    wants_operational: bool

    def encode(self, message_id: int, entry: Entry) -> bytes:
        name = dn.card_dn(entry.key, self.book)
        operational = (
            encode_operational(name, entry.key, entry.created, entry.modified)
            if self.wants_operational
            else b""
        )
        shown = self.projection.select(entry.attributes, operational)
        return encode_entry(message_id, name.encode(), shown)
