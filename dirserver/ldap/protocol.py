"""LDAP on Twisted: bytes, order, limits, TLS and threads; what is said is the session's affair.

Requests of a connection are answered one after the other, so that a bind is a barrier and no
answer overtakes another. Long work is done in a thread, a batch of entries at a time, the next when
the client has taken the last. It has a place but for the time in which its client takes nothing.
"""

# Twisted's methods have Twisted's names, and few annotations.
# ruff: noqa: N802
# mypy: allow-untyped-calls

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import structlog
from ldaptor.protocols.ldap.ldapserver import BaseLDAPServer
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool
from zope.interface import implementer  # type: ignore[import-untyped]  # it ships none

from dirserver.ldap.answering import Answer, Batch, begin
from dirserver.ldap.codec.encode import ResultCode, encode_notice_of_disconnection
from dirserver.ldap.codec.messages import MalformedMessage, UnbindRequest
from dirserver.ldap.going import Going
from dirserver.ldap.hold import Hold
from dirserver.ldap.incoming import Incoming, is_abandoned_by
from dirserver.ldap.operations import Act, Request
from dirserver.ldap.patience import Patience, Waiting
from dirserver.ldap.session import LDAPSession
from dirserver.ldap.working import Working
from dirserver.places import Asker

if TYPE_CHECKING:
    from dirserver.ldap.factory import LDAPFactory

log = structlog.get_logger("dirserver.ldap")


@implementer(IPushProducer, IHalfCloseableProtocol)
class LDAPProtocol(BaseLDAPServer):
    """One connection."""

    factory: LDAPFactory

    def __init__(self, session: LDAPSession, pool: ThreadPool, reactor: ReactorBase) -> None:
        """Answer as ``session`` does, with the work done in ``pool``."""
        super().__init__()
        self._session = session
        self._reactor = reactor
        self._work = Working(pool.callInThreadWithCallback, reactor.callFromThread)
        self._go_on = Going(self._step, reactor.callLater)

    @property
    def address(self) -> str:
        """Where the client is."""
        return self._session.client.address

    def connectionMade(self) -> None:
        """Begin."""
        super().connectionMade()
        self._limits = self.factory.limits
        self._incoming = Incoming(self._limits, secure=self._session.secure)
        self._answering: Answer | None = None
        self._hold = Hold(self.factory.places, self._reactor.callLater, self._limits.hold_seconds)
        self._certified_by: object = None
        self._is_heard = False
        self._paused = False
        self._reading = True
        self._stopping = False
        self._asks_no_more = False
        self._closing = False
        self._patience = Patience(self._limits, self._timed_out)
        self._patience.wait(Waiting.BEGIN)
        self.transport.registerProducer(self, True)
        self.factory.opened(self)

    def connectionLost(self, reason: Failure) -> None:
        """Stop whatever was being made for the client."""
        super().connectionLost(reason)
        self._closing = True
        if not self._is_heard:
            # Such as a phone that does not trust the certificate.
            self.factory.misheard(self._session, reason.getErrorMessage())
        self._go_on.stop()
        self._abandon()
        self.factory.stalled.discard(self)
        self.factory.closed(self)

    def readConnectionLost(self) -> None:
        """Answer what was asked; the client, which sends nothing more, may still listen."""
        self._asks_no_more = True
        self._go_on()

    def writeConnectionLost(self) -> None:
        """Only this side closes its writing, and then all."""

    # What comes in.

    def dataReceived(self, data: bytes) -> None:
        """Take requests out of the stream."""
        if self._stopping:
            return
        is_at_rest = not (self._answering or self._closing or self._paused)
        request = self._incoming.sole(data) if is_at_rest else None
        if request is None:
            self._receive(data)
        elif isinstance(request.op, UnbindRequest):
            self._close()
        else:
            self._begin(request)
        if request is None or self._answering is not None:
            self._go_on()

    def _certify(self) -> None:
        """Let the session know who the client is by its certificate, once there is TLS.

        A new config may trust others than the one before, or nobody.
        """
        tls = self.factory.tls if self._session.secure else None
        if (authority := tls and tls.authority) is not self._certified_by:
            self._certified_by = authority
            handle = self.transport.getHandle()
            self._session.certified = "" if tls is None else tls.certified(handle)

    def _receive(self, data: bytes = b"") -> None:
        if self._closing:
            return
        try:
            while (urgent := self._incoming.receive(data)) is not None:
                data = b""
                if isinstance(urgent, UnbindRequest):
                    # What has been asked before is not to be answered (RFC 4511 section 4.3).
                    self._close()
                    return
                self._incoming.abandon(urgent.id)
                self._abandon(urgent.id)
        except MalformedMessage as error:
            log.info("malformed message", reason=str(error), address=self._session.client.address)
            self._is_heard = True
            self.factory.misheard(self._session, str(error))
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
            if self._work.is_going:
                return
            if self._hold.is_taken:
                self._clean_up(answering)
            else:
                # It has nothing open, and is not to wait for its turn only to end.
                answering.end()
                self._finish(answering)

    def _clean_up(self, answering: Answer) -> None:
        """Let what makes the answer end, in a thread, as it may have the database open."""
        self._hold.keep()

        def ended(succeeded: bool, result: object) -> None:
            if not succeeded:
                self._log_bug(answering, result)
            self._answered(answering)

        self._work.do(answering.end, ended)

    # What goes out.

    def _step(self) -> None:
        """Answer the next request, or go on with the last, as far as the client takes it."""
        if self._work.is_going or self._closing:
            return
        if self._paused:
            self._hold.expect_to_let_go(self._let_go)
            return
        if self._answering is None:
            request = self._incoming.take()
            if request is None:
                if self._asks_no_more:
                    self._close()
                elif self._stopping:
                    self._disconnect(ResultCode.UNAVAILABLE)
                return
            self._begin(request)
            if self._answering is None:
                self._go_on_asking()
                return
        if not self._hold.has_asked:
            asker = Asker(self.address, self._session.principal.login)
            self._hold.ask(asker, partial(self._make, self._answering))
        elif self._hold.is_taken:
            self._make(self._answering)

    def _begin(self, request: Request) -> None:
        """Answer a request, as far as that is done at once."""
        self._certify()
        began = time.monotonic()
        size = self._limits.at_once(len(self.factory.stalled))
        answer = begin(self._session, request, size, self.transport.write)
        if isinstance(answer, Answer):
            self._go_on_with(answer)
            return
        self._patience.wait(Waiting.ASK)
        self._is_heard = True
        if self._session.answered.operation == "bind":
            self._incoming.bound(self._session.principal)
        # Told of first, since the client may have it before anything else is done here.
        self.factory.tell(self._session, began)
        self.transport.write(answer)

    def _go_on_with(self, answering: Answer) -> None:
        self._answering = answering
        if answering.bug is not None:
            self._log_bug(answering, Failure(answering.bug))
        if answering.ready is not None and answering.ready.ended:
            self._patience.wait(Waiting.ASK)
            self._finish(answering)
            self.transport.write(answering.ready.data)
        else:
            self._watch()

    def _make(self, answering: Answer) -> None:
        """Make the next batch; there is a place for it."""
        make = partial(answering.next_batch, self._limits.batch_octets)
        self._work.do(make, partial(self._made, answering))

    def _made(self, answering: Answer, _succeeded: bool, batch: object) -> None:
        if not isinstance(batch, Batch):
            self._log_bug(answering, batch)
            batch = Batch(self._session.failed(answering.request), None, ended=True)
        if answering.is_abandoned:
            self._clean_up(answering)
            return
        if batch.act is Act.START_TLS:
            self._start_tls(batch.data)
            if answering.is_abandoned:
                return
        elif batch.data:
            self.transport.write(batch.data)
        if batch.ended:
            self._answered(answering, batch.act)
        else:
            self._go_on()

    def _let_go(self) -> None:
        """Close the snapshot that the answer is made from; it goes on from another."""
        answering = self._answering
        if answering is None or self._work.is_going or self._closing:
            return

        def gone(succeeded: bool, result: object) -> None:
            if not succeeded:
                self._log_bug(answering, result)
            self._hold.give_back()
            if answering.is_abandoned:
                self._answered(answering)
            else:
                self._go_on()

        self._work.do(answering.let_go, gone)

    def _answered(self, answering: Answer, act: Act | None = None) -> None:
        self._finish(answering, act)
        self._go_on_asking()

    def _go_on_asking(self) -> None:
        """Take in what has come meanwhile, and answer it."""
        if self._incoming.unread or not self._reading:
            self._receive()
        else:
            self._watch()
        if self._incoming.waits or self._asks_no_more or self._stopping:
            self._go_on()

    def _finish(self, answering: Answer, act: Act | None = None) -> None:
        self._hold.give_back()
        self.factory.tell(self._session, answering.began)
        # Once there is TLS, something has yet to be asked.
        self._is_heard = act is not Act.START_TLS
        self._answering = None
        self._incoming.answered(answering.request)
        self._incoming.bound(self._session.principal)

    def _log_bug(self, answering: Answer, failure: object) -> None:
        said = failure.getTraceback() if isinstance(failure, Failure) else str(failure)
        log.error(
            "request failed", address=self.address, message_id=answering.request.id, error=said
        )

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
        waiting = self._patience.next(
            closing=self._closing,
            paused=self._paused,
            answering=self._answering is not None,
            unread=bool(self._incoming.unread),
        )
        # A client that sends or takes an octet now and then does not thereby get more time.
        if waiting is not self._patience.waiting_for:
            stalled = self.factory.stalled
            if waiting is Waiting.TAKE:
                stalled.add(self)
            else:
                stalled.discard(self)
            self._patience.wait(waiting, len(stalled))

    def check_time(self, now: float) -> None:
        """Close where the client has not done in time what it had to do."""
        self._patience.check_time(now)

    def _timed_out(self) -> None:
        match self._patience.waiting_for:
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
        self._go_on()

    def resumeProducing(self) -> None:
        """Go on."""
        self._paused = False
        self._hold.keep()
        self._watch()
        self._go_on()

    def stopProducing(self) -> None:
        """The client is gone; ``connectionLost`` cleans up."""
