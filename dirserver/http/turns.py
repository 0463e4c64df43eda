"""Requests that are answered in the reactor's thread give way to those at work in others.

All threads have one interpreter. If the reactor's answered whatever comes as soon as it comes,
those who make a long answer, or store a card, would hardly get on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.base import ReactorBase


class Turns:
    """Has requests begun at once, or one after another while ``at_work`` is more than 0.

    That counts what is done in threads for those that wait for it. It is changed, as all of this,
    in the reactor's thread.
    """

    def __init__(self, reactor: ReactorBase) -> None:
        """Begin with nothing at work."""
        self.at_work = 0
        self._reactor = reactor
        self._waiting: deque[Callable[[], None]] = deque()

    def take(self, begin: Callable[[], None]) -> None:
        """Have ``begin`` called when it is its turn; that may be now."""
        if not self.at_work and not self._waiting:
            begin()
            return
        self._waiting.append(begin)
        if len(self._waiting) == 1:
            self._reactor.callLater(0, self._next)

    def _next(self) -> None:
        """Begin one, then let the reactor look around, as threads do what they can meanwhile."""
        begin = self._waiting[0]
        try:
            begin()
        finally:
            self._waiting.popleft()
            if self._waiting:
                self._reactor.callLater(0, self._next)
