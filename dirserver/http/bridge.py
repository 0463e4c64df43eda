"""The HTTP face: connections in, calls of one WSGI application, and a stop that loses nothing."""

# twisted.web.http carries no annotations.
# mypy: allow-untyped-calls
# What is overridden has Twisted's names.
# ruff: noqa: N802

from __future__ import annotations

import logging
from typing import cast
from wsgiref.types import WSGIApplication

from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Server
from twisted.python.threadpool import ThreadPool
from twisted.web.http import HTTPFactory

from dirserver.http.access import AccessRecord
from dirserver.http.channel import Channel
from dirserver.http.gathering import Gathering, Prompt, Together
from dirserver.http.options import BridgeOptions
from dirserver.http.turns import Turns
from dirserver.watch import Watch

log = logging.getLogger(__name__)


class BridgeFactory(HTTPFactory):
    """Makes the connections of one HTTP face and watches over their time.

    ``options`` may be replaced at any time: connections and requests that begin afterwards go
    by the new ones.
    """

    noisy = False
    reactor: ReactorBase  # type: ignore[assignment]  # calls from threads are made as well

    def __init__(
        self,
        application: WSGIApplication,
        pool: ThreadPool,
        options: BridgeOptions,
        prompt: Prompt | None = None,
        together: Together | None = None,
    ) -> None:
        super().__init__()
        self.pool = pool
        self.turns = Turns(self.reactor)
        self.serve(application, prompt, together)
        self.options = options
        self.stopping = False
        self._channels: set[Channel] = set()
        self._stopped: list[Deferred[None]] = []
        self._watch = Watch(
            self._channels, self.reactor.callLater, lambda: self.options.limits.shortest_timeout
        )

    def serve(
        self,
        application: WSGIApplication,
        prompt: Prompt | None = None,
        together: Together | None = None,
    ) -> None:
        """Have requests from now on answered by these; see ``make_factory``."""
        self.application = application
        self.prompt = prompt
        self.gathering = None if together is None else Gathering(together, self.pool, self.reactor)

    def startFactory(self) -> None:
        """Open no log file: requests are told to ``options.access_log``."""

    def stopFactory(self) -> None:
        """Do nothing: connections may outlive the port that took them."""

    def buildProtocol(  # type: ignore[override]  # HTTPFactory speaks HTTP/2 as well
        self, _addr: IAddress | None
    ) -> Protocol:
        """Return the protocol for a new connection."""
        most = self.options.limits.connections
        if self.stopping or (most is not None and len(self._channels) >= most):
            return _Unwelcome()
        channel = Channel()
        channel.factory = self
        return channel

    def opened(self, channel: Channel) -> None:
        """Watch over ``channel``."""
        self._channels.add(channel)
        self._watch.wind_up()

    def closed(self, channel: Channel) -> None:
        """Forget ``channel``, whose connection is gone."""
        self._channels.discard(channel)
        if self._channels:
            return
        if self.stopping:
            waiting, self._stopped = self._stopped, []
            for stopped in waiting:
                stopped.callback(None)

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._channels)

    def stop(self, timeout: float) -> Deferred[None]:
        """Take no more requests, answer those that have begun, then close.

        The Deferred fires when the last connection is gone, which is not later than ``timeout``
        seconds from now: what is not answered by then is cut off. The worker threads are left
        to whoever owns the pool, to be stopped after this.
        """
        self.stopping = True
        stopped: Deferred[None] = Deferred()
        for channel in tuple(self._channels):
            channel.stop()
        if not self._channels:
            stopped.callback(None)
            return stopped
        self._stopped.append(stopped)
        cut = self.reactor.callLater(timeout, self._cut_off)

        def no_longer_needed(result: None) -> None:
            if cut.active():
                cut.cancel()
            return result

        return stopped.addCallback(no_longer_needed)

    def _cut_off(self) -> None:
        are = "connection was" if self.connections == 1 else "connections were"
        log.warning("%d %s cut off at the end", self.connections, are)
        for channel in tuple(self._channels):
            channel.abort()

    def log_access(self, record: AccessRecord) -> None:
        """Tell the access log about one request."""
        if self.options.access_log is None:
            return
        try:
            self.options.access_log(record)
        # A request must not fail because nobody can write it down.
        except Exception:
            log.exception("the access log failed")


class _Unwelcome(Protocol):
    """A connection that is closed as soon as it has come."""

    def connectionMade(self) -> None:
        cast("Server", self.transport).loseConnection()


def make_factory(
    application: WSGIApplication,
    pool: ThreadPool,
    options: BridgeOptions,
    prompt: Prompt | None = None,
    together: Together | None = None,
) -> BridgeFactory:
    """Return a factory whose connections have ``application`` answer in threads of ``pool``.

    The pool must have been started. The iterable that the application returns is read in those
    threads too: by one at a time, but for long answers not always by the same.

    ``prompt`` is asked first, in the reactor's thread. It answers as the application would, or
    raises NotAtOnce: it must neither wait for anything nor take longer than a thread takes to
    begin. What ``together`` then admits is answered with others like it.
    """
    return BridgeFactory(application, pool, options, prompt, together)
