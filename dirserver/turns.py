"""A reactor that says when it turns to what has come in, and when it has attended to all of it."""

# Twisted's methods have Twisted's names, and few annotations.
# mypy: allow-untyped-calls
# ruff: noqa: N802, N815

from __future__ import annotations

import select
from collections.abc import Callable, Iterable
from typing import TypeAlias

from twisted.internet.epollreactor import EPollReactor
from twisted.python import log

# Called when a turn begins; returns what is to be called when it ends.
Turn: TypeAlias = Callable[[], Callable[[], object]]


class TurningReactor(EPollReactor):
    """Twisted's reactor on Linux. Whatever it reads in one turn, had come when that began."""

    # The class, of which there is one, is made before whoever has the turns.
    turn: Turn | None = None

    def __init__(self) -> None:
        """Expect nothing yet."""
        self._expected: list[int] = []
        super().__init__()

    def expect(self, descriptor: int) -> None:
        """Read what has come there by now, in a turn of its own right after this one."""
        if self.turn is not None:
            self._expected.append(descriptor)

    def doPoll(self, timeout: float | None) -> None:
        """Wait until something comes, and attend to all that has.

        Twisted's own does it in a context of its log for each, which is of no use here: what is
        logged says itself whom it is about.
        """
        if self.turn is None:
            super().doPoll(timeout)
            return
        # A signal does not end the waiting: Python goes on with it, once it has had its handler.
        waits = -1 if timeout is None else timeout
        self._attend_in(self.turn, self._poller.poll(waits, len(self._selectables)))
        while self._expected:
            expected, self._expected = self._expected, []
            for one in expected:
                # It may come while another is answered, and know of more than that one did.
                self._attend_in(self.turn, [(one, select.EPOLLIN)])

    # By this name it is called.
    doIteration = doPoll

    def _attend_in(self, turn: Turn, came: Iterable[tuple[int, int]]) -> None:
        end = turn()
        try:
            self._attend(came)
        finally:
            end()

    def _attend(self, came: Iterable[tuple[int, int]]) -> None:
        for descriptor, event in came:
            selectable = self._selectables.get(descriptor)
            # It may have been closed by another that came before.
            if selectable is None:
                continue
            try:
                self._doReadOrWrite(selectable, descriptor, event)
            except Exception:  # noqa: BLE001 - a bug of one connection is not to end the others
                log.err()
