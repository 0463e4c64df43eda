"""All connections of the LDAP face: how they are made, counted and ended."""

# Twisted's methods have Twisted's names, and few annotations.
# ruff: noqa: N802
# mypy: allow-untyped-calls

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.base import DelayedCall, ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory
from twisted.python.threadpool import ThreadPool

from dirserver.ldap.protocol import LDAPProtocol
from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import ConnectionLimits
from dirserver.places import Places
from dirserver.watch import Watch

if TYPE_CHECKING:
    # The type only: whoever has no certificate does without OpenSSL.
    from dirserver.tls import ServerTLS

DEFAULT_LIMITS = ConnectionLimits()


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
        tell: Callable[[LDAPSession, float], object] = lambda _session, _began: None,
        misheard: Callable[[LDAPSession, str], None] = lambda _session, _reason: None,
        limits: ConnectionLimits = DEFAULT_LIMITS,
        places: Places | None = None,
    ) -> None:
        """Answer from ``context``; ``tls`` is for StartTLS.

        ``tell`` hears of each request, ``misheard`` of connections on which none was understood,
        and why. ``places`` are shared with whoever else works in ``pool``.
        """
        self.context = context
        self.tls = tls
        self.tell = tell
        self.misheard = misheard
        self.limits = limits
        self.places = Places() if places is None else places
        self._pool = pool
        self._reactor = reactor
        self.stalled: set[LDAPProtocol] = set()
        self._connections: set[LDAPProtocol] = set()
        self._addresses: Counter[str] = Counter()
        self._stopped: Deferred[None] | None = None
        self._deadline: DelayedCall | None = None
        self._watch = Watch(
            self._connections, reactor.callLater, lambda: self.limits.shortest_seconds
        )

    def buildProtocol(self, addr: IAddress | None) -> LDAPProtocol | None:
        """Return the protocol for a connection from ``addr``; None when there are too many."""
        if len(self._connections) >= self.limits.connections or self._stopped is not None:
            return None
        address = str(getattr(addr, "host", ""))
        if self._addresses[address] >= self.limits.connections_each:
            return None
        session = LDAPSession(lambda: self.context, address, secure=self.is_secure)
        protocol = LDAPProtocol(session, self._pool, self._reactor)
        protocol.factory = self
        return protocol

    def opened(self, protocol: LDAPProtocol) -> None:
        """Count a connection, and watch over its time."""
        self._connections.add(protocol)
        self._addresses[protocol.address] += 1
        self._watch.wind_up()

    def closed(self, protocol: LDAPProtocol) -> None:
        """Count a connection off."""
        self._connections.discard(protocol)
        self._addresses[protocol.address] -= 1
        if not self._addresses[protocol.address]:
            del self._addresses[protocol.address]
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
