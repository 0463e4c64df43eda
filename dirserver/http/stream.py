"""Sending a long body no faster than the client takes it."""

# twisted.web.http carries no annotations.
# mypy: allow-untyped-calls
# Producers have Twisted's names.
# ruff: noqa: N802

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from dirserver.http.answer import ApplicationError
from dirserver.http.rest import Rest

if TYPE_CHECKING:
    from dirserver.http.channel import Channel

# What is pulled from the application at a time. With the transport's own buffer, which it asks
# to stop at 64 KiB, no more than about twice this waits for a client.
BATCH = 64 * 1024


class BodyStream:
    """A push producer that writes ``start`` and then ``rest`` to the channel, with back-pressure.

    The ``head`` of the answer goes with the first piece: each that is sent wakes the client.

    Each batch of ``rest`` is pulled by a call of its own in a worker thread, so that a client
    that reads slowly occupies memory but no thread. ``done`` is called once, with whether the
    whole body was written, unless the stream is stopped. ``rest`` is always closed.
    """

    def __init__(
        self,
        channel: Channel,
        head: bytes,
        start: bytes,
        rest: Rest | None,
        *,
        chunked: bool,
        done: Callable[[bool], None],
    ) -> None:
        self.sent = 0
        self._channel = channel
        self._pool = channel.factory.pool
        self._reactor = channel.factory.reactor
        self._head = head
        self._start = memoryview(start)
        self._rest = rest
        self._chunked = chunked
        self._done = done
        self._paused = False
        self._pulling = False
        self._stopped = False

    def begin(self) -> None:
        """Write until the client is slower than we are."""
        self._channel.registerProducer(self, True)
        self._go_on()

    def pauseProducing(self) -> None:
        """Stop writing: the transport holds enough."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Go on writing: the transport has sent what it held."""
        self._paused = False
        self._go_on()

    def stopProducing(self) -> None:
        """Stop for good, since nobody reads any more."""
        if not self._stopped:
            self._stopped = True
            if self._rest is not None and not self._pulling:
                self._pool.callInThread(self._rest.close)

    def _go_on(self) -> None:
        while self._start and not self._paused and not self._stopped:
            batch, self._start = self._start[:BATCH], self._start[BATCH:]
            self._write(bytes(batch))
        if self._start or self._paused or self._stopped or self._pulling:
            return
        if self._rest is None or self._rest.ended:
            self._finish(True)
        else:
            self._pulling = True
            self._channel.factory.turns.at_work += 1
            self._pool.callInThread(self._pull, self._rest)

    def _pull(self, rest: Rest) -> None:
        """Pull one batch; this runs in a worker thread."""
        data: bytes | None = None
        if not self._stopped:
            with suppress(ApplicationError):
                data = rest.pull(BATCH)
        self._reactor.callFromThread(self._pulled, rest, data)

    def _pulled(self, rest: Rest, data: bytes | None) -> None:
        self._pulling = False
        self._channel.factory.turns.at_work -= 1
        if self._stopped:
            self._pool.callInThread(rest.close)
        elif data is None:
            self._finish(False)
        else:
            self._write(data)
            self._go_on()

    def _write(self, data: bytes) -> None:
        if not data:
            # An empty chunk would end the body.
            return
        self.sent += len(data)
        head, self._head = self._head, b""
        self._channel.write(head + (b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data))

    def _finish(self, whole: bool) -> None:
        self._stopped = True
        self._channel.unregisterProducer()
        if whole and (end := self._head + (b"0\r\n\r\n" if self._chunked else b"")):
            self._channel.write(end)
        self._done(whole)
