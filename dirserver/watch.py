"""Whose time is over is looked at once in a while, for all connections of a face together."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Protocol


class Watched(Protocol):
    """A connection that somebody has to do something on in time."""

    def check_time(self, now: float) -> None:
        """End it where that was not done by ``now``, in seconds by the monotonic clock."""


class Watch:
    """Looks at all who are ``watched``, as long as there are any.

    A timer for each, which every request would set anew, costs more than to read what is asked.
    """

    def __init__(
        self,
        watched: Collection[Watched],
        call_later: Callable[[float, Callable[[], None]], object],
        shortest: Callable[[], float],
    ) -> None:
        """Look in time for what may last so many seconds at the ``shortest``.

        Time is right to a quarter of that, or to a second.
        """
        self._watched = watched
        self._call_later = call_later
        self._shortest = shortest
        self._is_wound_up = False

    def wind_up(self) -> None:
        """Look from now on, if that is not so already."""
        if not self._is_wound_up:
            self._is_wound_up = True
            self._call_later(min(1.0, self._shortest() / 4), self._look)

    def _look(self) -> None:
        self._is_wound_up = False
        # It does not stop with the last one that goes: most telephones connect for each question.
        # And it goes on whatever becomes of one of them.
        if self._watched:
            self.wind_up()
        now = time.monotonic()
        for one in tuple(self._watched):
            one.check_time(now)
