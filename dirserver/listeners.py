"""Taking connections for every face at a socket that listens."""

# Twisted's ports carry few annotations, and have names of their own.
# mypy: allow-untyped-calls
# ruff: noqa: N802, N815

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import Factory
from twisted.internet.tcp import Port, Server
from twisted.python.failure import Failure

from dirserver.sockets import ListenError as ListenError
from dirserver.sockets import open_socket
from dirserver.turns import TurningReactor

if TYPE_CHECKING:
    # The type only: whoever has no certificate does without OpenSSL.
    from dirserver.tls import ServerTLS


class _PromptConnection(Server):
    """A connection that sends at once what the system takes of it, and reads when it is taken.

    Twisted would be woken by the system once more to do it, and have it asked for that before and
    no more after: a quarter of what an answer costs that is known by heart. Also the system hands
    out no connection before something has come on it.
    """

    _is_reading = False
    _is_over = False
    # No other process has the socket of a connection: to close it, is to end it.
    _shouldShutdown = False

    def __init__(self, *of: Any, **named: Any) -> None:
        """Be there, as Twisted's is."""
        super().__init__(*of, **named)
        if isinstance(self.reactor, TurningReactor):
            self.reactor.expect(self.fileno())

    @property
    def _waits(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self.dataBuffer or self._tempDataBuffer)

    def startTLS(self, tls: ServerTLS, _normal: bool = True) -> None:
        """Encrypt all from now on.

        Twisted has its own, but not where OpenSSL was not at hand when it was imported.
        """
        tls.encrypt(self)

    def write(self, data: bytes) -> None:
        """Send ``data``, or as much of it as there is room for; the rest when there is more."""
        if data and self.connected and not (self._waits or self._writeDisconnected):
            sent = self.writeSomeData(data)
            if sent == len(data):
                return
            # What else it may be, is an error that the reactor is going to meet, too.
            if isinstance(sent, int):
                data = data[sent:]
        super().write(data)

    def doRead(self) -> ConnectionLost | ConnectionDone | None:  # type: ignore[override]  # mixed in
        """Read, and close at once where what came was the last word and nothing waits.

        To close, Twisted would wait until there is room for what it does not have to send.
        """
        ended: ConnectionLost | ConnectionDone | None
        self._is_reading = True
        try:
            ended = super().doRead()
        finally:
            self._is_reading = False
        if ended is None and self._is_over and self.connected and not self._aborting:
            if self.producer is None and not self._waits:
                self.disconnecting = True
                return CONNECTION_DONE
            super().loseConnection()
        return ended

    def loseConnection(self) -> None:
        """Close when all is sent that waits, and when what came has been attended to."""
        if self._is_reading:
            self._is_over = True
        else:
            super().loseConnection()

    def readConnectionLost(self, reason: Failure) -> None:
        """Hear that nothing more comes, which is the end where this side wants to hear no more."""
        if self.disconnecting:
            self.connectionLost(reason)
        else:
            super().readConnectionLost(reason)


class _PromptPort(Port):
    """A socket whose connections are prompt."""

    transport = _PromptConnection


class _SharedPort(_PromptPort):
    """A socket at which other processes take connections as well.

    One connection at a time: whoever is woken first must not take all that have come at once.
    """

    @property
    def numberAccepts(self) -> int:
        """How many connections are taken before others have a chance."""
        return 1

    @numberAccepts.setter
    def numberAccepts(self, _wanted: int) -> None:
        """Do not follow Twisted, which would take as many as come."""


def listen(
    reactor: PosixReactorBase,
    host: str,
    port: int,
    factory: Factory[Any],
    tls: ServerTLS | None = None,
) -> Port:
    """Take connections at ``host`` and ``port`` for ``factory``, and return the open port.

    As ``sockets.open_socket`` says, and as ``take``. Raises ListenError.
    """
    return take(reactor, open_socket(host, port), factory, tls)


def take(
    reactor: PosixReactorBase,
    opened: socket.socket,
    factory: Factory[Any],
    tls: ServerTLS | None = None,
    *,
    shared: bool = False,
) -> Port:
    """Take the connections of a socket for ``factory``, and return the port.

    With ``tls``, connections are encrypted from their first byte. ``shared`` says whether other
    processes have the socket, too. Answers are sent at once, so that a client may have one before
    whoever wrote it goes on. Must be called in the reactor's thread.
    """
    if tls is not None:
        factory = tls.encrypted(factory, reactor)
    kind = _SharedPort if shared else _PromptPort
    # What the reactor's adoptStreamPort does, but for the kind of port.
    port: Port = kind._fromListeningDescriptor(reactor, opened.fileno(), opened.family, factory)
    opened.close()
    port.startListening()
    return port
