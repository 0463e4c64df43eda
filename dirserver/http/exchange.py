"""One request on a connection and its answer.

``Exchange`` stands where twisted.web has its ``Request``.
"""

# twisted.web.http carries no annotations.
# mypy: allow-untyped-calls
# The channel calls its request by Twisted's names.
# ruff: noqa: N802

from __future__ import annotations

import io
import time
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING
from wsgiref.types import WSGIEnvironment

from twisted.python.failure import Failure

from dirserver.errors import NotAtOnce
from dirserver.http.access import describe
from dirserver.http.admission import Admission
from dirserver.http.answer import frame, render_head
from dirserver.http.application import Answer, call_application
from dirserver.http.environ import build_environ
from dirserver.http.gathering import Part, Prompt
from dirserver.http.stream import BATCH, BodyStream

if TYPE_CHECKING:
    from dirserver.http.channel import Channel


# What comes with a longer body is not answered at once: it asks for much, or of many.
_SMALL_BODY = 2 * 1024


class Exchange:
    """Takes the body of a request, has the application answer, and writes that."""

    def __init__(self, channel: Channel, admission: Admission, began: float) -> None:
        self.received = 0
        self._channel = channel
        self._factory = channel.factory
        self._limits = channel.factory.options.limits
        self._admission = admission
        self._began = began
        self._answered = False
        self._working = False
        self._gone = False
        self._status = 0
        self._sent = 0
        self._stream: BodyStream | None = None
        self._environ: WSGIEnvironment = {}
        length, in_memory = admission.length, self._limits.body_in_memory
        self._body: IO[bytes]
        if length is None or length > in_memory:
            self._body = SpooledTemporaryFile(max_size=in_memory)  # noqa: SIM115  # outlives this
        else:
            self._body = io.BytesIO()

    @property
    def method(self) -> bytes:
        """The method that was requested."""
        return self._admission.head.method

    def handleContentChunk(self, data: bytes) -> None:
        """Take a piece of the body; one that grows too large is refused."""
        if self._answered:
            # Refused; the decoder goes on to the end of what it was given.
            return
        self.foresee(len(data))
        self.received += len(data)
        if not self._answered:
            self._body.write(data)

    def foresee(self, length: int) -> None:
        """Refuse the body if so many more bytes make it too large."""
        limit = self._admission.body_limit
        if not self._answered and self.received + length > limit.most:
            self._channel.refuse(limit.exceeded())

    def requestReceived(self, _command: bytes, _path: bytes, _version: bytes) -> None:
        """Have the request, which is whole now, answered."""
        self._body.seek(0)
        self._working = True
        environ = build_environ(self._admission, self._body, self.received, self._channel.server)
        self._environ = environ
        self._channel.due = self

    def begin(self, *, alone: bool) -> None:
        """Answer together with others, or at once, or in a thread.

        Where the next request is there already, this one is not ``alone``: whoever sends many
        must not keep all others waiting for the answers.
        """
        environ, factory = self._environ, self._factory
        body, gathering, prompt = self._body, factory.gathering, factory.prompt
        if gathering and isinstance(body, io.BytesIO) and gathering.together.admits(environ):
            factory.turns.at_work += 1
            # It may be needed once more.
            own = {**environ, "wsgi.input": io.BytesIO(body.getvalue())}
            gathering.add(Part(own, self._worked, self._in_thread))
        elif alone and prompt and self.received <= _SMALL_BODY and prompt.admits(environ):
            factory.turns.take(partial(self._at_once, prompt))
        else:
            self._begin_in_thread()

    def _at_once(self, prompt: Prompt) -> None:
        try:
            # It does nothing of use if the client is gone, but little.
            answer = call_application(prompt, self._environ, small=BATCH)
        except NotAtOnce:
            self._begin_in_thread()
        else:
            self._answer(answer)

    def _begin_in_thread(self) -> None:
        self._factory.turns.at_work += 1
        self._in_thread()

    def _in_thread(self) -> None:
        self._factory.pool.callInThread(self._work, self._environ)

    def _work(self, environ: WSGIEnvironment) -> None:
        """Call the application; this runs in a worker thread, which owns the body."""
        answer = None
        if self._gone:
            self._body.close()
        else:
            answer = call_application(self._factory.application, environ, small=BATCH)
        self._factory.reactor.callFromThread(self._worked, answer)

    def _worked(self, answer: Answer | None) -> None:
        self._factory.turns.at_work -= 1
        if answer is not None:
            self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        channel = self._channel
        if self._gone:
            if answer.rest is not None:
                self._factory.pool.callInThread(answer.rest.close)
            return
        request = self._admission.head
        framing = frame(answer.head, answer.total, request.method, request.version)
        self._status = answer.head.status
        head = render_head(answer.head, framing, close=not channel.persistent)
        if not framing.body:
            self._send(head, b"")
        elif answer.rest is None and len(answer.start) <= BATCH:
            self._send(head, answer.start)
        else:
            self._stream = BodyStream(
                channel, head, answer.start, answer.rest, chunked=framing.chunked, done=self._finish
            )
            self._stream.begin()

    def _send(self, head: bytes, body: bytes) -> None:
        """Send a whole answer; it is told of first, since the client may have it at once."""
        self._sent = len(body)
        self._answered = True
        self._log(complete=True)
        self._channel.write(head + body)
        self._channel.requestDone(self)

    def _finish(self, whole: bool) -> None:
        if whole:
            self._answered = True
            self._log(complete=True)
            self._channel.requestDone(self)
        else:
            # Only an end that no framing foresees tells the client that something is missing.
            self._channel.abort()

    def refused(self, status: HTTPStatus) -> None:
        """Take note that the channel has answered with ``status``, amid the body."""
        self._answered = True
        self._status = status.value
        self._body.close()
        self._log(complete=True)

    def connectionLost(self, _reason: Failure) -> None:
        """Give up: the client is gone."""
        self._gone = True
        if self._answered:
            return
        if self._stream is not None:
            self._stream.stopProducing()
        if not self._working:
            self._body.close()
        self._log(complete=False)

    def _log(self, *, complete: bool) -> None:
        self._factory.log_access(
            describe(
                self._admission.head,
                status=self._status,
                sent=self._sent if self._stream is None else self._stream.sent,
                seconds=time.monotonic() - self._began,
                address=self._admission.client.address,
                complete=complete,
            )
        )
