"""Whatever a stranger or a broken client sends, it gets an answer, and nobody else notices."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.ldap import wire
from tests.system.dav import dav_client
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import made_up
from tests.system.running import Address, RunningServer
from tests.system.serving import CUSTOMERS

METHODS = (
    "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND", "PROPPATCH", "REPORT", "MKCOL",
    "MKCALENDAR", "MOVE", "COPY", "LOCK", "UNLOCK", "POST", "ACL", "SEARCH", "NONSENSE",
)  # fmt: skip
PATHS = (
    "/", "//", "/alice", "/alice/", "/alice/customers", "/alice/customers/",
    "/alice/customers/x.vcf", "/alice/customers/x.vcf/", "/alice/customers/x/y.vcf",
    "/alice/nothere/", "/alice/nothere/x.vcf", "/bob/", "/bob/customers/x.vcf", "/nobody/",
    "/a/b/c/d", "/.well-known/carddav", "/.well-known/caldav", "/.web/", "/alice/../bob/",
    "/alice/%2e%2e/bob/", "/alice/customers/%2e%2e/x", "/alice/customers/%00", "/%ff", "/%",
    "/alice/customers/%0a.vcf", f"/alice/customers/{'x' * 300}.vcf", "/?a=b", "/#a",
)  # fmt: skip
BODIES = (b"", b"nonsense", b"<a/>", b'<propfind xmlns="DAV:"><prop/></propfind>')
GARBAGE = (
    b"",
    b"\n",
    b"\x00" * 1000,
    b"\xff" * 1000,
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"PUT /alice/customers/x.vcf HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 10_000,
    b"GET /" + b"x" * 100_000,
    b"\x30\x84\xff\xff\xff\xff",
    b"\x30\x80" * 500,
    b"\x30\x03\x02\x01",
    b"\x30\x05\x02\x01\x01\x42\x05",
    wire.message(1, wire.extended("1.3.6.1.4.1.1466.20037")) + b"\x16\x03\x01\x00\x05hello",
    wire.message(1, wire.search_filter("(!" * 100 + "(cn=*)" + ")" * 100)),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40,
)


@pytest.fixture(scope="module")
def bystander(server: RunningServer) -> Iterator[Callable[[], None]]:
    """Clients that are at work all the while; call it to see that they still are."""
    done = threading.Event()
    wrong: list[str] = []
    rounds = 0

    def work() -> None:
        nonlocal rounds
        card = made_up("bystander", "By Stander")
        with (
            dav_client(server.address("http"), "bob") as bob,
            LDAPConnection(server.address("ldap")) as phone,
        ):
            phone.bind("bob")
            while not done.is_set():
                status = bob.put("/bob/customers/bystander.vcf", card).status
                found, code = phone.ask(wire.search(CUSTOMERS, "(cn=by stander)"))
                if status not in (201, 204) or len(found) != 1 or code != "success":
                    wrong.append(f"{status} {found} {code}")
                rounds += 1
                done.wait(0.02)

    def check() -> None:
        before = rounds
        while rounds < before + 2:
            assert thread.is_alive(), "the bystander was cut off"
            done.wait(0.01)
        assert not wrong

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield check
    done.set()
    thread.join(30)
    assert not wrong


@pytest.mark.parametrize("login", ["alice", ""])
@pytest.mark.parametrize("path", PATHS)
def test_every_method_at_every_path_has_an_answer(
    server: RunningServer, bystander: Callable[[], None], login: str, path: str
) -> None:
    with dav_client(server.address("http"), login) as client:
        for method in METHODS:
            for body in BODIES:
                status = client.request(method, path, body, {"Depth": "1"}).status
                assert 200 <= status < 500 or status == 501, (method, body)
                assert login or status != 207, (method, body)
        # Whatever that was, it has not taken the book away, nor what is in it.
        assert server.process.poll() is None
    bystander()


@pytest.mark.parametrize("octets", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("scheme", ["http", "https", "ldap", "ldaps"])
def test_octets_that_make_no_sense_end_their_own_connection_only(
    server: RunningServer, bystander: Callable[[], None], scheme: str, octets: bytes
) -> None:
    said = send(server.address(scheme), octets)
    for text in (b"Traceback", b"twisted", b"dirserver/", b".py"):
        assert text not in said
    bystander()
    assert server.process.poll() is None


def send(address: Address, octets: bytes) -> bytes:
    """Send octets and nothing more; return what comes until the server has enough of it."""
    said = b""
    with socket.create_connection((address.host, address.port), timeout=20) as connection:
        try:
            connection.sendall(octets)
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                said += data
        except TimeoutError:
            raise
        except OSError:
            # The server has hung up already.
            return said
    return said
