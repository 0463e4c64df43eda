"""A real server around an application, for as long as a test runs."""

# Twisted's ports carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from twisted.internet.address import IPv4Address
from twisted.internet.tcp import Port
from twisted.python.threadpool import ThreadPool

from dirserver.http import AccessRecord, BridgeFactory, BridgeOptions, make_factory
from dirserver.listeners import listen
from dirserver.tls import ServerTLS
from tests.http.wire import TIMEOUT, Response, Wire
from tests.reactor import ReactorThread

Environ: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plaintext:
    """Passwords without TLS: from these addresses, or, when None, from everywhere."""

    addresses: tuple[str, ...] | None = None

    def allows(self, address: str, /) -> bool:
        return self.addresses is None or address in self.addresses


ANYWHERE = Plaintext()


def eventually(claim: Callable[[], bool]) -> bool:
    """Return whether ``claim`` comes true before the time is up."""
    end = time.monotonic() + TIMEOUT
    while not claim():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


@dataclass
class Serving:
    """One listening face. ``records`` is its access log."""

    thread: ReactorThread
    factory: BridgeFactory
    pool: ThreadPool
    listener: Port
    records: list[AccessRecord]
    wires: list[Wire] = field(default_factory=list)

    @property
    def port(self) -> int:
        return cast("IPv4Address", self.listener.getHost()).port

    def connect(self, *, receive_buffer: int | None = None) -> Wire:
        """Open a connection; it is closed when the test ends.

        With ``receive_buffer`` the client's kernel holds no more than about so many bytes.
        """
        plain = socket.socket()
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        wire = Wire(plain)
        self.wires.append(wire)
        plain.connect(("127.0.0.1", self.port))
        return wire

    def ask(self, data: bytes | str, method: str = "GET") -> Response:
        """Send ``data`` on a connection of its own and return the first answer."""
        return self.connect().ask(data, method)

    def close(self) -> None:
        """Close everything; what has not been answered by now never is."""
        for wire in self.wires:
            wire.close()
        self.thread.call(self.listener.stopListening)
        self.thread.wait(self.factory.stop, 0.5)
        self.pool.stop()
        # What was at work is counted as such no longer, however it ended.
        assert eventually(lambda: self.factory.turns.at_work == 0)


def start(
    thread: ReactorThread,
    application: WSGIApplication,
    options: BridgeOptions,
    tls: ServerTLS | None,
) -> Serving:
    """Serve ``application`` on a free port of the loopback address."""
    pool = ThreadPool(0, 4)
    pool.start()
    factory = make_factory(application, pool, options)
    # As the server has it.
    listener = thread.call(partial(listen, thread.reactor, "127.0.0.1", 0, factory, tls))
    return Serving(thread, factory, pool, listener, [])


class Echo:
    """An application that keeps the environ of each request, and answers with its body."""

    def __init__(self) -> None:
        self.environs: list[Environ] = []
        self.bodies: list[bytes] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.environs.append(environ)
        body = environ["wsgi.input"].read()
        self.bodies.append(body)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body or environ["PATH_INFO"].encode("latin-1")]

    @property
    def environ(self) -> Environ:
        """The environ of the only request."""
        (environ,) = self.environs
        return environ


def answering(
    status: str = "200 OK",
    headers: Iterable[tuple[str, str]] = (("Content-Type", "text/plain"),),
    body: Iterable[bytes] = (b"",),
) -> WSGIApplication:
    """Return an application that always answers this."""

    def application(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, list(headers))
        return body

    return application
