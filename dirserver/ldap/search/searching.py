"""The search operation (RFC 4511 section 4.5): from a request to entries and a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dirserver.ldap.codec.controls import NONE, SearchControls
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.codec.messages import Control, SearchRequest
from dirserver.ldap.dit.containers import Container
from dirserver.ldap.dit.dn import DN
from dirserver.ldap.dit.tree import Target, Tree
from dirserver.ldap.entry.presenting import Presenter, in_order
from dirserver.ldap.search import paging, sorting, windows
from dirserver.ldap.search.filters import compile as compile_filter
from dirserver.ldap.search.paging import Progress
from dirserver.ldap.search.sorting import UNSORTED
from dirserver.ldap.search.windows import ByOffset, Window
from dirserver.ldap.settings import LDAPSettings
from dirserver.model.addressbook import Entry
from dirserver.model.grant import Privilege
from dirserver.model.ordering import Place, Span
from dirserver.model.policy import VisibleBook
from dirserver.model.query import And, KeyIs, Query

# No client waits longer, and a snapshot of the database is open for so long.
_LONGEST_SECONDS = 300
# So many rows are turned round in memory when a window is nearer to the end of its list.
_MOST_TURNED = 1000


@dataclass(frozen=True, slots=True)
class Result:
    """How a search ended."""

    code: ResultCode
    matched_dn: str = ""
    controls: tuple[Control, ...] = ()


# How nearly all end.
_SUCCESS = Result(ResultCode.SUCCESS)


@dataclass(frozen=True, slots=True)
class _Found:
    """An entry that is to be sent: a card, with its place, or a container."""

    data: bytes
    place: Place | None = None
    is_lookup: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the cards of a target are asked."""

    tree: Tree
    query: Query
    views: Sequence[VisibleBook]
    lookups_only: frozenset[int]


def _no_members(_group: Entry) -> list[str]:
    return []


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
        controls: SearchControls = NONE,
    ) -> None:
        """Answer ``request``, which has this message id and comes from ``address``."""
        self.result = _SUCCESS
        self.hits = 0
        self._request = request
        self._message_id = message_id
        self._settings = settings
        self._clock = clock
        self._controls = controls
        self._sorting = UNSORTED if controls.sort is None else sorting.plan(controls.sort)
        self._progress = Progress()
        self._window: Window | None = None
        self._begun = False
        self._profile = settings.profile_for(address)
        self._limit = self._most_entries()
        asked = request.time_limit or _LONGEST_SECONDS
        self._deadline = clock() + min(asked, _LONGEST_SECONDS)

    def among(self, containers: Iterable[Container]) -> Iterator[bytes]:
        """Yield those of ``containers`` that are found, encoded as messages."""
        target = Target(tuple(containers))
        yield from self._answered(None, target, b"")

    def within(self, tree: Tree, target: Target | None, base: DN) -> Iterator[bytes]:
        """Yield what is found of ``target`` in ``tree``; the cards are sorted by name.

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

    def _most_entries(self) -> int | None:
        """Return the most entries to send: what the client can take, or its network's profile."""
        asked, most = self._request.size_limit or None, self._profile.max_hits or None
        return min(asked, most) if asked and most else asked or most

    def _answered(self, tree: Tree | None, target: Target, key: bytes) -> Iterator[bytes]:
        """Yield what is found, a page of it or a window onto it, as far as the controls go."""
        answer = [] if self._controls.sort is None else [self._sorting.response]
        if self._sorting.code is not ResultCode.SUCCESS and self._controls.sort_is_critical:
            self._end(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, answer)
            return
        if self._controls.subentries:
            shown = [one for one in target.containers if one.is_subentry]
            target = Target(tuple(shown))
        presenter = Presenter(
            self._request,
            self._message_id,
            self._settings,
            self._profile,
            target.views,
            _no_members if tree is None else tree.members,
        )
        containers = in_order(presenter.found(target.containers), self._sorting)
        asked = None if tree is None or not target.views else self._ask(tree, target)
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
        yield from self._limited(self._found(presenter, containers, asked, size), size)
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
        plain = replace(self._request, size_limit=0, time_limit=0)
        return repr((whose, plain, self._sorting.order, self._controls.subentries)).encode()

    def _turn_to(self, cookie: bytes, about: bytes, key: bytes) -> bool:
        """Go on where the cookie says; False when it is not good for this search."""
        if not cookie:
            return True
        progress = paging.unseal(cookie, about, key)
        if progress is None:
            return False
        self._progress = progress
        return True

    def _limited(self, entries: Iterator[_Found], size: int | None) -> Iterator[bytes]:
        progress = self._progress
        for entry in entries:
            if self._limit is not None and progress.sent >= self._limit:
                self.result = Result(ResultCode.SIZE_LIMIT_EXCEEDED)
                return
            if size is not None and self.hits >= size:
                self._has_more = True
                self.result = Result(ResultCode.SUCCESS)
                return
            self.hits += 1
            progress.sent += 1
            if entry.place is None:
                progress.containers += 1
            else:
                progress.place = entry.place
                progress.lookups += entry.is_lookup
            yield entry.data

    def _found(
        self,
        presenter: Presenter,
        containers: Sequence[Container],
        asked: _Asked | None,
        size: int | None,
    ) -> Iterator[_Found]:
        shown = (
            _Found(presenter.container(one)) for one in containers[self._progress.containers :]
        )
        if not self._containers_last:
            yield from shown
        if asked is not None:
            yield from self._cards(presenter, asked, size)
        if self._containers_last:
            yield from shown

    @property
    def _containers_last(self) -> bool:
        """Whether entries that are no cards, and so mostly have nothing to sort by, come last."""
        order = self._sorting.order
        return bool(order) and not order[0].reverse

    def _ask(self, tree: Tree, target: Target) -> _Asked:
        query = compile_filter(self._request.filter, tree.naming(target.views))
        if target.key:
            query = And((KeyIs(target.key), query))
        lookups = (view.book.id for view in target.views if view.access < Privilege.READ)
        return _Asked(tree, query, target.views, frozenset(lookups))

    def _cards(self, presenter: Presenter, asked: _Asked, size: int | None) -> Iterator[_Found]:
        most = self._most_cards(asked, size)
        found = asked.tree.reading.search(
            asked.query,
            asked.views,
            most,
            1,
            order=self._sorting.order,
            span=Span(after=self._progress.place),
            bodies=presenter.wants_bodies,
            moments=presenter.wants_moments,
        )
        for entry in found:
            if self._clock() > self._deadline:
                self.result = Result(ResultCode.TIME_LIMIT_EXCEEDED)
                return
            is_lookup = entry.book_id in asked.lookups_only
            if is_lookup and self._progress.lookups >= self._settings.max_hits:
                # Whoever may only look things up does not get to walk through the book.
                self.result = Result(ResultCode.SIZE_LIMIT_EXCEEDED)
                continue
            yield _Found(presenter.card(entry), entry.place, is_lookup)

    def _most_cards(self, asked: _Asked, size: int | None) -> int | None:
        """Return how many cards will be sent at the most."""
        if asked.lookups_only and len(asked.lookups_only) < len(asked.views):
            return None
        limits = []
        if self._limit is not None:
            limits.append(self._limit - self._progress.sent)
        if size is not None:
            limits.append(size - self.hits)
        if asked.lookups_only:
            limits.append(self._settings.max_hits - self._progress.lookups)
        return max(0, min(limits)) if limits else None

    # Windows onto the list.

    def _windowed(
        self,
        presenter: Presenter,
        containers: Sequence[Container],
        asked: _Asked | None,
        answer: Sequence[Control],
    ) -> Iterator[bytes]:
        if asked is not None:
            asked = self._browsable(asked)
        cards = 0 if asked is None else self._number_of(asked)
        content = cards + len(containers)
        code = ResultCode.SUCCESS
        if self._window is None:
            code = self._place_window(asked, cards, content)
        window = self._window
        if window is None:
            failed = [*answer, windows.response(code, 0, content)]
            self._end(ResultCode.VIRTUAL_LIST_VIEW_ERROR, failed)
            return
        yield from self._limited(self._listed(presenter, containers, asked, cards, window), None)
        told = windows.response(ResultCode.SUCCESS, window.target, content)
        self._end(self.result.code, [*answer, told])

    def _browsable(self, asked: _Asked) -> _Asked | None:
        """Leave out of a list books that may not be walked through, unless there are no others."""
        if len(asked.lookups_only) == len(asked.views):
            return asked
        views = [view for view in asked.views if view.book.id not in asked.lookups_only]
        return replace(asked, views=views, lookups_only=frozenset())

    def _number_of(self, asked: _Asked) -> int:
        number = asked.tree.reading.number_found(asked.query, asked.views)
        return min(number, self._settings.max_hits) if asked.lookups_only else number

    def _place_window(self, asked: _Asked | None, cards: int, content: int) -> ResultCode:
        """Decide where the window is; return why it is nowhere, if it is not."""
        wanted = self._controls.window
        if wanted is None or self._controls.sort is None:
            return ResultCode.SORT_CONTROL_MISSING
        order = self._sorting.order
        if self._sorting.code is not ResultCode.SUCCESS or not order:
            return self._sorting.code
        if isinstance(wanted.target, ByOffset):
            target = windows.position(wanted.target, content)
            if target is None:
                return ResultCode.OFFSET_RANGE_ERROR
        else:
            value = sorting.bound(wanted.target.value, order[0])
            if value is None:
                return ResultCode.INAPPROPRIATE_MATCHING
            before = 0
            if asked is not None:
                reading = asked.tree.reading
                before = reading.number_before(asked.query, asked.views, order, value)
            at_front = 0 if self._containers_last else content - cards
            target = min(before, cards) + at_front + 1
            if target == cards + 1 and self._containers_last:
                target = content + 1
        self._window = windows.around(wanted, target, content)
        return ResultCode.SUCCESS

    def _listed(
        self,
        presenter: Presenter,
        containers: Sequence[Container],
        asked: _Asked | None,
        cards: int,
        window: Window,
    ) -> Iterator[_Found]:
        """Yield what is in the window and not sent yet."""
        # Counted from 0, and up to the end: which of all, of the containers, of the cards.
        first, last = window.first - 1 + self._progress.sent, window.last
        shift = cards if self._containers_last else 0
        shown = [
            _Found(presenter.container(one))
            for one in containers[max(0, first - shift) : max(0, last - shift)]
        ]
        shift = 0 if self._containers_last else len(containers)
        start, stop = max(0, first - shift), min(max(0, last - shift), cards)
        if not self._containers_last:
            yield from shown
        if asked is not None and start < stop:
            yield from self._slice(presenter, asked, start, stop, cards)
        if self._containers_last:
            yield from shown

    def _slice(
        self, presenter: Presenter, asked: _Asked, start: int, stop: int, cards: int
    ) -> Iterator[_Found]:
        """Yield the cards from ``start`` to ``stop``, counted from the nearer end of the list."""
        from_end = cards - stop < start and stop - start <= _MOST_TURNED and not asked.lookups_only
        span = Span(skip=cards - stop if from_end else start, backwards=from_end)
        order = self._sorting.order
        reading = asked.tree.reading
        found = reading.search(
            asked.query,
            asked.views,
            stop - start,
            order=order,
            span=span,
            bodies=presenter.wants_bodies,
            moments=presenter.wants_moments,
        )
        for entry in reversed(list(found)) if from_end else found:
            if self._clock() > self._deadline:
                self.result = Result(ResultCode.TIME_LIMIT_EXCEEDED)
                return
            yield _Found(presenter.card(entry), entry.place)
