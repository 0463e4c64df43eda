"""SIGTERM ends the server when everything that was asked has been answered, and not before."""

from __future__ import annotations

import http.client
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ldap import wire
from tests.ldap.serving import eventually
from tests.organisation import PASSWORD
from tests.system.dav import dav_client
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import crowd, made_up
from tests.system.running import Address, RunningServer, running
from tests.system.secrecy import basic
from tests.system.serving import CUSTOMERS, Authority, write_served

PEOPLE = 200
# Enough that the answer to a client that reads slowly cannot all be on its way already.
PHOTO = 60_000
PROMPTLY = 8.0


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[RunningServer]:
    """A server of each test's own."""
    with running(write_served(tmp_path, authority)) as found:
        yield found


@pytest.fixture
def crowded(server: RunningServer) -> RunningServer:
    """The server, with a book of 16 MB in it."""
    with dav_client(server.address("http"), "alice") as alice:
        for number, card in enumerate(crowd("many", PEOPLE, photo=PHOTO, every=1)):
            assert alice.put(f"/alice/customers/{number:04}.vcf", card).status == 201
    return server


def request(method: str, path: str, *headers: str, login: str = "alice") -> bytes:
    """Return the head of a request, as it is on the wire."""
    head = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    head += [f"Authorization: {basic(login, PASSWORD)}", *headers]
    return "\r\n".join([*head, "", ""]).encode()


def slow_socket(address: Address) -> socket.socket:
    """Return a connection for which the system takes little of what nobody reads."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    found.settimeout(30)
    found.connect((address.host, address.port))
    return found


def sockets_of(server: RunningServer) -> int:
    """Return how many sockets the server has, those that listen among them."""
    found = 0
    for one in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found += one.readlink().name.startswith("socket:")
    return found


def is_running(server: RunningServer) -> bool:
    """Say whether the process is still there."""
    return server.process.poll() is None


def test_a_book_that_is_being_read_is_read_to_its_end(crowded: RunningServer) -> None:
    with slow_socket(crowded.address("http")) as connection:
        connection.sendall(request("GET", "/alice/customers/"))
        response = http.client.HTTPResponse(connection, method="GET")
        response.begin()
        assert response.status == 200
        first = response.read(10_000)
        crowded.terminate()
        crowded.wait_for("stopping")
        time.sleep(0.5)
        assert is_running(crowded)
        body = first + response.read()
    assert crowded.wait() == 0
    assert body.count(b"BEGIN:VCARD") == body.count(b"END:VCARD\r\n") == PEOPLE
    assert len(body) > PEOPLE * PHOTO


def test_searches_that_are_being_answered_are_answered_to_the_last(crowded: RunningServer) -> None:
    searches = [wire.search(CUSTOMERS, "(cn=*)", attributes=["*", "+"])] * 60
    with LDAPConnection(crowded.address("ldap"), slow=True) as phone:
        assert phone.bind("alice") == "success"
        phone.send(*searches)
        assert phone.receive() is not None
        crowded.terminate()
        crowded.wait_for("stopping")
        time.sleep(0.5)
        assert is_running(crowded)
        counts = []
        for _ in searches:
            entries, result = phone.result()
            assert result.code == "success"
            counts.append(len(entries))
        assert sum(counts) == len(searches) * PEOPLE - 1
        notice = phone.receive()
        assert notice is None or notice.id == 0
    assert crowded.wait() == 0


def test_a_card_that_is_being_sent_is_stored_and_acknowledged(
    server: RunningServer, tmp_path: Path
) -> None:
    card = made_up("late", "Late Card")
    with slow_socket(server.address("http")) as connection:
        connection.sendall(
            request("PUT", "/alice/customers/late.vcf", f"Content-Length: {len(card)}") + card[:30]
        )
        time.sleep(0.3)
        server.terminate()
        server.wait_for("stopping")
        connection.sendall(card[30:])
        response = http.client.HTTPResponse(connection, method="PUT")
        response.begin()
        assert response.status == 201
        assert response.getheader("Connection") == "close"
    assert server.wait() == 0
    with running(server.config) as again, dav_client(again.address("http"), "alice") as alice:
        assert alice.get("/alice/customers/late.vcf").body == card


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_who_has_asked_nothing_does_not_hold_it_up(
    server: RunningServer, sign: signal.Signals
) -> None:
    before = sockets_of(server)
    with (
        LDAPConnection(server.address("ldap")) as phone,
        LDAPConnection(server.address("ldap")) as stranger,
        dav_client(server.address("http"), "alice") as alice,
        slow_socket(server.address("http")) as silent,
        slow_socket(server.address("https")) as without_tls,
    ):
        assert phone.bind("alice") == "success"
        assert alice.get("/alice/staff/nothere.vcf").status == 404
        # For the first second, the system keeps those who say nothing to itself.
        assert eventually(lambda: sockets_of(server) >= before + 5)
        began = time.monotonic()
        server.process.send_signal(sign)
        # RFC 4511 section 4.4.1: a notice before the end.
        notice = phone.receive()
        assert notice is not None
        assert (notice.id, notice.code) == (0, "unavailable")
        assert phone.receive() is None
        assert stranger.receive() is not None
        assert silent.recv(100) == b""
        assert server.wait() == 0
        assert time.monotonic() - began < PROMPTLY
        with suppress(ConnectionResetError):
            assert without_tls.recv(100) == b""


def test_who_has_only_just_come_is_let_in_by_the_next_server(server: RunningServer) -> None:
    address = server.address("ldap")
    with LDAPConnection(address) as phone:
        server.process.send_signal(signal.SIGTERM)
        assert server.wait() == 0
        # As one is refused that comes a moment later: nothing was asked, and nothing is lost.
        with pytest.raises(ConnectionError):
            phone.bind("alice")


def test_nobody_is_let_in_while_it_stops(crowded: RunningServer) -> None:
    with slow_socket(crowded.address("http")) as connection:
        connection.sendall(request("GET", "/alice/customers/"))
        assert connection.recv(100)
        crowded.terminate()
        crowded.wait_for("stopping")
        for scheme in ("http", "https", "ldap", "ldaps"):
            address = crowded.address(scheme)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address.host, address.port), timeout=5)
        assert is_running(crowded)
        while connection.recv(1 << 16):
            pass
    assert crowded.wait() == 0


def test_a_client_that_reads_nothing_is_left_behind(crowded: RunningServer) -> None:
    with (
        slow_socket(crowded.address("http")) as stuck,
        LDAPConnection(crowded.address("ldap"), slow=True) as hung,
    ):
        stuck.sendall(request("GET", "/alice/customers/"))
        assert hung.bind("alice") == "success"
        hung.send(*[wire.search(CUSTOMERS, "(cn=*)", attributes=["*", "+"])] * 60)
        assert hung.receive() is not None
        crowded.terminate()
        assert crowded.wait(25) == 0
