"""The search operation (RFC 4511 section 4.5): from a request to entries and a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dirserver.ldap.codec.controls import NONE, SearchControls
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.codec.messages import Control, SearchRequest
from dirserver.ldap.dit.containers import Container
from dirserver.ldap.dit.dn import DN
from dirserver.ldap.dit.tree import Target, Tree
from dirserver.ldap.entry.looks import looks
from dirserver.ldap.entry.presenting import Presenter, in_order
from dirserver.ldap.entry.runs import Run
from dirserver.ldap.search import cards, paging, sorting, windows
from dirserver.ldap.search.browsing import Listing
from dirserver.ldap.search.cards import Asked
from dirserver.ldap.search.copying import copy_of
from dirserver.ldap.search.limits import MOST_AT_ONCE, MOST_OCTETS, most_entries
from dirserver.ldap.search.paging import Progress
from dirserver.ldap.search.sorting import UNSORTED
from dirserver.ldap.search.windows import Window
from dirserver.ldap.settings import LDAPSettings
from dirserver.model.hits import Hits
from dirserver.model.ordering import Place, Span

# No client waits longer, and a snapshot of the database is open for so long.
_LONGEST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Result:
    """How a search ended."""

    code: ResultCode
    matched_dn: str = ""
    controls: tuple[Control, ...] = ()


# How nearly all end.
_SUCCESS = Result(ResultCode.SUCCESS)


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
        controls: SearchControls = NONE,
        *,
        clock: Callable[[], float],
        most: int = MOST_AT_ONCE,
    ) -> None:
        """Answer ``request``, which has this message id and comes from ``address``.

        What is yielded at once are not more than ``most`` entries.
        """
        self.result = _SUCCESS
        self.hits = 0
        self._request = request
        self._message_id = message_id
        self._settings = settings
        self._clock = clock
        self._controls = controls
        self._most = most
        self._sorting = UNSORTED if controls.sort is None else sorting.plan(controls.sort)
        self._progress = Progress()
        self._window: Window | None = None
        self._begun = False
        self._profile = settings.profile_for(address)
        self._limit = most_entries(request, self._profile)
        asked = request.time_limit or _LONGEST_SECONDS
        self._deadline = clock() + min(asked, _LONGEST_SECONDS)

    def among(self, containers: Iterable[Container]) -> Iterator[bytes]:
        """Yield those of ``containers`` that are found, encoded as messages."""
        target = Target(tuple(containers))
        yield from self._answered(None, target, b"")

    def within(self, tree: Tree, target: Target | None, base: DN) -> Iterator[bytes]:
        """Yield what is found of ``target`` in ``tree``, as messages; the cards sorted by name.

        ``base`` is the name that the client has used for it.
        """
        if target is None:
            self.result = Result(ResultCode.NO_SUCH_OBJECT, tree.matched(base))
            return
        # The time is looked at between cards, and it may take long to find the first.
        tree.reading.limit_time(self._deadline - self._clock())
        key = tree.reading.policy.view_key
        yield from self._answered(tree, target, key)
        if target.key and not self.hits and not tree.has_card(target.views, target.key):
            self.result = Result(ResultCode.NO_SUCH_OBJECT, tree.matched(base))

    def _answered(self, tree: Tree | None, target: Target, key: bytes) -> Iterator[bytes]:
        """Yield what is found, a page of it or a window onto it, as far as the controls go."""
        answer = [] if self._controls.sort is None else [self._sorting.response]
        if self._sorting.code is not ResultCode.SUCCESS and self._controls.sort_is_critical:
            self._end(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, answer)
            return
        if self._controls.subentries:
            shown = [one for one in target.containers if one.is_subentry]
            target = Target(tuple(shown))
        seen = looks(target.views, self._request, self._settings, self._profile)
        presenter = Presenter(self._request, self._message_id, seen, tree)
        containers = in_order(presenter.found(target.containers), self._sorting)
        asked = None
        if tree is not None and target.views:
            asked = cards.ask(tree, target, self._request.filter)
        if self._controls.window is not None:
            yield from self._windowed(presenter, containers, asked, answer)
            return
        paged = self._controls.paged
        about = b"" if paged is None else self._about(tree)
        if paged is not None and not self._begun and not self._turn_to(paged.cookie, about, key):
            self._end(ResultCode.UNWILLING_TO_PERFORM, [*answer, paging.response()])
            return
        self._begun = True
        if paged is not None and paged.size == 0:
            # The client wants no more of it, and nothing was kept for it.
            self._end(ResultCode.SUCCESS, [*answer, paging.response()])
            return
        size = None if paged is None else paged.size
        if size is not None and self._limit is not None and size >= self._limit:
            size = None
        found = self._found(presenter, containers, asked, size)
        yield from self._limited(found, presenter, asked, size)
        cookie = b""
        if size is not None and self.result.code is ResultCode.SUCCESS and self._has_more:
            cookie = paging.seal(self._progress, about, key)
        if paged is not None:
            answer.append(paging.response(cookie))
        self._end(self.result.code, answer)

    _has_more = False

    def _end(self, code: ResultCode, controls: Sequence[Control]) -> None:
        if controls or code is not self.result.code:
            self.result = Result(code, controls=tuple(controls))

    def _about(self, tree: Tree | None) -> bytes:
        """Return what a cookie is good for: this search, of this person."""
        whose = "" if tree is None else tree.reading.principal.login
        asked, order = self._request, self._sorting.order
        where = asked.base, asked.scope, asked.deref, self._controls.subentries
        what = asked.filter, asked.attributes, asked.types_only
        return paging.subject(whose, where, what, order)

    def _turn_to(self, cookie: bytes, about: bytes, key: bytes) -> bool:
        """Go on where the cookie says; False when it is not good for this search."""
        if not cookie:
            return True
        progress = paging.unseal(cookie, about, key)
        if progress is None:
            return False
        self._progress = progress
        return True

    def _limited(
        self,
        found: Iterator[Hits | Run | Sequence[Container]],
        presenter: Presenter,
        asked: Asked | None,
        size: int | None,
    ) -> Iterator[bytes]:
        """Yield entries as messages, as many as the client takes, or as a page has."""
        progress = self._progress
        for some in found:
            limit = len(some) if self._limit is None else max(0, self._limit - progress.sent)
            room = limit if size is None else min(limit, size - self.hits)
            if isinstance(some, Hits | Run):
                for hits in some.first(room).pieces(self._most, MOST_OCTETS):
                    if self._clock() > self._deadline:
                        self.result = Result(ResultCode.TIME_LIMIT_EXCEEDED)
                        return
                    data = presenter.cards(hits)
                    self._count(len(hits))
                    progress.place = hits.last_place
                    if asked is not None and isinstance(hits, Hits):
                        progress.lookups += cards.looked_up(hits, asked)
                    yield data
            else:
                for start in range(0, min(room, len(some)), self._most):
                    part = some[start : min(room, start + self._most)]
                    data = presenter.containers(part)
                    self._count(len(part))
                    progress.containers += len(part)
                    yield data
            if len(some) > room:
                if room == limit:
                    self.result = Result(ResultCode.SIZE_LIMIT_EXCEEDED)
                else:
                    self._has_more = True
                    self.result = Result(ResultCode.SUCCESS)
                return

    def _count(self, entries: int) -> None:
        self.hits += entries
        self._progress.sent += entries

    def _found(
        self,
        presenter: Presenter,
        containers: Sequence[Container],
        asked: Asked | None,
        size: int | None,
    ) -> Iterator[Hits | Run | Sequence[Container]]:
        shown = containers[self._progress.containers :]
        if not self._sorting.containers_last:
            yield shown
        if asked is not None:
            yield from self._cards(presenter, asked, size)
        if self._sorting.containers_last:
            yield shown

    def _cards(self, presenter: Presenter, asked: Asked, size: int | None) -> Iterator[Hits | Run]:
        def ask(after: Place | None, most: int | None) -> Iterator[Hits]:
            found = asked.tree.reading.hits(
                asked.query,
                asked.views,
                most,
                1,
                order=self._sorting.order,
                span=Span(after=after),
                details=presenter.details,
            )
            return cards.allowed(found, asked, self._lookups_left, self._exceeded)

        after, most = self._progress.place, self._most_cards(asked, size)
        copy = copy_of(presenter, asked, self._sorting.order)
        if copy is None:
            yield from ask(after, most)
        else:
            yield from copy.found(after, most, ask, self._pieces)

    def _pieces(self, hits: Hits) -> Iterator[Hits]:
        return hits.pieces(self._most, MOST_OCTETS)

    def _lookups_left(self) -> int:
        return self._settings.max_hits - self._progress.lookups

    def _exceeded(self) -> None:
        self.result = Result(ResultCode.SIZE_LIMIT_EXCEEDED)

    def _most_cards(self, asked: Asked, size: int | None) -> int | None:
        """Return how many cards will be sent at the most."""
        if asked.is_mixed:
            return None
        limits = []
        if self._limit is not None:
            limits.append(self._limit - self._progress.sent)
        if size is not None:
            limits.append(size - self.hits)
        if asked.lookups_only:
            limits.append(self._lookups_left())
        return max(0, min(limits)) if limits else None

    def _windowed(
        self,
        presenter: Presenter,
        containers: Sequence[Container],
        asked: Asked | None,
        answer: Sequence[Control],
    ) -> Iterator[bytes]:
        """Yield what is in the window onto the list of all that is found."""
        if asked is not None:
            asked = asked.browsable()
        number = 0 if asked is None else self._number_of(asked)
        listing = Listing(containers, asked, number, self._sorting)
        if self._window is None:
            placed = listing.place_window(self._controls)
            if isinstance(placed, ResultCode):
                failed = [*answer, windows.response(placed, 0, listing.content)]
                self._end(ResultCode.VIRTUAL_LIST_VIEW_ERROR, failed)
                return
            self._window = placed
        window = self._window
        found = listing.within(window, self._progress.sent, presenter.details)
        yield from self._limited(found, presenter, asked, None)
        told = windows.response(ResultCode.SUCCESS, window.target, listing.content)
        self._end(self.result.code, [*answer, told])

    def _number_of(self, asked: Asked) -> int:
        number = asked.tree.reading.number_found(asked.query, asked.views)
        return min(number, self._settings.max_hits) if asked.lookups_only else number
