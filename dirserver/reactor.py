"""The reactor that the server runs in: Twisted's, with less done about each event.

It is not to be imported before a worker is forked.
"""

# Twisted's reactors carry few annotations, and have names of their own.
# mypy: allow-untyped-calls
# ruff: noqa: N802

from __future__ import annotations

from typing import cast

from twisted.internet.epollreactor import EPollReactor
from twisted.internet.main import installReactor
from twisted.internet.posixbase import PosixReactorBase


class Reactor(EPollReactor):
    """Twisted's reactor on epoll(7), without its log's context.

    That has whose event it is, for Twisted's own log, where nobody here looks for it: it was a
    twentieth of what an answer costs that is known by heart. What fails is caught all the same.
    """

    def doPoll(self, timeout: float | None) -> None:
        """Wait for events, no longer than ``timeout``, and handle them."""
        selectables, handle = self._selectables, self._doReadOrWrite
        try:
            events = self._poller.poll(-1 if timeout is None else timeout, len(selectables))
        except InterruptedError:
            return
        for descriptor, event in events:
            # What comes before may have closed it.
            selectable = selectables.get(descriptor)
            if selectable is not None:
                handle(selectable, descriptor, event)

    doIteration = doPoll  # noqa: N815 - Twisted's name


def install() -> PosixReactorBase:
    """Make the reactor that everything in this process shares from now on, and return it."""
    reactor = Reactor()
    installReactor(reactor)
    return cast(PosixReactorBase, reactor)
