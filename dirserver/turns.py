"""A reactor that says when it turns to what has come in, and when it has attended to all of it."""

# Twisted's methods have Twisted's names, and few annotations.
# mypy: allow-untyped-calls
# ruff: noqa: N802, N815

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from twisted.internet.epollreactor import EPollReactor

# Called when a turn begins; returns what is to be called when it ends.
Turn: TypeAlias = Callable[[], Callable[[], object]]


class TurningReactor(EPollReactor):
    """Twisted's reactor on Linux. Whatever it reads in one turn, had come when that began."""

    # The class, of which there is one, is made before whoever has the turns.
    turn: Turn | None = None

    def doPoll(self, timeout: float) -> None:
        """Wait until something comes, and attend to all that has."""
        if self.turn is None:
            super().doPoll(timeout)
            return
        end = self.turn()
        try:
            super().doPoll(timeout)
        finally:
            end()

    # By this name it is called.
    doIteration = doPoll
