"""Refusals that repeat themselves: a client that polls what it has lost is told of once an hour."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from dirserver.model.audit import AuditEvent

_AGAIN = timedelta(hours=1)
_MOST = 10_000

_Kind: TypeAlias = tuple[str, ...]


class Repeats:
    """Remembers which refusals have been told of lately. Bounded in memory, safe in threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._told: OrderedDict[_Kind, datetime] = OrderedDict()

    def first_of(
        self, events: Sequence[AuditEvent], at: datetime | None = None
    ) -> list[AuditEvent]:
        """Return those of ``events`` whose like has not been told of in the hour before ``at``."""
        now = at or datetime.now(UTC)
        with self._lock:
            return [event for event in events if self._is_first(event, now)]

    def _is_first(self, event: AuditEvent, now: datetime) -> bool:
        # What is in no book is told apart by what is said of it.
        place = event.book or event.detail
        kind = (event.actor, event.device, event.protocol, event.address, place, event.action)
        before = self._told.get(kind)
        if before is not None and now - before < _AGAIN:
            return False
        self._told[kind] = now
        self._told.move_to_end(kind)
        if len(self._told) > _MOST:
            self._told.popitem(last=False)
        return True
