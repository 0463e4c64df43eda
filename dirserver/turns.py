"""A reactor that says when it turns to what has come in, and when it has attended to all of it."""

# Twisted's methods have Twisted's names, and few annotations.
# mypy: allow-untyped-calls
# ruff: noqa: N802, N815

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from twisted.internet.epollreactor import EPollReactor
from twisted.python import log

# Called when a turn begins; returns what is to be called when it ends.
Turn: TypeAlias = Callable[[], Callable[[], object]]


class TurningReactor(EPollReactor):
    """Twisted's reactor on Linux. Whatever it reads in one turn, had come when that began."""

    # The class, of which there is one, is made before whoever has the turns.
    turn: Turn | None = None

    def doPoll(self, timeout: float | None) -> None:
        """Wait until something comes, and attend to all that has.

        Twisted's own does it in a context of its log for each, which is of no use here: what is
        logged says itself whom it is about.
        """
        if self.turn is None:
            super().doPoll(timeout)
            return
        end = self.turn()
        try:
            self._attend(-1 if timeout is None else timeout)
        finally:
            end()

    # By this name it is called.
    doIteration = doPoll

    def _attend(self, timeout: float) -> None:
        selectables = self._selectables
        # A signal does not end the waiting: Python goes on with it, once it has had its handler.
        for descriptor, event in self._poller.poll(timeout, len(selectables)):
            selectable = selectables.get(descriptor)
            # It may have been closed by another that came before.
            if selectable is None:
                continue
            try:
                self._doReadOrWrite(selectable, descriptor, event)
            except Exception:  # noqa: BLE001 - a bug of one connection is not to end the others
                log.err()
