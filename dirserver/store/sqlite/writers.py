"""Whose turn it is to write to an SQLite file, which has one writer at a time.

Another process may be that writer, and for long. Whoever waits here holds a thread, and those
who only read need some too: so few may wait, and none for ever.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dirserver.errors import StoreBusy

# With whoever's turn it is, half of the server's threads.
_MOST_WAITING = 7
# As long as turns are taken faster than this, more may wait: it is a rush, and no standstill.
_RUSH_SECONDS = 0.5

_Handed = TypeVar("_Handed")


@dataclass(eq=False, slots=True)
class _Place(Generic[_Handed]):
    """Where somebody waits, and what they were handed when they were called."""

    called: threading.Event = field(default_factory=threading.Event)
    handed: _Handed | None = None


class Turns(Generic[_Handed]):
    """The turns of this process's writers. Waiting here wakes at once, unlike SQLite's own way.

    Whoever waits longest is next, and may be handed what the one before has begun.
    """

    def __init__(self, most_waiting: int = _MOST_WAITING) -> None:
        """Begin with nobody writing; ``most_waiting`` may wait when nothing moves."""
        self._lock = threading.Lock()
        self._is_taken = False
        self._queue: deque[_Place[_Handed]] = deque()
        self._seats = threading.BoundedSemaphore(most_waiting)
        self._since = 0.0

    def take(self, patience: float) -> tuple[float, _Handed | None]:
        """Take the turn; return how many seconds of ``patience`` are left, and what was handed on.

        Raises StoreBusy when it does not come in that time, or too many wait for it.
        """
        until = time.monotonic() + patience
        handed = None if self._is_free() else self._wait(until)
        self._since = time.monotonic()
        return max(0.0, until - self._since), handed

    def hand_on(self, begun: _Handed) -> bool:
        """Give the turn, with what was begun in it, to whoever waits longest, if anybody does."""
        with self._lock:
            if not self._queue:
                return False
            self._call(begun)
            return True

    def end(self) -> None:
        """Give the turn to whoever waits longest, or to whoever comes."""
        with self._lock:
            if self._queue:
                self._call(None)
            else:
                self._is_taken = False

    def _call(self, handed: _Handed | None) -> None:
        place = self._queue.popleft()
        place.handed = handed
        place.called.set()

    def _is_free(self, place: _Place[_Handed] | None = None) -> bool:
        """Take the turn if it is free; if not, stand in the queue at ``place``."""
        with self._lock:
            if self._is_taken:
                if place is not None:
                    self._queue.append(place)
                return False
            self._is_taken = True
            return True

    def _wait(self, until: float) -> _Handed | None:
        self._take_seat(until)
        try:
            place = _Place[_Handed]()
            if self._is_free(place) or place.called.wait(max(0.0, until - time.monotonic())):
                return place.handed
            with self._lock:
                # It may have come at the last moment, and must not be lost.
                if not place.called.is_set():
                    self._queue.remove(place)
                    raise StoreBusy("another writer takes too long")
            return place.handed
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
