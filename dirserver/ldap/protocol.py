"""LDAP on Twisted: bytes, order, limits, TLS and threads; what is said is the session's affair.

Requests of a connection are answered one after the other, so that a bind is a barrier and no
answer overtakes another. The work is done in a thread, a batch of entries at a time, and the
next batch is only made when the client has taken the last.
"""

# Twisted's methods have Twisted's names, and few annotations.
# ruff: noqa: N802
# mypy: allow-untyped-calls

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import structlog
from ldaptor.protocols.ldap.ldapserver import BaseLDAPServer
from twisted.internet.base import DelayedCall, ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IPushProducer, ITCPTransport
from twisted.internet.protocol import ServerFactory
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool
from zope.interface import implementer  # type: ignore[import-untyped]  # it ships none

from dirserver.ldap.answering import Answer, Batch
from dirserver.ldap.encode import ResultCode, encode_notice_of_disconnection
from dirserver.ldap.incoming import Incoming, is_abandoned_by
from dirserver.ldap.messages import MalformedMessage, UnbindRequest
from dirserver.ldap.patience import Waiting, seconds_for
from dirserver.ldap.session import Act, Context, LDAPSession
from dirserver.ldap.settings import ConnectionLimits
from dirserver.tls import ServerTLS

log = structlog.get_logger("dirserver.ldap")

DEFAULT_LIMITS = ConnectionLimits()


@implementer(IPushProducer)
class LDAPProtocol(BaseLDAPServer):
    """One connection."""

    factory: LDAPFactory

    def __init__(self, session: LDAPSession, pool: ThreadPool, reactor: ReactorBase) -> None:
        """Answer as ``session`` does, with the work done in ``pool``."""
        super().__init__()
        self._session = session
        self._pool = pool
        self._reactor = reactor

    def connectionMade(self) -> None:
        """Begin."""
        super().connectionMade()
        self._limits = self.factory.limits
        self._incoming = Incoming(self._limits, secure=self._session.secure)
        self._answering: Answer | None = None
        self._working = False
        self._paused = False
        self._reading = True
        self._stopping = False
        self._closing = False
        self._waiting_for = Waiting.BEGIN
        self._timer: DelayedCall | None = None
        self._set_timer()
        if ITCPTransport.providedBy(self.transport):
            # An answer of two writes must not wait for the client to acknowledge the first.
            self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        self.factory.opened(self)

    def connectionLost(self, reason: Failure) -> None:
        """Stop whatever was being made for the client."""
        super().connectionLost(reason)
        self._closing = True
        self._stop_timer()
        self._abandon()
        self.factory.stalled.discard(self)
        self.factory.closed(self)

    # What comes in.

    def dataReceived(self, data: bytes) -> None:
        """Take requests out of the stream."""
        if not self._stopping:
            self._receive(data)
            self._go_on()

    def _receive(self, data: bytes = b"") -> None:
        if self._closing:
            return
        try:
            for urgent in self._incoming.receive(data):
                if isinstance(urgent, UnbindRequest):
                    # What has been asked before is not to be answered (RFC 4511 section 4.3).
                    self._close()
                    return
                self._incoming.abandon(urgent.id)
                self._abandon(urgent.id)
        except MalformedMessage as error:
            log.info("malformed message", reason=str(error), address=self._session.client.address)
            self._disconnect(ResultCode.PROTOCOL_ERROR)
            return
        if self._reading is self._incoming.is_full:
            self._reading = not self._reading
            if self._reading:
                self.transport.resumeProducing()
            else:
                self.transport.pauseProducing()
        self._watch()

    def _abandon(self, message_id: int | None = None) -> None:
        """Answer no more of the request that is being answered, if it is the one."""
        answering = self._answering
        if answering is None or answering.is_abandoned:
            return
        if message_id is None or is_abandoned_by(message_id, answering.request):
            answering.is_abandoned = True
            if not self._working:
                self._clean_up(answering)

    def _clean_up(self, answering: Answer) -> None:
        """Let what makes the answer end, in a thread, as it may have the database open."""

        def ended(succeeded: bool, result: object) -> None:
            if not succeeded:
                self._log_bug(answering, result)
            self._answered(answering)

        self._in_thread(answering.end, ended)

    # What goes out.

    def _go_on(self) -> None:
        """Answer the next request, or go on with the last, as far as the client takes it."""
        if self._working or self._paused or self._closing:
            return
        if self._answering is None:
            request = self._incoming.take()
            if request is None:
                if self._stopping:
                    self._disconnect(ResultCode.UNAVAILABLE)
                return
            outputs = self._session.answer(request)
            self._answering = Answer(request, outputs, time.monotonic())
            self._watch()
        answering = self._answering
        make = partial(answering.next_batch, self._limits)
        self._in_thread(make, partial(self._made, answering))

    def _in_thread(self, work: Callable[[], object], done: Callable[[bool, object], None]) -> None:
        """Do ``work`` in a thread and then, in the reactor's, what ``done`` makes of it."""
        self._working = True

        def finish(succeeded: bool, result: object) -> None:
            self._working = False
            done(succeeded, result)

        def tell(succeeded: bool, result: object) -> None:
            self._reactor.callFromThread(finish, succeeded, result)

        self._pool.callInThreadWithCallback(tell, work)

    def _made(self, answering: Answer, _succeeded: bool, batch: object) -> None:
        if not isinstance(batch, Batch):
            self._log_bug(answering, batch)
            batch = Batch(self._session.failed(answering.request), None, ended=True)
        if answering.is_abandoned:
            self._clean_up(answering)
            return
        if batch.act is Act.START_TLS:
            self._start_tls(batch.data)
        elif batch.data:
            self.transport.write(batch.data)
        if batch.ended:
            self._answered(answering)
        else:
            self._go_on()

    def _answered(self, answering: Answer) -> None:
        self.factory.tell(self._session, answering.began)
        self._answering = None
        self._incoming.answered(answering.request)
        if not self._session.principal.is_anonymous:
            self._incoming.bound()
        self._receive()
        self._go_on()

    def _log_bug(self, answering: Answer, failure: object) -> None:
        said = failure.getTraceback() if isinstance(failure, Failure) else str(failure)
        client = self._session.client.address
        log.error("request failed", address=client, message_id=answering.request.id, error=said)

    def _start_tls(self, response: bytes) -> None:
        if self.factory.tls is None:
            # A new config has taken the certificate away meanwhile.
            self._disconnect(ResultCode.UNAVAILABLE)
            return
        self.transport.write(response)
        self.transport.startTLS(self.factory.tls)
        self._session.secure = True
        # From here on what comes is under TLS, and may come before the answer has ended.
        self._incoming.secured()

    # How it ends.

    def _watch(self) -> None:
        """Give the client its time for what it has to do next."""
        if self._closing:
            waiting = Waiting.LEAVE
        elif self._paused:
            waiting = Waiting.TAKE
        elif self._answering is not None:
            waiting = Waiting.NOTHING
        elif self._incoming.unread:
            waiting = Waiting.FINISH_ASKING
        else:
            waiting = Waiting.BEGIN if self._waiting_for is Waiting.BEGIN else Waiting.ASK
        # A client that sends or takes an octet now and then does not thereby get more time.
        if waiting is not self._waiting_for:
            self._waiting_for = waiting
            self._stop_timer()
            self._set_timer()

    def _set_timer(self) -> None:
        stalled = self.factory.stalled
        if self._waiting_for is Waiting.TAKE:
            stalled.add(self)
        else:
            stalled.discard(self)
        seconds = seconds_for(self._waiting_for, self._limits, len(stalled))
        if seconds is not None:
            self._timer = self._reactor.callLater(seconds, self._timed_out)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _timed_out(self) -> None:
        match self._waiting_for:
            case Waiting.FINISH_ASKING:
                self._disconnect(ResultCode.PROTOCOL_ERROR)
            case Waiting.TAKE | Waiting.LEAVE:
                self.transport.abortConnection()
            case _:
                self._close()

    def _disconnect(self, code: ResultCode) -> None:
        """Send a Notice of Disconnection (RFC 4511 section 4.4.1) and close."""
        if not self._closing:
            self.transport.write(encode_notice_of_disconnection(code))
            self._close()

    def _close(self) -> None:
        """Close when everything is written; TLS waits for the producer to go."""
        self._closing = True
        self._watch()
        self._abandon()
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def stop(self) -> None:
        """Answer what has been asked, then close."""
        self._stopping = True
        self._go_on()

    def abort(self) -> None:
        """Close at once."""
        self.transport.abortConnection()

    # IPushProducer: the transport says how much the client takes.

    def pauseProducing(self) -> None:
        """Make no more until the client has taken what there is."""
        self._paused = True
        self._watch()

    def resumeProducing(self) -> None:
        """Go on."""
        self._paused = False
        self._watch()
        self._go_on()

    def stopProducing(self) -> None:
        """The client is gone; ``connectionLost`` cleans up."""


class LDAPFactory(ServerFactory):
    """All connections of the LDAP face. ``context`` and ``tls`` may be replaced at any time."""

    noisy = False
    is_secure = False

    def __init__(
        self,
        context: Context,
        pool: ThreadPool,
        reactor: ReactorBase,
        *,
        tls: ServerTLS | None = None,
        tell: Callable[[LDAPSession, float], None] = lambda _session, _began: None,
        limits: ConnectionLimits = DEFAULT_LIMITS,
    ) -> None:
        """Answer from ``context``; ``tls`` is for StartTLS; ``tell`` hears of each request."""
        self.context = context
        self.tls = tls
        self.tell = tell
        self.limits = limits
        self._pool = pool
        self._reactor = reactor
        self.stalled: set[LDAPProtocol] = set()
        self._connections: set[LDAPProtocol] = set()
        self._stopped: Deferred[None] | None = None
        self._deadline: DelayedCall | None = None

    def buildProtocol(self, addr: IAddress | None) -> LDAPProtocol | None:
        """Return the protocol for a connection from ``addr``; None when there are too many."""
        if len(self._connections) >= self.limits.connections or self._stopped is not None:
            return None
        address = str(getattr(addr, "host", ""))
        session = LDAPSession(lambda: self.context, address, secure=self.is_secure)
        protocol = LDAPProtocol(session, self._pool, self._reactor)
        protocol.factory = self
        return protocol

    def opened(self, protocol: LDAPProtocol) -> None:
        """Count a connection."""
        self._connections.add(protocol)

    def closed(self, protocol: LDAPProtocol) -> None:
        """Count a connection off."""
        self._connections.discard(protocol)
        self._maybe_stopped()

    def stop(self, timeout: float) -> Deferred[None]:
        """Answer what has been asked, close, and fire when the last connection is gone.

        That is not later than ``timeout`` seconds from now; what is left then is cut off.
        """
        self._stopped = stopped = Deferred[None]()
        self._deadline = self._reactor.callLater(timeout, self._cut_off)
        for protocol in tuple(self._connections):
            protocol.stop()
        self._maybe_stopped()
        return stopped

    def _maybe_stopped(self) -> None:
        if self._stopped is not None and not self._connections and self._deadline is not None:
            if self._deadline.active():
                self._deadline.cancel()
            self._deadline = None
            self._stopped.callback(None)

    def _cut_off(self) -> None:
        for protocol in tuple(self._connections):
            protocol.abort()


class LDAPSFactory(LDAPFactory):
    """Connections that have TLS from their first byte on."""

    is_secure = True
