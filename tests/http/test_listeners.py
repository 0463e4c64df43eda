"""Opening sockets, and saying why one cannot be opened."""

# Twisted's ports carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, cast

import pytest
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.tcp import Port, Server
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]  # it ships none

from dirserver.listeners import ListenError, listen
from dirserver.turns import TurningReactor
from tests.reactor import ReactorThread


class Greeter(Protocol):
    delays: ClassVar[list[bool]] = []

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's
        wire = cast("Server", self.transport)
        Greeter.delays.append(not wire.getTcpNoDelay())
        wire.write(b"hello")
        wire.loseConnection()


class Talker(Protocol):
    """Says a lot, piece by piece, and notes how often it has to wait for the client."""

    pieces = (b"begin", *(bytes((number,)) * 300_000 for number in range(20)), b"", b"end")
    waits: tuple[bool, ...] = ()

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's
        wire = cast("Server", self.transport)
        reactor = ReactorThread.running().reactor
        for piece in self.pieces:
            wire.write(piece)
            Talker.waits += (wire in reactor.getWriters(),)
        wire.loseConnection()


@implementer(IHalfCloseableProtocol)
class Answering(Protocol):
    """Says as many octets as it is asked for, closes, and notes how that goes."""

    ends: ClassVar[list[tuple[bool, str]]] = []

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's
        wire = cast("Server", self.transport)
        wire.write(b"x" * int(data))
        wire.loseConnection()
        self._is_in_it = True
        ReactorThread.running().reactor.callLater(0, self._leave)

    def _leave(self) -> None:
        self._is_in_it = False

    def readConnectionLost(self) -> None:  # noqa: N802  # Twisted's
        raise AssertionError("who does not want to hear more is not told that no more comes")

    def writeConnectionLost(self) -> None:  # noqa: N802  # Twisted's
        raise AssertionError("it is closed as a whole")

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802  # Twisted's
        Answering.ends.append((self._is_in_it, type(reason.value).__name__))


class Opener:
    """Opens ports, and closes them when the test ends."""

    def __init__(self, thread: ReactorThread) -> None:
        self.thread = thread
        self.ports: list[Port] = []

    def open(self, host: str, port: int = 0, protocol: type[Protocol] = Greeter) -> int:
        opened = self.thread.call(
            listen,
            self.thread.reactor,
            host,
            port,
            Factory.forProtocol(protocol),
        )
        self.ports.append(opened)
        number: int = opened.getHost().port
        return number

    def close(self) -> None:
        for port in self.ports:
            self.thread.call(port.stopListening)


@pytest.fixture
def opener(reactor_thread: ReactorThread) -> Iterator[Opener]:
    opener = Opener(reactor_thread)
    yield opener
    opener.close()


def greeting(host: str, port: int) -> bytes:
    with socket.create_connection((host, port), 10) as connection:
        return connection.recv(10)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_connections_are_taken_on_either_family(opener: Opener, host: str) -> None:
    assert greeting(host, opener.open(host)) == b"hello"


def test_what_is_said_is_sent_at_once_as_far_as_it_goes_and_all_of_it_in_order(
    opener: Opener,
) -> None:
    with socket.create_connection(("127.0.0.1", opener.open("127.0.0.1", 0, Talker)), 10) as line:
        heard = b"".join(iter(lambda: line.recv(100_000), b""))
    assert heard == b"".join(Talker.pieces)
    # Nobody is waited for as long as the system takes what there is.
    assert not Talker.waits[0]
    assert Talker.waits[-1]


@pytest.mark.parametrize(("octets", "is_at_once"), [(0, True), (5, True), (6_000_000, False)])
def test_a_connection_is_closed_at_once_if_nothing_waits_to_be_sent(
    opener: Opener, octets: int, is_at_once: bool
) -> None:
    Answering.ends.clear()
    port = opener.open("127.0.0.1", 0, Answering)
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(str(octets).encode())
        heard = sum(map(len, iter(lambda: line.recv(100_000), b"")))
    assert heard == octets
    # The client may know of the end before the protocol does.
    opener.thread.call(int)
    assert Answering.ends == [(is_at_once, "ConnectionDone")]


def test_who_connects_is_heard_as_soon_as_the_server_is_woken_for_it() -> None:
    Answering.ends.clear()
    reactor = TurningReactor()
    reactor.turn = lambda: lambda: None
    port = listen(reactor, "127.0.0.1", 0, Factory.forProtocol(Answering))
    with socket.create_connection(("127.0.0.1", port.getHost().port), 10) as line:
        line.sendall(b"5")
        reactor.doIteration(5)
        assert line.recv(10) == b"xxxxx"
        assert Answering.ends == [(True, "ConnectionDone")]
        assert line.recv(10) == b""
    port.connectionLost(connectionDone)
    reactor._poller.close()


def test_no_answer_waits_for_one_before_it_to_be_acknowledged(opener: Opener) -> None:
    Greeter.delays.clear()
    assert greeting("127.0.0.1", opener.open("127.0.0.1")) == b"hello"
    assert Greeter.delays == [False]


def test_a_name_is_listened_on_at_its_ipv4_address(opener: Opener) -> None:
    assert greeting("127.0.0.1", opener.open("localhost")) == b"hello"


def test_both_wildcards_can_have_the_same_port(opener: Opener) -> None:
    port = opener.open("0.0.0.0")
    assert opener.open("::", port) == port
    assert greeting("127.0.0.1", port) == greeting("::1", port) == b"hello"


def test_more_clients_can_wait_than_twisted_would_let(opener: Opener) -> None:
    opener.open("127.0.0.1")
    told = opener.ports[0].socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
    # Of a socket that listens, Linux tells there how many may wait (tcp(7), tcpi_sacked).
    assert int.from_bytes(told[28:32], sys.byteorder) > 50


def test_a_port_that_was_just_closed_can_be_opened_again(
    opener: Opener, reactor_thread: ReactorThread
) -> None:
    port = opener.open("127.0.0.1")
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        # The server closes first, so its end of the connection stays in TIME_WAIT.
        while connection.recv(10):
            pass
    reactor_thread.call(opener.ports.pop().stopListening)
    assert opener.open("127.0.0.1", port) == port


def test_an_address_in_use_is_named(opener: Opener) -> None:
    port = opener.open("::1")
    with pytest.raises(ListenError) as caught:
        opener.open("::1", port)
    assert str(caught.value) == f"cannot listen on [::1]:{port}: address already in use"


def test_an_address_of_another_machine_is_named(opener: Opener) -> None:
    with pytest.raises(ListenError) as caught:
        opener.open("192.0.2.1", 8443)
    assert str(caught.value) == (
        "cannot listen on 192.0.2.1:8443: no interface of this machine has this address"
    )


def test_a_host_that_does_not_exist_is_named(opener: Opener) -> None:
    with pytest.raises(ListenError) as caught:
        opener.open("no-such-host.invalid", 8443)
    assert str(caught.value) == (
        "cannot listen on no-such-host.invalid:8443: there is no such address"
    )


_AS_NOBODY = """
import os
from twisted.internet import reactor
from twisted.internet.protocol import ServerFactory
from dirserver.listeners import ListenError, listen
if os.getuid() == 0:
    os.setuid(65534)
try:
    listen(reactor, "127.0.0.1", 389, ServerFactory())
except ListenError as error:
    print(error)
"""


def test_a_privileged_port_says_which_capability_is_missing() -> None:
    first = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()
    if int(first) <= 389:
        pytest.skip("this machine lets everybody open port 389")
    found = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY], capture_output=True, text=True, check=True
    )
    assert found.stdout == (
        "cannot listen on 127.0.0.1:389: permission denied; "
        "ports below 1024 need CAP_NET_BIND_SERVICE\n"
    )
