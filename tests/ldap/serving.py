"""The LDAP face on a real socket for as long as a test runs, and sockets to talk to it."""

# Twisted's ports carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from twisted.internet.address import IPv4Address
from twisted.internet.tcp import Port
from twisted.python.threadpool import ThreadPool

from dirserver.ldap.factory import LDAPFactory, LDAPSFactory
from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import ConnectionLimits
from dirserver.listeners import listen
from dirserver.tls import ServerTLS
from tests.ldap import wire
from tests.ldap.client import Client, encode
from tests.ldap.wire import Response
from tests.reactor import ReactorThread

TIMEOUT = 30.0


def eventually(claim: Callable[[], bool], seconds: float = TIMEOUT) -> bool:
    """Return whether ``claim`` comes true before the time is up."""
    end = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


class Line(Client):
    """One connection. As a client of conversations it waits for the result of each request."""

    def __init__(self, sock: socket.socket | ssl.SSLSocket) -> None:
        super().__init__()
        self.socket = sock
        self.socket.settimeout(TIMEOUT)
        self._buffer = b""

    def send(self, *messages: bytes) -> None:
        """Send messages, or whatever these octets are."""
        self.socket.sendall(b"".join(messages))

    def receive(self) -> Response:
        """Return the next message; raise EOFError when there is none."""
        (response,) = wire.responses(self._next())
        return response

    def exchange(self, message: bytes) -> bytes:
        """Send a message and return what comes back up to the result."""
        self.send(message)
        data = b""
        while True:
            octets = self._next()
            data += octets
            (response,) = wire.responses(octets)
            if response.name != "SearchResultEntry":
                return data

    def ask(self, words: str) -> None:
        """Send a request, whose id is one more than the last, and wait for nothing."""
        self.last_id += 1
        self.send(encode(words, self.last_id))

    def start_tls(self, tls: ssl.SSLContext) -> None:
        """Speak TLS from here on."""
        assert not self._buffer
        self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")

    def ends(self) -> bool:
        """Return whether the server sends nothing more and closes."""
        if self._buffer:
            return False
        with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
            return self.socket.recv(1) == b""
        return True

    def drain(self) -> bytes:
        """Return everything that still comes before the server closes."""
        data = self._buffer
        with contextlib.suppress(ConnectionResetError):
            while octets := self.socket.recv(1 << 16):
                data += octets
        self._buffer = b""
        return data

    def close(self) -> None:
        """Close this side."""
        self.socket.close()

    def _next(self) -> bytes:
        while len(self._buffer) < 2 or len(self._buffer) < self._size():
            data = self.socket.recv(1 << 15)
            if not data:
                raise EOFError
            self._buffer += data
        size = self._size()
        message, self._buffer = self._buffer[:size], self._buffer[size:]
        return message

    def _size(self) -> int:
        size = self._buffer[1]
        if size < 0x80:
            return 2 + size
        octets = size & 0x7F
        return 2 + octets + int.from_bytes(self._buffer[2 : 2 + octets], "big")


@dataclass
class Serving:
    """One listening face. ``told`` is what its log would have, as operation and result."""

    thread: ReactorThread
    factory: LDAPFactory
    pool: ThreadPool
    listener: Port
    told: list[tuple[str, str]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def connect(self, *, receive_buffer: int = 0) -> Line:
        """Open a connection; it is closed when the test ends."""
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(TIMEOUT)
        address = cast("IPv4Address", self.listener.getHost())
        sock.connect((address.host, address.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = Line(sock)
        self.lines.append(line)
        return line

    def connect_tls(self, tls: ssl.SSLContext) -> Line:
        """Open a connection that has TLS from its first octet on."""
        line = self.connect()
        line.start_tls(tls)
        return line

    @property
    def open(self) -> int:
        """How many connections the face has."""
        return self.thread.call(lambda: len(self.factory._connections))

    @property
    def busy(self) -> int:
        """How many requests have a place."""
        return self.thread.call(lambda: len(self.factory.places._taken))

    def close(self) -> None:
        """Close everything; what has not been answered by now never is."""
        for line in self.lines:
            line.close()
        self.thread.call(self.listener.stopListening)
        self.thread.wait(self.factory.stop, 0.5)
        # What was being made for those who are gone still has to be let go of, in the pool.
        eventually(lambda: not self.busy, seconds=1.0)
        self.pool.stop()


def start(
    thread: ReactorThread,
    context: Context,
    limits: ConnectionLimits,
    tls: ServerTLS | None,
    *,
    ldaps: bool,
) -> Serving:
    """Serve ``context`` on a free port of the loopback address."""
    pool = ThreadPool(0, 4)
    pool.start()
    told: list[tuple[str, str]] = []

    def tell(session: LDAPSession, _began: float) -> None:
        told.append((session.answered.operation, session.answered.code))

    kind = LDAPSFactory if ldaps else LDAPFactory
    factory = kind(context, pool, thread.reactor, tls=tls, tell=tell, limits=limits)
    at_once = tls if ldaps else None
    listener = thread.call(listen, thread.reactor, "127.0.0.1", 0, factory, at_once)
    return Serving(thread, factory, pool, listener, told)
