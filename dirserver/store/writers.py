"""Whose turn it is to write to an SQLite file, which has one writer at a time.

Another process may be that writer, and for long. Whoever waits here holds a thread, and those
who only read need some too: so few may wait, and none for ever.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dirserver.errors import StoreBusy

# With whoever's turn it is, half of the server's threads.
_MOST_WAITING = 7
# As long as turns are taken faster than this, more may wait: it is a rush, and no standstill.
_RUSH_SECONDS = 0.5


class Turns:
    """The turns of this process's writers. Waiting here wakes at once, unlike SQLite's own way."""

    def __init__(self, most_waiting: int = _MOST_WAITING) -> None:
        """Begin with nobody writing; ``most_waiting`` may wait when nothing moves."""
        self._turn = threading.Lock()
        self._seats = threading.BoundedSemaphore(most_waiting)
        self._since = 0.0

    @contextmanager
    def taken(self, patience: float) -> Iterator[float]:
        """Have the turn while the block lasts; gives how many seconds of ``patience`` are left.

        Raises StoreBusy when it does not come in that time, or too many wait for it.
        """
        until = time.monotonic() + patience
        if not self._turn.acquire(blocking=False):
            self._wait(until)
        self._since = time.monotonic()
        try:
            yield max(0.0, until - self._since)
        finally:
            self._turn.release()

    def _wait(self, until: float) -> None:
        self._take_seat(until)
        try:
            if not self._turn.acquire(timeout=max(0.0, until - time.monotonic())):
                raise StoreBusy("another writer takes too long")
        finally:
            self._seats.release()

    def _take_seat(self, until: float) -> None:
        while True:
            now = time.monotonic()
            seconds = min(until - now, self._since + _RUSH_SECONDS - now)
            if self._seats.acquire(timeout=max(0.0, seconds)):
                return
            if seconds <= 0:
                raise StoreBusy("too many wait for another writer")
