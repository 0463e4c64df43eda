"""Who looked up whom: what the audit trail has of reading, where it is to have it.

In full, each lookup is in the trail before the first of its cards leaves the directory: by their
keys, which say nothing of anybody once they are erased, and by the fields that were asked for,
never by what was asked. As a summary, lookups are counted in memory, hour by hour.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import islice
from typing import TypeAlias, TypeVar

from dirserver.model.audit import AuditEvent
from dirserver.model.counting import counted

_Row = TypeVar("_Row")
Record: TypeAlias = Callable[[list[AuditEvent]], None]

# An event names so many cards at the most; a longer answer has several.
_AT_ONCE = 100
# Cards may have pictures of some megabytes.
_BYTES_AT_ONCE = 4 * 1024 * 1024
# A client chooses the properties that it asks for, and how many.
_MOST_NAMES = 20
_LONGEST_NAME = 40
# Clients say themselves what they are, so nobody is to fill the memory with that.
_MOST_COUNTS = 5_000
_HOUR = timedelta(hours=1)


class Detail(Enum):
    """How much the trail has of lookups."""

    SUMMARY = "summary"
    FULL = "full"


@dataclass(slots=True)
class _Count:
    lookups: int = 0
    cards: int = 0


class Lookups:
    """Tells the audit trail of lookups. One for all threads."""

    def __init__(
        self, detail: Detail, record: Record, clock: Callable[[], datetime] | None = None
    ) -> None:
        """Tell as much as ``detail`` says, through ``record``."""
        self._detail = detail
        self._record = record
        self._clock = clock or (lambda: datetime.now(UTC))
        self._lock = threading.Lock()
        self._counts: dict[tuple[datetime, AuditEvent], _Count] = {}

    @property
    def is_full(self) -> bool:
        """Whether each lookup is in the trail before its cards leave the directory."""
        return self._detail is Detail.FULL

    def followed(
        self,
        rows: Iterable[_Row],
        told_of: Callable[[_Row], tuple[AuditEvent, str]],
        named: Iterable[str] = (),
        shown: int | None = None,
        *,
        goes_on: bool = False,
    ) -> Iterator[_Row]:
        """Yield ``rows`` once they are told of; ``told_of`` gives the event and the card's key.

        Of more than ``shown`` rows, the caller only wants to know that there are more.
        Rows of a lookup that ``goes_on`` are more of one that was told of before.
        """
        by = ", ".join(sorted({name[:_LONGEST_NAME] for name in named})[:_MOST_NAMES])
        begun: set[str] = set()
        left = shown
        iterator = iter(rows)
        while batch := _batch(iterator):
            told: dict[AuditEvent, list[str]] = {}
            for row in batch[:left]:
                event, key = told_of(row)
                told.setdefault(event, []).append(key)
            if left is not None:
                left = max(0, left - len(batch))
            for event, keys in told.items():
                self._tell(event, keys, by, is_first=not goes_on and event.book not in begun)
                begun.add(event.book)
            yield from batch

    def single(self, event: AuditEvent, key: str) -> None:
        """Tell that somebody is given one card."""
        self._tell(event, [key], "", is_first=True)

    def whole(self, event: AuditEvent, number: int) -> None:
        """Tell that somebody is given all cards of a book, so many."""
        if self._detail is Detail.FULL:
            self._record([replace(event, detail=f"all: {counted(number, 'card')}")])
        else:
            self._add(event, number, is_first=True)

    def flush(self, *, unfinished: bool = False) -> None:
        """Write the summaries of the hours that are over, or of this one as well.

        Raises StoreUnavailable, and then forgets nothing.
        """
        now = self._clock()
        with self._lock:
            over = [one for one in self._counts if unfinished or one[0] + _HOUR <= now]
            counts = {one: self._counts.pop(one) for one in over}
        if not counts:
            return
        try:
            self._record([_summary(hour, event, count) for (hour, event), count in counts.items()])
        except BaseException:
            with self._lock:
                for one, count in counts.items():
                    kept = self._counts.setdefault(one, _Count())
                    kept.lookups += count.lookups
                    kept.cards += count.cards
            raise

    def _tell(self, event: AuditEvent, keys: Sequence[str], by: str, *, is_first: bool) -> None:
        if self._detail is Detail.SUMMARY:
            self._add(event, len(keys), is_first=is_first)
            return
        cards = counted(len(keys), "card")
        asked = f", by {by}" if by else ""
        self._record([replace(event, detail=f"{cards}{asked}: {', '.join(keys)}")])

    def _add(self, event: AuditEvent, cards: int, *, is_first: bool) -> None:
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        event = replace(event, card="")
        with self._lock:
            is_new = (hour, event) not in self._counts
            count = self._counts.setdefault((hour, event), _Count())
            count.lookups += is_first
            count.cards += cards
            is_full = len(self._counts) > _MOST_COUNTS
        if is_new:
            # Where no server does it every minute, the next hour's first lookup does.
            self.flush(unfinished=is_full)


def _batch(rows: Iterator[_Row]) -> list[_Row]:
    """Take some rows, and no more of them than are in memory together with ease."""
    batch: list[_Row] = []
    size = 0
    for row in islice(rows, _AT_ONCE):
        batch.append(row)
        if isinstance(row, tuple):
            size += sum(len(part) for part in row if isinstance(part, bytes))
        if size >= _BYTES_AT_ONCE:
            break
    return batch


def _summary(hour: datetime, event: AuditEvent, count: _Count) -> AuditEvent:
    said = f"{counted(count.lookups, 'lookup')}, {counted(count.cards, 'card')}"
    span = f"{hour:%Y-%m-%d %H:%M} to {hour + _HOUR:%H:%M} UTC"
    return replace(event, detail=f"{said}, {span}")
