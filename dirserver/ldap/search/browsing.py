"""Where a window onto a list is, and what is in it (the draft on virtual list views)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dirserver.ldap.codec.controls import SearchControls
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.dit.containers import Container
from dirserver.ldap.search import sorting, windows
from dirserver.ldap.search.cards import Asked
from dirserver.ldap.search.sorting import Sorting
from dirserver.ldap.search.windows import ByOffset, Window
from dirserver.model.hits import Details, Hits
from dirserver.model.ordering import Span

# So many rows are turned round in memory when a window is nearer to the end of its list.
_MOST_TURNED = 1000


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, sorted: entries that are no cards, and ``cards`` that many, which are ``asked``."""

    containers: Sequence[Container]
    asked: Asked | None
    cards: int
    sorting: Sorting

    @property
    def content(self) -> int:
        """How many entries there are."""
        return self.cards + len(self.containers)

    def place_window(self, controls: SearchControls) -> Window | ResultCode:
        """Decide where the window is; return why it is nowhere, if it is not."""
        wanted = controls.window
        if wanted is None or controls.sort is None:
            return ResultCode.SORT_CONTROL_MISSING
        order = self.sorting.order
        if self.sorting.code is not ResultCode.SUCCESS or not order:
            return self.sorting.code
        if isinstance(wanted.target, ByOffset):
            target = windows.position(wanted.target, self.content)
            if target is None:
                return ResultCode.OFFSET_RANGE_ERROR
            return windows.around(wanted, target, self.content)
        value = sorting.bound(wanted.target.value, order[0])
        if value is None:
            return ResultCode.INAPPROPRIATE_MATCHING
        before = 0
        if self.asked is not None:
            reading = self.asked.tree.reading
            before = reading.number_before(self.asked.query, self.asked.views, order, value)
        last = self.sorting.containers_last
        target = min(before, self.cards) + (0 if last else len(self.containers)) + 1
        if target == self.cards + 1 and last:
            target = self.content + 1
        return windows.around(wanted, target, self.content)

    def within(
        self, window: Window, sent: int, details: Details
    ) -> Iterator[Hits | Sequence[Container]]:
        """Yield what is in the window behind what was ``sent`` of it."""
        # Counted from 0, and up to the end: which of all, of the containers, of the cards.
        first, last = window.first - 1 + sent, window.last
        shift = self.cards if self.sorting.containers_last else 0
        shown = self.containers[max(0, first - shift) : max(0, last - shift)]
        shift = 0 if self.sorting.containers_last else len(self.containers)
        start, stop = max(0, first - shift), min(max(0, last - shift), self.cards)
        if not self.sorting.containers_last:
            yield shown
        if self.asked is not None and start < stop:
            yield from self._slice(self.asked, start, stop, details)
        if self.sorting.containers_last:
            yield shown

    def _slice(self, asked: Asked, start: int, stop: int, details: Details) -> Iterator[Hits]:
        """Yield the cards from ``start`` to ``stop``, counted from the nearer end of the list."""
        cards = self.cards
        from_end = cards - stop < start and stop - start <= _MOST_TURNED and not asked.lookups_only
        found = asked.tree.reading.hits(
            asked.query,
            asked.views,
            stop - start,
            order=self.sorting.order,
            span=Span(skip=cards - stop if from_end else start, backwards=from_end),
            details=details,
        )
        if from_end:
            rows = [row for hits in found for row in hits.rows]
            if rows:
                yield Hits(rows[::-1])
        else:
            yield from found
