"""One HTTP/1.1 connection.

``HTTPChannel`` takes one request after the other, decodes bodies, keeps what is sent ahead of
an answer, and relays back-pressure. Heads are read by ``head.parse_head`` instead of line by
line, every wait has an end, and what cannot go on is refused with a sentence.
"""

# twisted.web.http carries no annotations.
# mypy: allow-untyped-calls
# What is overridden has Twisted's names.
# ruff: noqa: N802, N815

from __future__ import annotations

import math
import time
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, _ChunkedTransferDecoder
from zope.interface import implementer  # type: ignore[import-untyped]  # it ships none

from dirserver.http.access import describe
from dirserver.http.admission import Admission, admit
from dirserver.http.answer import render_refusal
from dirserver.http.exchange import Exchange
from dirserver.http.head import RequestHead, check_line_ends, check_size, parse_head
from dirserver.http.proxy import plain_address, resolve_client
from dirserver.http.refusal import Refusal, malformed

if TYPE_CHECKING:
    from twisted.internet.address import IPv4Address, IPv6Address
    from twisted.internet.tcp import Server
    from twisted.protocols.tls import TLSMemoryBIOProtocol

    from dirserver.http.bridge import BridgeFactory

_END_OF_HEAD = b"\r\n\r\n"
# What a client may send ahead of the answer to its last request before it is no longer read.
_AHEAD = 16 * 1024


class Phase(Enum):
    """What a connection waits for, and so how long it may take."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    CLOSE = auto()


class _Chunks(_ChunkedTransferDecoder):
    """Decodes a body in chunks; one that is announced too large is not waited for."""

    def __init__(self, exchange: Exchange, finish: Callable[[bytes], None]) -> None:
        super().__init__(exchange.handleContentChunk, finish)
        self._exchange = exchange

    def _dataReceived_CHUNK_LENGTH(self) -> bool:
        is_read: bool = super()._dataReceived_CHUNK_LENGTH()
        if is_read:
            self._exchange.foresee(self.length)
        return is_read


@implementer(IHalfCloseableProtocol)
class Channel(HTTPChannel):
    """Answers the requests of one connection in their order, one at a time."""

    # One clock watches all connections instead of a timer for each: BridgeFactory.
    timeOut = None
    factory: BridgeFactory
    requests: list[Exchange]
    persistent: bool

    def connectionMade(self) -> None:
        """Begin to wait for a request."""
        super().connectionMade()
        self._limits = self.factory.options.limits
        self._wire = cast("Server", self.transport)
        peer = cast("IPv4Address | IPv6Address", self._wire.getPeer())
        host = cast("IPv4Address | IPv6Address", self._wire.getHost())
        self.peer = plain_address(peer.host)
        self.server = (plain_address(host.host), host.port)
        self.is_tls = bool(self.isSecure())
        self._begun = bytearray()
        self._ahead = 0
        self._asks_no_more = False
        # The request that is whole, and may be answered before this thread does anything else.
        self.due: Exchange | None = None
        # The request whose answer is on its way but not yet taken.
        self._written: Exchange | None = None
        self._enter(Phase.IDLE, self._limits.idle_timeout)
        self.factory.opened(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the request that is being received or answered that its client is gone."""
        self._enter(Phase.CLOSE, math.inf)
        super().connectionLost(reason)
        self.factory.closed(self)

    def readConnectionLost(self) -> None:
        """Answer what was asked; the client, which sends nothing more, may still listen."""
        self._asks_no_more = True
        self._close_after_answers()

    def writeConnectionLost(self) -> None:
        """Close if the client has stopped sending too; else it is read from for a while."""
        if self._asks_no_more:
            self._wire.loseConnection()

    def _close_after_answers(self) -> None:
        if self._asks_no_more and self._phase is not Phase.ANSWER:
            if self._phase is Phase.CLOSE:
                self._wire.loseConnection()
            else:
                self._close_idle()

    def _enter(self, phase: Phase, seconds: float) -> None:
        self._phase = phase
        self._since = time.monotonic()
        self._deadline = self._since + seconds

    # Receiving a request

    def dataReceived(self, data: bytes) -> None:
        """Take ``data``, the next bytes of the connection."""
        if self._phase is Phase.IDLE:
            self._enter(Phase.HEAD, self._limits.head_timeout)
        if self._phase is Phase.HEAD:
            self._receive_head(data)
        elif self._phase is not Phase.CLOSE:
            self.rawDataReceived(data)
        due, self.due = self.due, None
        if due is not None:
            due.begin(alone=not any(self._dataBuffer))

    def _receive_head(self, data: bytes) -> None:
        seen = max(0, len(self._begun) - len(_END_OF_HEAD) + 1)
        self._begun += data
        while self._begun.startswith(b"\r\n"):
            # Left over from the request before (RFC 9112 section 2.2).
            del self._begun[:2]
        end = self._begun.find(_END_OF_HEAD, seen)
        try:
            if end == -1:
                check_line_ends(self._begun)
                check_size(self._begun, self._limits)
                return
            head = parse_head(bytes(self._begun[:end]), self._limits)
        except Refusal as refusal:
            self._refuse_head(refusal, None, self.peer)
            return
        rest = bytes(self._begun[end + len(_END_OF_HEAD) :])
        self._begun.clear()
        options = self.factory.options
        client = resolve_client(self.peer, self.is_tls, head.fields, options.trusted_proxies)
        try:
            admission = admit(head, client, options)
        except Refusal as refusal:
            self._refuse_head(refusal, head, client.address)
            return
        self._receive_body(admission, rest)

    def _receive_body(self, admission: Admission, rest: bytes) -> None:
        head = admission.head
        self.persistent = admission.persistent
        exchange = Exchange(self, admission, self._since)
        self.requests.append(exchange)
        # These three are HTTPChannel's, for the request that it receives.
        self._command, self._version = head.method, head.version
        self._path = head.target  # type: ignore[assignment]  # inferred wrongly there
        if admission.length == 0:
            self.allContentReceived()
        else:
            if admission.length is None:
                self.length = None
                self._transferDecoder = _Chunks(exchange, self._finishRequestBody)
            else:
                self._maybeChooseTransferDecoder(b"Content-Length", b"%d" % admission.length)
            self._enter(Phase.BODY, self._limits.body_timeout)
            if admission.expects_continue:
                self._send100Continue()
        if rest:
            self.rawDataReceived(rest)

    def rawDataReceived(self, data: bytes) -> None:
        """Take a part of the body, or keep what is sent ahead of an answer."""
        if self._phase is not Phase.ANSWER:
            super().rawDataReceived(data)
            return
        self._dataBuffer.append(data)
        self._ahead += len(data)
        if self._ahead > _AHEAD:
            self._wire.pauseProducing()

    def allContentReceived(self) -> None:
        """Have the request answered."""
        if self._phase is not Phase.CLOSE:
            self._enter(Phase.ANSWER, math.inf)
            super().allContentReceived()

    # Answering

    def requestDone(self, request: Exchange) -> None:
        """Go on to the next request, or close.

        The next one waits until the client has taken what was sent to it. HTTPChannel alone
        would go on answering, and hold all the answers.
        """
        if self.persistent and self._waitingForTransport:
            self._written = request
            return
        self._ahead = 0
        self._enter(Phase.IDLE, self._limits.idle_timeout)
        super().requestDone(request)
        self._close_after_answers()

    def pauseProducing(self) -> None:
        """Wait until the client has taken what was sent to it, and read nothing meanwhile."""
        super().pauseProducing()
        self._wire.pauseProducing()
        if self._phase is Phase.ANSWER:
            self._deadline = time.monotonic() + self._limits.send_timeout

    def resumeProducing(self) -> None:
        """Go on: the client has taken what was sent to it."""
        if self._phase is Phase.ANSWER:
            self._deadline = math.inf
        super().resumeProducing()
        if self._ahead <= _AHEAD:
            self._wire.resumeProducing()
        written, self._written = self._written, None
        if written is not None:
            self.requestDone(written)

    # Refusing

    def refuse(self, refusal: Refusal) -> None:
        """Answer the request whose body is being received with ``refusal``, and close."""
        exchange = self.requests[-1]
        exchange.refused(refusal.status)
        self._say(refusal, exchange.method)

    def _refuse_head(self, refusal: Refusal, head: RequestHead | None, address: str) -> None:
        seconds = time.monotonic() - self._since
        self.factory.log_access(
            describe(
                head,
                status=refusal.status.value,
                sent=0,
                seconds=seconds,
                address=address,
                complete=True,
            )
        )
        self._say(refusal, b"" if head is None else head.method)

    def _respondToBadRequestAndDisconnect(self) -> None:
        """Refuse a chunked body that HTTPChannel could not decode."""
        if self._phase is not Phase.CLOSE:
            self.refuse(malformed("The request's body is not chunked as it should be."))

    def _say(self, refusal: Refusal, method: bytes) -> None:
        """Write ``refusal``, and close once the client has stopped sending.

        What it still sends is read and thrown away for a while: closing on unread data resets
        the connection, and the client might never see the answer (RFC 9112 section 9.6).
        """
        self._enter(Phase.CLOSE, self._limits.linger)
        self._begun.clear()
        self.write(render_refusal(refusal, method))
        self._networkProducer.unregisterProducer()
        if self.is_tls:
            # This says that nothing more will be sent, and waits for the client to say the same.
            self._wire.loseConnection()
        else:
            self._wire.loseWriteConnection()

    # Ending

    def loseConnection(self) -> None:
        """Close when everything written has been sent."""
        self._enter(Phase.CLOSE, self._limits.send_timeout)
        super().loseConnection()

    def _close_idle(self) -> None:
        """Close while nothing is on its way, so that a client need not be waited for."""
        self.loseConnection()
        if self.is_tls:
            # Twisted would wait for the client to say goodbye too; RFC 8446 section 6.1 does not.
            cast("Server", cast("TLSMemoryBIOProtocol", self.transport).transport).loseConnection()

    def abort(self) -> None:
        """Close at once, even amid an answer."""
        self._enter(Phase.CLOSE, math.inf)
        self._wire.abortConnection()

    def stop(self) -> None:
        """Close as soon as no request is being received or answered."""
        if self._phase in (Phase.IDLE, Phase.HEAD):
            self._close_idle()
        else:
            self.persistent = False

    def check_time(self, now: float) -> None:
        """Close the connection if what it waits for has not come by ``now``."""
        if now < self._deadline:
            return
        if self._phase is Phase.BODY:
            # A body that comes slowly may take its time, one that only trickles may not.
            earned = self.requests[-1].received / self._limits.body_rate
            self._deadline = self._since + self._limits.body_timeout + earned
            if now < self._deadline:
                return
        too_slow = Refusal(HTTPStatus.REQUEST_TIMEOUT, "The request took too long to come.")
        if self._phase is Phase.IDLE:
            self._close_idle()
        elif self._phase is Phase.HEAD:
            self._refuse_head(too_slow, None, self.peer)
        elif self._phase is Phase.BODY:
            self.refuse(too_slow)
        else:
            self.abort()
